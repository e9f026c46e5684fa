//! The pages shared with the hypervisor: shared_info, and vcpu_info of each vCPU.

use core::sync::atomic::Ordering;

use rt::arch;
use rt::check::check_eq;
use rt::lent::Lent;
use rt::machine::Machine;
use rt::pages::{self, Page};
use rt::xen::{self, Block, DOMID_SELF};

/// evtchn_pending and evtchn_mask in struct shared_info.
const PENDING: usize = 48;
const MASK: usize = 560;
/// Distance of two vcpu_infos in their page.
const INFO_BYTES: usize = 64;
const REGISTER_INFO: usize = 10;

/// The pages, for the interrupt hook.
static PUBLISHED: Lent<Shared> = Lent::new();

/// Lets the interrupt hook find the pages.
pub fn publish(shared: Shared) {
    PUBLISHED.lend(shared);
}

/// Runs something with the published pages, if there are any.
pub fn with(body: impl FnOnce(&Shared)) {
    if let Some(shared) = PUBLISHED.get() {
        body(shared);
    }
}

/// Both pages.
#[derive(Clone, Copy)]
pub struct Shared {
    info: Page,
    vcpus: Page,
}

impl Shared {
    /// Maps shared_info, masks every port, and registers vcpu_info of vCPU 0.
    pub fn new(machine: &Machine) -> Self {
        let shared = Self { info: pages::take(machine), vcpus: pages::take(machine) };
        let mut block = Block::<24>::new();
        block.set16(0, DOMID_SELF).set64(16, shared.info.gfn());
        check_eq("shared_info is mapped", xen::call(xen::MEMORY_OP, 7, &mut block), 0);
        (0..512).step_by(4).for_each(|at| shared.info.set32(MASK + at, u32::MAX));
        shared.vcpus.fill(0);
        check_eq("vcpu_info is registered", shared.register(0), 0);
        shared
    }

    /// VCPUOP_register_vcpu_info.
    pub fn register(&self, vcpu: usize) -> isize {
        let mut block = Block::<16>::new();
        block.set64(0, self.vcpus.gfn()).set32(8, u32::try_from(vcpu * INFO_BYTES).unwrap_or(0));
        arch::hypercall(xen::VCPU_OP, [REGISTER_INFO, vcpu, block.address(), 0, 0])
    }

    fn bit(port: u32) -> (usize, u64) {
        ((port / 64 * 8) as usize, 1 << (port % 64))
    }

    /// Whether a port is pending.
    pub fn pending(&self, port: u32) -> bool {
        let (word, bit) = Self::bit(port);
        self.info.atomic64(PENDING + word).load(Ordering::Acquire) & bit != 0
    }

    /// Clears a port's pending bit.
    pub fn clear(&self, port: u32) {
        let (word, bit) = Self::bit(port);
        self.info.atomic64(PENDING + word).fetch_and(!bit, Ordering::AcqRel);
    }

    /// Sets a port's mask bit.
    pub fn mask(&self, port: u32) {
        let (word, bit) = Self::bit(port);
        self.info.atomic64(MASK + word).fetch_or(bit, Ordering::AcqRel);
    }

    /// Clears a port's mask bit, without telling the hypervisor.
    pub fn unmask(&self, port: u32) {
        let (word, bit) = Self::bit(port);
        self.info.atomic64(MASK + word).fetch_and(!bit, Ordering::AcqRel);
    }

    /// Whether a port is masked.
    pub fn masked(&self, port: u32) -> bool {
        let (word, bit) = Self::bit(port);
        self.info.atomic64(MASK + word).load(Ordering::Acquire) & bit != 0
    }

    /// vcpu_info.evtchn_upcall_pending.
    pub fn upcall(&self, vcpu: usize) -> bool {
        self.vcpus.atomic32(vcpu * INFO_BYTES).load(Ordering::Acquire) & 0xff != 0
    }

    /// Clears evtchn_upcall_pending.
    pub fn take_upcall(&self, vcpu: usize) {
        self.vcpus.atomic32(vcpu * INFO_BYTES).fetch_and(!0xff, Ordering::AcqRel);
    }

    /// vcpu_info.evtchn_pending_sel, which this clears.
    pub fn take_selector(&self, vcpu: usize) -> u64 {
        self.vcpus.atomic64(vcpu * INFO_BYTES + 8).swap(0, Ordering::AcqRel)
    }
}

//! Other domains, made and destroyed as a toolstack does. Layouts: xen/include/public/domctl.h, where struct
//! xen_domctl has cmd at 0, the version at 4, the domain at 8 and the operation's structure at 16; memory.h;
//! arch-arm.h.

use rt::check::{check, check_with};
use rt::xen::{self, Block};

/// XEN_DOMCTL_*.
const CREATE: u32 = 1;
const DESTROY: u32 = 2;
const UNPAUSE: u32 = 4;
const GET_INFO: u32 = 5;
const MAX_MEM: u32 = 11;
const SET_CONTEXT: u32 = 12;
const MAX_VCPUS: u32 = 15;
const SET_ADDRESS_SIZE: u32 = 35;
const SET_PAGING_MEMPOOL_SIZE: u32 = 86;
/// XEN_DOMCTL_INTERFACE_VERSION of 4.17.
const VERSION: u32 = 0x15;
/// XEN_DOMCTL_CDF_hvm and XEN_DOMCTL_CDF_hap.
const HVM_AND_HAP: u32 = 3;
/// XENMEM_populate_physmap.
const POPULATE: usize = 6;
/// 2 MiB.
const EXTENT_ORDER: u32 = 9;
/// What the tables of a guest of 256 MiB may take, as libxl computes it.
const POOL_BYTES: u64 = 3 << 20;
/// sizeof(struct vcpu_guest_context); registers from 8 on, pc64 at 256, cpsr at 264, sctlr at 320.
const CONTEXT_BYTES: usize = 352;
/// SCTLR_GUEST_INIT.
const SCTLR: u64 = 0x00c5_0078;
/// The mode of a kernel with A, I and F masked.
const CPSR: u64 = if cfg!(target_arch = "arm") { 0x1d3 } else { 0x1c5 };
/// Calls of a destroy that has not come to its end.
const PATIENCE: u32 = 100_000;

/// A call that failed.
#[derive(Clone, Copy)]
pub struct Refused {
    what: &'static str,
    result: isize,
}

impl Refused {
    /// Makes a failed check of it.
    pub fn tell(self) {
        check_with(self.what, false, format_args!("{}", self.result));
    }
}

/// A domain with one vCPU.
pub struct Domain {
    /// Its identifier.
    pub id: u16,
}

fn control(command: u32, domain: u16) -> Block<256> {
    let mut block = Block::new();
    block.set32(0, command).set32(4, VERSION).set16(8, domain);
    block
}

fn call(what: &'static str, block: &mut Block<256>) -> Result<(), Refused> {
    let result = xen::hypercall_words(xen::DOMCTL, [block.address(), 0]);
    if result == 0 { Ok(()) } else { Err(Refused { what, result }) }
}

impl Domain {
    /// Makes one with 2 MiB of memory at each of these frames, paused.
    pub fn make(extents: &mut [u64]) -> Result<Self, Refused> {
        let mut block = control(CREATE, 0);
        block.set32(36, HVM_AND_HAP).set32(44, 1).set32(48, 1023).set32(52, 64).set32(56, 1024).set32(60, 1);
        call("createdomain", &mut block)?;
        let [low, high, ..] = block.get32(8).to_le_bytes();
        let domain = Self { id: u16::from_le_bytes([low, high]) };
        match domain.furnish(extents) {
            Ok(()) => Ok(domain),
            Err(refused) => {
                domain.destroy();
                Err(refused)
            }
        }
    }

    fn furnish(&self, extents: &mut [u64]) -> Result<(), Refused> {
        let kib = (extents.len() as u64 + 1) << 11;
        call("max_vcpus", control(MAX_VCPUS, self.id).set32(16, 1))?;
        if cfg!(target_arch = "aarch64") {
            call("set_address_size", control(SET_ADDRESS_SIZE, self.id).set32(16, 64))?;
        }
        call("set_paging_mempool_size", control(SET_PAGING_MEMPOOL_SIZE, self.id).set64(16, POOL_BYTES))?;
        call("max_mem", control(MAX_MEM, self.id).set64(16, kib))?;
        self.populate(extents)
    }

    fn populate(&self, extents: &mut [u64]) -> Result<(), Refused> {
        let list = extents.as_mut_ptr().expose_provenance() as u64;
        let count = extents.len();
        let mut block = Block::<32>::new();
        block.set64(0, list).set64(8, count as u64).set32(16, EXTENT_ORDER).set16(24, self.id);
        let result = xen::call(xen::MEMORY_OP, POPULATE, &mut block);
        if usize::try_from(result) == Ok(count) {
            Ok(())
        } else {
            Err(Refused { what: "populate_physmap", result })
        }
    }

    /// Gives its vCPU where to begin, and with what in its first register.
    pub fn set_entry(&self, entry: u64, argument: u64) -> Result<(), Refused> {
        let mut context = Block::<CONTEXT_BYTES>::new();
        context.set32(0, 1).set64(8, argument).set64(256, entry).set64(264, CPSR).set64(320, SCTLR);
        let address = context.address() as u64;
        call("setvcpucontext", control(SET_CONTEXT, self.id).set64(24, address))
    }

    /// Lets it run.
    pub fn unpause(&self) -> Result<(), Refused> {
        call("unpausedomain", &mut control(UNPAUSE, self.id))
    }

    /// Destroys it and waits until it is gone.
    pub fn destroy(self) {
        let mut calls = 0;
        while calls < PATIENCE && self.exists() {
            // Until everything of it is given back the call says EAGAIN, or that it goes on.
            let _ = call("destroydomain", &mut control(DESTROY, self.id));
            // What the hypervisor does of it later, it does now.
            xen::hypercall_words(xen::SCHED_OP, [crate::pair::YIELD, 0]);
            calls += 1;
        }
        if calls == PATIENCE {
            check("the domain goes away", false);
        }
    }

    fn exists(&self) -> bool {
        let mut block = control(GET_INFO, self.id);
        // Told is the next domain that exists.
        call("getdomaininfo", &mut block).is_ok() && block.get32(16) & 0xffff == u32::from(self.id)
    }
}

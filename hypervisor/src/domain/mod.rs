//! Domains: what a guest is made of, and the list of them.
//!
//! A [`Domain`] holds what its vCPUs share, each part behind its own lock; a [`Vcpu`] what one has
//! alone. Lock rank of the list: DOMAINS.

pub mod build;
pub mod cache;
pub mod events;
pub mod mmio;
pub mod psci;
pub mod ptimer;
pub mod shared_info;
pub mod stats;
mod vcpu;
pub mod vgic;
mod width;

pub use vcpu::{Vcpu, VcpuState};
pub use width::{Execution, Unsupported};

use crate::machine::console::Limit;
use crate::machine::percpu::MAX_CPUS;
use crate::machine::sync::Once;
use crate::machine::sync::{Lock, rank};
use crate::mm::p2m::P2m;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use types::{CpuId, DomId, IntId, VcpuId};

/// What a domain may do beyond running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Dom0: owns the machine's devices, is mapped 1:1.
    Hardware,
    /// A guest.
    Guest,
}

/// A domain.
pub struct Domain {
    /// Its number.
    pub id: DomId,
    /// What it may do.
    pub role: Role,
    /// The execution state of its vCPUs.
    pub execution: Execution,
    /// Its stage 2.
    pub p2m: P2m,
    /// Its interrupt controller.
    pub vgic: vgic::DomainVgic,
    /// Its event channels.
    pub events: events::Events,
    /// Its page of shared_info.
    pub shared_info: shared_info::SharedInfo,
    /// The PPI that announces events.
    pub event_interrupt: IntId,
    /// Pages it owns, and the most it may.
    pub pages: Pages,
    /// Where its grant frames lie by default: first address and number, in its tree.
    pub grant_region: types::IpaRange,
    /// Which vCPU ran last on each CPU, plus one: VMIDs do not tell them apart in the TLB.
    pub last_on_cpu: [AtomicU16; MAX_CPUS],
    /// Keeps what it makes EL2 say short.
    pub messages: Limit,
    vcpus: Once<Vec<Arc<Vcpu>>>,
}

/// How many pages a domain has.
#[derive(Debug, Default)]
pub struct Pages {
    /// Owned now.
    pub owned: AtomicU64,
    /// May own at most.
    pub max: AtomicU64,
}

#[cfg(test)]
impl Domain {
    /// Makes a guest of a test: no vCPUs yet.
    pub fn for_test(id: DomId, p2m: P2m, vgic: vgic::DomainVgic) -> Option<Arc<Self>> {
        let shared_info = shared_info::SharedInfo::new(id).ok()?;
        let events =
            events::Events::new(id, shared_info.mfn(), types::Port::new(1023), vgic.model.vcpus().into())
                .ok()?;
        Some(Arc::new(Self {
            id,
            role: Role::Guest,
            execution: Execution::default(),
            p2m,
            vgic,
            events,
            shared_info,
            event_interrupt: IntId::new(31),
            pages: Pages::default(),
            grant_region: types::IpaRange::new(types::Ipa::new(0x3800_0000), 0x4_0000).ok()?,
            last_on_cpu: [const { AtomicU16::new(0) }; MAX_CPUS],
            messages: Limit::new(),
            vcpus: Once::new(),
        }))
    }
}

impl Domain {
    /// Returns its vCPUs.
    #[inline]
    pub fn vcpus(&self) -> &[Arc<Vcpu>] {
        self.vcpus.get().map_or(&[], Vec::as_slice)
    }

    /// Returns one of its vCPUs.
    #[inline]
    pub fn vcpu(&self, id: VcpuId) -> Option<&Arc<Vcpu>> {
        self.vcpus().get(id.index())
    }

    /// Gives the domain its vCPUs, once.
    pub fn set_vcpus(&self, vcpus: Vec<Arc<Vcpu>>) {
        self.vcpus.call_once(|| vcpus);
    }

    /// Notes that a vCPU comes to a CPU; tells whether another one of the domain was there last.
    pub fn replaces_on(&self, cpu: CpuId, vcpu: VcpuId) -> bool {
        let Some(last) = self.last_on_cpu.get(cpu.index()) else { return true };
        let own = vcpu.raw().wrapping_add(1);
        // Only this CPU writes its word.
        let before = last.load(Ordering::Relaxed);
        last.store(own, Ordering::Relaxed);
        before != 0 && before != own
    }

    /// Tells whether this is dom0.
    pub fn is_hardware(&self) -> bool {
        self.role == Role::Hardware
    }

    /// Notes pages gained.
    pub fn add_pages(&self, count: u64) {
        self.pages.owned.fetch_add(count, Ordering::Relaxed);
    }
}

static DOMAINS: Lock<Vec<Arc<Domain>>, { rank::DOMAINS }> = Lock::new(Vec::new());
static DOM0: Once<Arc<Domain>> = Once::new();

/// Adds a domain to the list.
pub fn register(domain: &Arc<Domain>) {
    DOMAINS.lock().push(domain.clone());
    if domain.is_hardware() {
        DOM0.call_once(|| domain.clone());
    }
}

/// Takes a test's domain from the list.
#[cfg(test)]
pub fn forget(domain: &Arc<Domain>) {
    DOMAINS.lock().retain(|other| !Arc::ptr_eq(other, domain));
}

/// Returns dom0, once it is built.
#[inline]
pub fn hardware() -> Option<&'static Arc<Domain>> {
    DOM0.get()
}

/// Finds a domain.
pub fn find(id: DomId) -> Option<Arc<Domain>> {
    if id == DomId::ZERO {
        return hardware().cloned();
    }
    DOMAINS.lock().iter().find(|domain| domain.id == id).cloned()
}

/// The list of domains is being changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// Returns the domain at a place of the list, if there are so many.
///
/// # Errors
/// [`Busy`] while somebody holds the list's lock.
pub fn try_at(index: usize) -> Result<Option<Arc<Domain>>, Busy> {
    Ok(DOMAINS.try_lock().ok_or(Busy)?.get(index).cloned())
}

/// Runs `f` on all domains, while none can come or go.
pub fn for_each(f: impl FnMut(&Arc<Domain>)) {
    DOMAINS.lock().iter().for_each(f);
}

/// Returns all domains.
pub fn all() -> Vec<Arc<Domain>> {
    DOMAINS.lock().clone()
}

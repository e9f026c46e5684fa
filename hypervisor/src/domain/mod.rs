//! Domains: what a guest is made of, and the list of them.
//!
//! A [`Domain`] holds what its vCPUs share, each part behind its own lock; a [`Vcpu`] what one has
//! alone. Lock rank of the list: DOMAINS.

pub mod build;
pub mod cache;
mod create;
mod destroy;
pub mod events;
pub mod grants;
pub mod lending;
pub mod life;
pub mod memory;
pub mod mmio;
pub mod policy;
pub mod psci;
pub mod ptimer;
pub mod settings;
pub mod shared_info;
pub mod stats;
pub mod ties;
mod vcpu;
pub mod vgic;
pub mod vuart;
pub mod watchdog;
mod width;

pub use create::{Config, create, max_vcpus};
pub use destroy::{End, destroy};
pub use vcpu::{Vcpu, VcpuState};
pub use width::{Execution, Unsupported};

use crate::machine::console::Limit;
use crate::machine::fallible;
use crate::machine::percpu::MAX_CPUS;
use crate::machine::sync::Once;
use crate::machine::sync::{Lock, rank};
use crate::mm::p2m::P2m;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use events::Events;
use shared_info::{OutOfMemory, SharedInfo};
use types::{CpuId, DomId, IntId, Port, VcpuId};
use xen_abi::XenErrno;
use xen_abi::hvm::{HvmParam, callback_ppi};

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
    /// Whether it may run.
    pub life: life::Life,
    /// What the toolstack sets.
    pub settings: settings::Settings,
    /// The count at which its time began.
    pub time_base: u64,
    /// The memory that is on its way to it.
    pub populating: memory::Populating,
    /// What it has of the machine's devices.
    pub devices: lending::Devices,
    /// What ties it to other domains.
    pub ties: ties::Ties,
    /// Its watchdogs.
    pub watchdogs: watchdog::Watchdogs,
    /// Its emulated UART.
    pub vuart: vuart::Slot,
    /// Keeps what it makes EL2 say short.
    pub messages: Limit,
    vcpus: Once<Vec<Arc<Vcpu>>>,
}

/// The parts that make a domain.
pub struct Parts {
    /// Its number.
    pub id: DomId,
    /// What it may do.
    pub role: Role,
    /// Its stage 2.
    pub p2m: P2m,
    /// Its interrupt controller.
    pub vgic: vgic::DomainVgic,
    /// The highest event channel that it may have.
    pub max_port: Port,
    /// Frames that its grant table may have.
    pub grant_frames: u32,
    /// The PPI that announces events.
    pub event_interrupt: IntId,
    /// Where its grant frames lie by default.
    pub grant_region: types::IpaRange,
    /// Whether it may run.
    pub life: life::Life,
    /// What the toolstack sets.
    pub settings: settings::Values,
    /// The count at which its time begins.
    pub time_base: u64,
}

/// How many pages a domain has.
#[derive(Debug, Default)]
pub struct Pages {
    /// Given to it since it was made; some may be gone.
    pub gained: AtomicU64,
    /// May own at most.
    pub max: AtomicU64,
    /// Promised, and not owned yet.
    pub claimed: AtomicU64,
}

#[cfg(test)]
impl Domain {
    /// Makes a guest of a test: no vCPUs yet.
    pub fn for_test(id: DomId, p2m: P2m, vgic: vgic::DomainVgic) -> Option<Arc<Self>> {
        Self::new(Parts {
            id,
            role: Role::Guest,
            p2m,
            vgic,
            max_port: Port::new(1023),
            grant_frames: gnttab::DEFAULT_MAX_FRAMES,
            event_interrupt: IntId::new(31),
            grant_region: types::IpaRange::new(types::Ipa::new(0x3800_0000), 0x4_0000).ok()?,
            life: life::Life::running(),
            settings: settings::Values::NONE,
            time_base: 0,
        })
        .ok()
    }
}

impl Domain {
    /// Makes a domain without vCPUs and without memory.
    ///
    /// # Errors
    /// If memory is short.
    pub fn new(parts: Parts) -> Result<Arc<Self>, OutOfMemory> {
        let id = parts.id;
        let shared_info = SharedInfo::new(id, parts.grant_frames)?;
        let vcpus = parts.vgic.model.vcpus().into();
        let events = Events::new(id, shared_info.mfn(), parts.max_port, vcpus).map_err(|_| OutOfMemory)?;
        let callback = callback_ppi(parts.event_interrupt);
        let mut settings = parts.settings;
        settings.set_param(HvmParam::CallbackIrq, callback);
        fallible::arc(Self {
            id,
            role: parts.role,
            execution: Execution::default(),
            p2m: parts.p2m,
            vgic: parts.vgic,
            events,
            shared_info,
            event_interrupt: parts.event_interrupt,
            pages: Pages::default(),
            grant_region: parts.grant_region,
            last_on_cpu: [const { AtomicU16::new(0) }; MAX_CPUS],
            life: parts.life,
            settings: settings::Settings::new(settings),
            time_base: parts.time_base,
            populating: memory::Populating::default(),
            devices: lending::Devices::default(),
            ties: ties::Ties::default(),
            watchdogs: watchdog::Watchdogs::default(),
            vuart: vuart::Slot::default(),
            messages: Limit::new(),
            vcpus: Once::new(),
        })
        .ok_or(OutOfMemory)
    }

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

    /// Takes the vCPUs out of a domain that ends.
    fn take_vcpus(&mut self) -> Vec<Arc<Vcpu>> {
        core::mem::replace(&mut self.vcpus, Once::new()).try_into_inner().unwrap_or_default()
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

    /// Returns how many pages it owns.
    pub fn owned_pages(&self) -> u64 {
        let gained = self.pages.gained.load(Ordering::Relaxed);
        // Dom0 keeps its frames.
        if self.is_hardware() { gained } else { gained.saturating_sub(self.p2m.frames_gone()) }
    }

    /// Notes pages gained.
    pub fn add_pages(&self, count: u64) {
        self.pages.gained.fetch_add(count, Ordering::Relaxed);
    }
}

static DOMAINS: Lock<Vec<Arc<Domain>>, { rank::DOMAINS }> = Lock::new(Vec::new());
static DOM0: Once<Arc<Domain>> = Once::new();

/// Adds a domain to the list.
///
/// # Errors
/// EEXIST if there is one with its number, ENOMEM.
pub fn register(domain: &Arc<Domain>) -> Result<(), XenErrno> {
    let mut domains = DOMAINS.lock();
    let Err(at) = domains.binary_search_by_key(&domain.id, |other| other.id) else {
        return Err(XenErrno::Eexist);
    };
    domains.try_reserve(1).map_err(|_| XenErrno::Enomem)?;
    domains.insert(at, domain.clone());
    drop(domains);
    domain.renew_wall_clock();
    if domain.is_hardware() {
        DOM0.call_once(|| domain.clone());
    }
    Ok(())
}

/// Takes a domain from the list.
fn unlist(domain: &Arc<Domain>) {
    DOMAINS.lock().retain(|other| !Arc::ptr_eq(other, domain));
}

/// Puts a domain that was taken from the list on it again: room for it is left.
fn list_again(domain: Arc<Domain>) {
    let mut domains = DOMAINS.lock();
    if let Err(at) = domains.binary_search_by_key(&domain.id, |other| other.id) {
        domains.insert(at, domain);
    }
}

/// Takes a test's domain from the list.
#[cfg(test)]
pub fn forget(domain: &Arc<Domain>) {
    unlist(domain);
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
    let domains = DOMAINS.lock();
    let at = domains.binary_search_by_key(&id, |domain| domain.id).ok()?;
    domains.get(at).cloned()
}

/// The list of domains is being changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// Finds the first domain with a number from `first` on.
pub fn find_from(first: DomId) -> Option<Arc<Domain>> {
    let domains = DOMAINS.lock();
    domains.get(domains.partition_point(|domain| domain.id < first)).cloned()
}

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

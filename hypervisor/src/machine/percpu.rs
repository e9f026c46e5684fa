//! What each physical CPU has of its own.

use crate::arch;
use crate::arch::context::GuestRegs;
use crate::arch::sysreg::OWN_WIDTH;
use crate::arch::traps::Context;
use crate::domain::Vcpu;
use crate::machine::own::Own;
use crate::machine::sync::{Lock, rank};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
use types::{CpuId, VirtAddr};

/// The most physical CPUs that are brought up.
pub const MAX_CPUS: usize = 64;

/// One physical CPU.
pub struct PerCpu {
    /// Its number; 0 is the boot CPU.
    pub id: CpuId,
    /// Its affinity (MPIDR without flags).
    pub mpidr: u64,
    /// Top of its EL2 stack.
    pub stack_top: VirtAddr,
    /// Somebody asks for another scheduling decision.
    pub reschedule: AtomicBool,
    /// Ranks of the locks held, one bit each, in builds with debug assertions.
    ranks: [AtomicU64; 2],
    /// The vCPU that runs, or none when idle.
    current: Own<Option<Arc<Vcpu>>>,
    /// Where the vectors would save while no vCPU runs.
    idle: Own<Context>,
    /// vCPUs that left this CPU with a timer armed.
    pub sleepers: Lock<Vec<Arc<Vcpu>>, { rank::TIMERS }>,
    /// What the scheduler keeps here.
    pub local: Own<crate::sched::Local>,
}

static CPUS: [AtomicPtr<PerCpu>; MAX_CPUS] = [const { AtomicPtr::new(core::ptr::null_mut()) }; MAX_CPUS];

impl PerCpu {
    /// Makes and publishes the data of a CPU; it is never freed.
    pub fn create(id: CpuId, mpidr: u64, stack_top: VirtAddr) -> &'static Self {
        let cpu = Box::leak(Box::new(Self {
            id,
            mpidr,
            stack_top,
            reschedule: AtomicBool::new(true),
            ranks: [const { AtomicU64::new(0) }; 2],
            current: Own::new(None),
            idle: Own::new(Context::new(GuestRegs::start(OWN_WIDTH, 0, 0))),
            sleepers: Lock::new(Vec::new()),
            local: Own::new(crate::sched::Local::default()),
        }));
        if let Some(slot) = CPUS.get(id.index()) {
            slot.store(cpu, Ordering::Release);
        }
        cpu
    }

    /// Makes this CPU find its data by [`this`]; called on it, once.
    pub fn adopt(&'static self) {
        // SAFETY: the idle context is this CPU's and lives for good.
        unsafe { arch::traps::set_current(self.idle.as_ptr(), self, None) }
    }

    /// Returns the vCPU that runs here.
    #[inline]
    pub fn current(&self) -> Option<&Vcpu> {
        // SAFETY: only this CPU replaces `current` (`switch_to`), from the scheduler's loop, where no
        // reference from an earlier `current` is alive: a trap's `Cx` is dropped before.
        unsafe { (*self.current.as_ptr()).as_deref() }
    }

    /// Returns the counted reference to the vCPU that runs here.
    #[inline]
    pub fn current_shared(&self) -> Option<&Arc<Vcpu>> {
        // SAFETY: as in `current`.
        unsafe { (*self.current.as_ptr()).as_ref() }
    }

    /// Makes `next` what runs here and returns where the vectors save its registers.
    pub fn switch_to(&'static self, next: Option<Arc<Vcpu>>) -> *mut Context {
        let context = next.as_ref().map_or(self.idle.as_ptr(), |vcpu| vcpu.context.as_ptr());
        self.current.with(|current| *current = next);
        // SAFETY: (1) `current` holds a reference to the vCPU for as long as it is current; (2) the
        // scheduler runs a vCPU on one CPU at a time, and `reset` is for those that are off.
        unsafe { arch::traps::set_current(context, self, self.current()) }
        context
    }
}

/// Returns a CPU that is up.
pub fn get(id: CpuId) -> Option<&'static PerCpu> {
    let cpu = CPUS.get(id.index())?.load(Ordering::Acquire);
    // SAFETY: the slot is null or was filled by `create` with a leaked box.
    unsafe { cpu.as_ref() }
}

/// Returns the CPUs that are up.
pub fn all() -> impl Iterator<Item = &'static PerCpu> {
    CPUS.iter().filter_map(|slot| {
        // SAFETY: as in `get`.
        unsafe { slot.load(Ordering::Acquire).as_ref() }
    })
}

/// Forgets a CPU that did not come up.
pub fn withdraw(id: CpuId) {
    if let Some(slot) = CPUS.get(id.index()) {
        slot.store(core::ptr::null_mut(), Ordering::Release);
    }
}

/// Returns this CPU, or `None` before it is set up.
#[inline]
pub fn this() -> Option<&'static PerCpu> {
    arch::traps::this_cpu()
}

/// Returns the vCPU that runs on this CPU, or `None` where none does.
#[inline]
pub fn this_vcpu() -> Option<&'static Vcpu> {
    arch::traps::this_vcpu()
}

/// Notes that a lock of `rank` is taken, and stops where a higher or equal one is already held.
#[inline]
pub fn rank_taken(rank: u8) {
    if !cfg!(debug_assertions) {
        return;
    }
    let Some(cpu) = this() else { return };
    let [low, high] = &cpu.ranks;
    let (low_bits, high_bits) = (low.load(Ordering::Relaxed), high.load(Ordering::Relaxed));
    let held = u128::from(low_bits) | u128::from(high_bits) << 64;
    assert!(held >> rank == 0, "lock of rank {rank} taken while ranks {held:#x} are held");
    set_ranks(cpu, held | 1 << rank);
}

/// Notes that a lock of `rank` is released.
#[inline]
pub fn rank_released(rank: u8) {
    if !cfg!(debug_assertions) {
        return;
    }
    let Some(cpu) = this() else { return };
    let [low, high] = &cpu.ranks;
    let held = u128::from(low.load(Ordering::Relaxed)) | u128::from(high.load(Ordering::Relaxed)) << 64;
    set_ranks(cpu, held & !(1 << rank));
}

fn set_ranks(cpu: &PerCpu, held: u128) {
    let [low, high] = &cpu.ranks;
    low.store(u64::try_from(held & u128::from(u64::MAX)).unwrap_or(0), Ordering::Relaxed);
    high.store(u64::try_from(held >> 64).unwrap_or(0), Ordering::Relaxed);
}

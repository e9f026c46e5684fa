//! Which vCPU runs where, and the switch between them.
//!
//! [`finish`] is the way out of a trap after which the same vCPU goes on. [`leave`] is the way out of all
//! others: it takes another vCPU if this one blocked or used its slice, and idles where there is none.
//! The policy is crates/sched's.
//! Lock rank: SCHED.

mod control;
mod deadlines;
pub mod inspect;
mod switch;

pub use control::{
    add_domain, add_vcpu, affinity, cpu_time_ns, idle_time_ns, is_stopped, online_cpus, pause_vcpu, policy,
    ratelimit_us, remove_domain, remove_vcpu, set_affinity, set_ratelimit_us, set_share, share, unpause_vcpu,
};
use deadlines::set_deadline;
pub use deadlines::{look_at_lines, set_deadline_at, timer_fired, watch};

pub use ::sched::{Affinity, CpuSet, Policy, Share};

use crate::arch::cpu;
use crate::arch::timer;
use crate::arch::traps::Context;
use crate::boot::options::{Options, Sched};
use crate::domain::{Vcpu, vgic};
use crate::drivers::timer as clock;
use crate::irq;
use crate::machine::percpu::{self, PerCpu};
use crate::machine::sync::Once;
use crate::machine::sync::{Lock, rank};
use crate::trap::Next;
use ::sched::{EntityId, Error, Place, Scheduler, Timing, Want};
use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};
use types::CpuId;

/// What a vCPU has in the scheduler.
#[derive(Debug, Default)]
pub struct Entity {
    id: Once<EntityId>,
    /// The count at which a timer of it fires while it does not run; 0 is never.
    deadline: AtomicU64,
    /// The count at which it gives up waiting, once it blocks; 0 is never.
    patience: AtomicU64,
}

/// What a CPU has in the scheduler.
pub struct Local {
    want: Want,
    /// The count at which the slice ends, if somebody waits or may.
    slice_end: Option<u64>,
    /// The count at which lines of forwarded interrupts are looked at again.
    lines: Option<u64>,
    /// Somebody may be in the CPU's list of sleepers.
    has_sleepers: bool,
}

impl Default for Local {
    fn default() -> Self {
        Self { want: Want::Run, slice_end: None, lines: None, has_sleepers: false }
    }
}

static SCHEDULER: Lock<Option<Scheduler<Arc<Vcpu>>>, { rank::SCHED }> = Lock::new(None);

fn with<R>(f: impl FnOnce(&mut Scheduler<Arc<Vcpu>>) -> R) -> Option<R> {
    SCHEDULER.lock().as_mut().map(f)
}

/// How long a vCPU runs at least if nothing is said (`sched_ratelimit_us`).
pub const DEFAULT_RATELIMIT_US: u32 = 1000;

/// Makes the scheduler that is asked for.
///
/// # Errors
/// If memory is short.
pub fn init(options: &Options<'_>) -> Result<(), Error> {
    let policy = match options.sched {
        None | Some(Sched::Credit2) => Policy::Fair,
        Some(Sched::Null) => Policy::Null,
        Some(other) => {
            log::warn!("There is no scheduler {other:?} here: credit2 is used");
            Policy::Fair
        }
    };
    make(policy)?;
    control::set_ratelimit_us(options.sched_ratelimit_us);
    Ok(())
}

fn make(policy: Policy) -> Result<(), Error> {
    let timing = Timing {
        slice: clock::ns_to_ticks(::sched::SLICE_NS),
        ratelimit: clock::ns_to_ticks(u64::from(DEFAULT_RATELIMIT_US) * 1000),
        period: clock::ns_to_ticks(::sched::PERIOD_NS),
    };
    *SCHEDULER.lock() = Some(Scheduler::new(policy, percpu::MAX_CPUS, timing)?);
    Ok(())
}

/// Lets this CPU take part.
///
/// # Errors
/// If memory is short.
pub fn add_cpu(cpu: &PerCpu) -> Result<(), Error> {
    if with(|_| ()).is_none() {
        make(Policy::Fair)?;
    }
    let added = with(|scheduler| scheduler.add_cpu(cpu.id, timer::counter()));
    kick_all(added.unwrap_or(Err(Error::OutOfMemory))?);
    Ok(())
}

/// Adds the vCPUs of a domain, off: [`bring_online`] lets one run.
///
/// # Errors
/// If memory is short; none is added then.
pub fn add(vcpus: &[Arc<Vcpu>]) -> Result<(), Error> {
    let total = with(|scheduler| scheduler.len()).unwrap_or(0) + vcpus.len();
    for cpu in percpu::all() {
        // A timer's sleeper is never refused later: each CPU has room for every vCPU.
        let mut sleepers = cpu.sleepers.lock();
        let more = total.saturating_sub(sleepers.len());
        sleepers.try_reserve(more).map_err(|_| Error::OutOfMemory)?;
    }
    let Some(dom) = vcpus.first().map(|vcpu| vcpu.domain.id) else { return Ok(()) };
    with(|scheduler| {
        if scheduler.share(dom).is_none() {
            scheduler.add_domain(dom)?;
        }
        for vcpu in vcpus {
            let Ok(id) = scheduler.add(dom, vcpu.clone()) else {
                take_back(scheduler, vcpus);
                return Err(Error::OutOfMemory);
            };
            let _ = scheduler.pause(id);
            vcpu.sched.id.call_once(|| id);
        }
        Ok(())
    })
    .unwrap_or(Err(Error::OutOfMemory))
}

/// Removes those of `vcpus` that were added; their caller holds them.
fn take_back(scheduler: &mut Scheduler<Arc<Vcpu>>, vcpus: &[Arc<Vcpu>]) {
    for id in vcpus.iter().filter_map(|vcpu| vcpu.sched.id.get()) {
        let _ = scheduler.remove(*id, timer::counter());
    }
}

fn on_entity(vcpu: &Vcpu, f: impl FnOnce(&mut Scheduler<Arc<Vcpu>>, EntityId) -> CpuSet) {
    let Some(id) = vcpu.sched.id.get().copied() else { return };
    if let Some(called) = with(|scheduler| f(scheduler, id)) {
        kick_all(called);
    }
}

/// Makes a vCPU run, or look at what was posted to it if it does already.
pub fn wake(vcpu: &Vcpu) {
    vcpu.info.note_wake();
    let now = timer::counter();
    on_entity(vcpu, |scheduler, id| scheduler.wake(id, now));
}

/// Lets a vCPU that was off run from its start.
pub fn bring_online(vcpu: &Vcpu) {
    vcpu.online.store(true, Ordering::SeqCst);
    on_entity(vcpu, |scheduler, id| {
        // Paused, it only remembers that it has something to do.
        let now = timer::counter();
        let _ = scheduler.wake(id, now);
        scheduler.unpause(id, now)
    });
}

/// Takes the vCPU that runs here off, until [`bring_online`].
pub fn take_offline(cpu: &'static PerCpu, vcpu: &Vcpu) {
    vcpu.online.store(false, Ordering::SeqCst);
    on_entity(vcpu, |scheduler, id| scheduler.pause(id).or(scheduler.retire(id, timer::counter())));
    reschedule(cpu);
}

/// Tells where a vCPU is.
pub fn place(vcpu: &Vcpu) -> Option<Place> {
    let id = *vcpu.sched.id.get()?;
    // The number of one that is removed may be another's by now.
    let is_own = |own: &Arc<Vcpu>| core::ptr::eq(&raw const **own, vcpu);
    with(|scheduler| scheduler.place(id).filter(|_| scheduler.get(id).is_some_and(is_own)))?
}

impl Entity {
    /// Returns the CPU that it is on.
    pub fn running_on(&self) -> Option<CpuId> {
        let id = *self.id.get()?;
        match with(|scheduler| scheduler.place(id))?? {
            Place::Running(cpu) => Some(cpu),
            _ => None,
        }
    }
}

#[inline]
fn kick_all(called: CpuSet) {
    called.iter().for_each(kick);
}

/// Makes a CPU come to its next scheduling point.
fn kick(id: CpuId) {
    let Some(cpu) = percpu::get(id) else { return };
    if percpu::this().is_some_and(|own| own.id == id) {
        reschedule(cpu);
    } else {
        irq::send_kick(cpu);
    }
}

/// Asks for a scheduling decision here before a guest runs on.
#[inline]
pub fn reschedule(cpu: &PerCpu) {
    cpu.reschedule.store(true, Ordering::Relaxed);
}

/// Lets others run, if any waits.
pub fn yield_now(cpu: &'static PerCpu) {
    cpu.local.with(|local| local.want = Want::Yield);
    reschedule(cpu);
}

/// Begins to block the running vCPU: a wake from here on is remembered.
pub fn prepare_block(vcpu: &Vcpu) {
    let Some(id) = vcpu.sched.id.get().copied() else { return };
    with(|scheduler| scheduler.prepare_block(id));
}

/// Blocks the running vCPU until something is posted to it, unless something is there already.
pub fn wait_for_interrupt(cpu: &'static PerCpu, vcpu: &Vcpu) {
    prepare_block(vcpu);
    if !vgic::has_deliverable(vcpu) {
        block(cpu);
    }
}

/// Takes the running vCPU off the CPU until [`wake`]; one since [`prepare_block`] counts.
pub fn block(cpu: &'static PerCpu) {
    cpu.local.with(|local| local.want = Want::Block);
    reschedule(cpu);
}

/// Blocks the running vCPU as [`block`] does, but no longer than until the count `deadline`.
pub fn block_until(cpu: &'static PerCpu, vcpu: &Vcpu, deadline: Option<u64>) {
    vcpu.sched.patience.store(deadline.unwrap_or(0), Ordering::Relaxed);
    block(cpu);
}

/// Takes a scheduling decision and carries it out.
fn decide(cpu: &'static PerCpu) {
    crate::console::at_decision(cpu);
    let want = cpu.local.with(|local| core::mem::replace(&mut local.want, Want::Run));
    if let Some(vcpu) = cpu.current() {
        vcpu.info.note_decision(want);
    }
    let now = timer::counter();
    let picked = with(|scheduler| {
        let pick = scheduler.pick(cpu.id, now, want);
        let next = pick.change.and_then(|_| scheduler.running(cpu.id).cloned());
        (pick, next)
    });
    let Some((pick, next)) = picked else { return };
    cpu.local.with(|local| local.slice_end = pick.timer);
    kick_all(pick.kick);
    let Some(change) = pick.change else { return set_deadline(cpu) };
    switch::switch(cpu, next);
    if change.from.is_some()
        && let Some(called) = with(|scheduler| scheduler.settle(cpu.id, now))
    {
        kick_all(called);
    }
    set_deadline(cpu);
    // The timer of the vCPU that came may have run out: taken here, it does not interrupt the guest.
    if cpu::has_interrupt() {
        irq::dispatch(cpu);
    }
}

/// Does what is pending for the vCPU that runs here, but for a decision what else may run.
#[inline(always)]
pub fn finish(cpu: &PerCpu, vcpu: &Vcpu) -> Next {
    if cpu.reschedule.load(Ordering::Relaxed) {
        return Next::Leave;
    }
    if vcpu.gic.wants_flush() { flush(cpu, vcpu) } else { Next::Resume }
}

#[inline(never)]
fn flush(cpu: &PerCpu, vcpu: &Vcpu) -> Next {
    vgic::flush(vcpu);
    if cpu.reschedule.load(Ordering::Relaxed) { Next::Leave } else { Next::Resume }
}

/// Decides what runs next on this CPU and makes it ready to run.
pub fn leave(cpu: &'static PerCpu) -> *mut Context {
    crate::machine::panic::stop_if_panicking();
    loop {
        if cpu.reschedule.load(Ordering::Relaxed) {
            // Only this CPU writes it.
            cpu.reschedule.store(false, Ordering::Relaxed);
            decide(cpu);
        }
        let Some(vcpu) = cpu.current() else {
            idle(cpu);
            continue;
        };
        vgic::flush(vcpu);
        if !cpu.reschedule.load(Ordering::Relaxed) {
            return vcpu.context.as_ptr();
        }
    }
}

/// Sleeps until an interrupt comes and handles it.
fn idle(cpu: &'static PerCpu) {
    if cpu.reschedule.load(Ordering::Relaxed) {
        return;
    }
    cpu::wait_for_interrupt();
    irq::dispatch(cpu);
    crate::machine::panic::stop_if_panicking();
}

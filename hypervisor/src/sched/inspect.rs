//! What debug keys may see of the scheduler, without waiting for its lock.

use super::SCHEDULER;
use crate::domain::Vcpu;
use crate::drivers::timer;
use crate::machine::percpu::PerCpu;
use ::sched::{EntityId, Place, Policy, Scheduler, Share};
use alloc::sync::Arc;
use types::{CpuId, DomId, VcpuId};

/// The scheduler is held by somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// A vCPU's name.
pub type Name = (DomId, VcpuId);

fn with<R>(f: impl FnOnce(&Scheduler<Arc<Vcpu>>) -> R) -> Result<R, Busy> {
    let scheduler = SCHEDULER.try_lock().ok_or(Busy)?;
    scheduler.as_ref().map(f).ok_or(Busy)
}

/// Tells where a vCPU is; `None` if it was never added.
///
/// # Errors
/// [`Busy`], at once.
pub fn place(vcpu: &Vcpu) -> Result<Option<Place>, Busy> {
    let Some(id) = vcpu.sched.id.get().copied() else { return Ok(None) };
    with(|scheduler| scheduler.place(id))
}

/// Runs `f` while the vCPU is on no CPU and comes to none; otherwise returns where it is.
///
/// # Errors
/// [`Busy`], at once.
pub fn while_off<R>(vcpu: &Vcpu, f: impl FnOnce(&Vcpu) -> R) -> Result<Result<R, CpuId>, Busy> {
    let Some(id) = vcpu.sched.id.get().copied() else { return Ok(Ok(f(vcpu))) };
    with(|scheduler| match scheduler.place(id) {
        Some(Place::Running(cpu) | Place::Leaving(cpu)) => Err(cpu),
        Some(Place::Asleep | Place::Queued | Place::Parked) | None => Ok(f(vcpu)),
    })
}

/// A vCPU that wants a CPU.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Its name.
    pub name: Name,
    /// Its domain's weight and cap.
    pub share: Share,
    /// How long it may run before others that have run as much, in nanoseconds.
    pub credit_ns: i64,
    /// Its domain has used its cap up, or there is no CPU for it.
    pub is_parked: bool,
}

/// Returns how the vCPU that runs on a CPU stands.
///
/// # Errors
/// [`Busy`], at once.
pub fn running(cpu: &PerCpu) -> Result<Option<Standing>, Busy> {
    with(|scheduler| scheduler.current(cpu.id).and_then(|id| standing(scheduler, id)))
}

/// Returns the vCPU that waits at a place of the queue, the next one first, those that are parked last.
///
/// # Errors
/// [`Busy`], at once.
pub fn waiting(position: usize) -> Result<Option<Standing>, Busy> {
    with(|scheduler| {
        let id = scheduler.waiting().chain(scheduler.parked()).nth(position)?;
        standing(scheduler, id)
    })
}

fn standing(scheduler: &Scheduler<Arc<Vcpu>>, id: EntityId) -> Option<Standing> {
    let vcpu = scheduler.get(id)?;
    let credit = scheduler.credit(id)?;
    let ns = i64::try_from(timer::ticks_to_ns(credit.unsigned_abs())).unwrap_or(i64::MAX);
    Some(Standing {
        name: name(vcpu),
        share: scheduler.share(vcpu.domain.id)?,
        credit_ns: if credit < 0 { -ns } else { ns },
        is_parked: scheduler.place(id) == Some(Place::Parked),
    })
}

/// Returns how CPUs are given out.
///
/// # Errors
/// [`Busy`], at once.
pub fn policy() -> Result<Policy, Busy> {
    with(Scheduler::policy)
}

/// Returns the count at which this CPU's slice ends, if it is limited.
pub fn slice_end(cpu: &PerCpu) -> Option<u64> {
    cpu.local.with(|local| local.slice_end)
}

fn name(vcpu: &Vcpu) -> Name {
    (vcpu.domain.id, vcpu.id)
}

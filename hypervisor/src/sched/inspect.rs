//! What debug keys may see of the scheduler, without waiting for its lock.

use super::SCHEDULER;
use crate::domain::Vcpu;
use crate::machine::percpu::PerCpu;
use ::sched::{Place, Scheduler};
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
        Some(Place::Asleep | Place::Queued) | None => Ok(f(vcpu)),
    })
}

/// Returns the vCPU that runs on a CPU.
///
/// # Errors
/// [`Busy`], at once.
pub fn current(cpu: &PerCpu) -> Result<Option<Name>, Busy> {
    with(|scheduler| scheduler.current(cpu.id).and_then(|id| scheduler.get(id)).map(|vcpu| name(vcpu)))
}

/// Returns the vCPU that waits at a place of the queue, the next one first.
///
/// # Errors
/// [`Busy`], at once.
pub fn waiting(position: usize) -> Result<Option<Name>, Busy> {
    with(|scheduler| {
        scheduler.waiting().nth(position).and_then(|id| scheduler.get(id)).map(|vcpu| name(vcpu))
    })
}

/// Returns the count at which this CPU's slice ends, if it is limited.
pub fn slice_end(cpu: &PerCpu) -> Option<u64> {
    cpu.local.with(|local| local.slice_end)
}

fn name(vcpu: &Vcpu) -> Name {
    (vcpu.domain.id, vcpu.id)
}

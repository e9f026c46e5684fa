//! What a domain's life asks of the scheduler: to join, to stop, to go on, to leave.
//!
//! Stopping is asynchronous: [`pause_vcpu`] asks the CPU that runs the vCPU to come and decide, and the
//! vCPU has stopped once [`is_stopped`] says so. A hypercall that waits for it ends in a continuation.

use super::{CpuSet, deadlines, kick_all, on_entity, with};
use crate::arch::timer;
use crate::domain::Vcpu;
use crate::drivers::timer as clock;
use ::sched::{Affinity, Error, Place, Policy, Scheduler, Share};
use alloc::sync::Arc;
use core::sync::atomic::{AtomicU32, Ordering};
use types::{CpuId, DomId};

/// Makes a domain known, of default weight and without a cap; adding a vCPU does so too.
///
/// # Errors
/// If memory is short, or it is known.
pub fn add_domain(dom: DomId) -> Result<(), Error> {
    with(|scheduler| scheduler.add_domain(dom)).unwrap_or(Err(Error::OutOfMemory))
}

/// Forgets a domain, if it is known and its vCPUs are removed.
pub fn remove_domain(dom: DomId) {
    if let Some(Err(Error::Busy)) = with(|scheduler| scheduler.remove_domain(dom)) {
        log::error!("d{dom}: the scheduler still has vCPUs of it");
    }
}

/// Adds a vCPU that is off: [`super::bring_online`] lets it run.
///
/// # Errors
/// If memory is short.
pub fn add_vcpu(vcpu: &Arc<Vcpu>) -> Result<(), Error> {
    super::add(core::slice::from_ref(vcpu))
}

/// Removes a vCPU that has stopped; it never runs again. One that is removed already is left alone.
///
/// # Errors
/// `OnCpu` if it has not: pause it and try again.
pub fn remove_vcpu(vcpu: &Vcpu) -> Result<(), Error> {
    let Some(id) = vcpu.sched.id.get().copied() else { return Ok(()) };
    match with(|scheduler| scheduler.remove(id, timer::counter())) {
        Some(Err(Error::OnCpu)) => return Err(Error::OnCpu),
        // The reference is dropped with the lock released.
        Some(Ok((reference, called))) => {
            kick_all(called);
            drop(reference);
        }
        // Its name is given to no other.
        Some(Err(_)) | None => {}
    }
    deadlines::remove(vcpu);
    Ok(())
}

/// Keeps a vCPU from running, counted. One that runs is told to stop.
pub fn pause_vcpu(vcpu: &Vcpu) {
    on_entity(vcpu, Scheduler::pause);
}

/// Takes one pause back; with the last one the vCPU runs again if it has something to do.
pub fn unpause_vcpu(vcpu: &Vcpu) {
    on_entity(vcpu, |scheduler, id| scheduler.unpause(id, timer::counter()));
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

/// Returns where a vCPU may run, and where it likes to; nothing for one that was not added.
pub fn affinity(vcpu: &Vcpu) -> Affinity {
    let id = vcpu.sched.id.get().copied();
    id.and_then(|id| with(|scheduler| scheduler.affinity(id))?).unwrap_or(Affinity::ANY)
}

/// Changes where a vCPU may run, and where it likes to.
///
/// # Errors
/// `NoCpu` if no CPU that is up is among those that it may run on; nothing changes then.
pub fn set_affinity(vcpu: &Vcpu, affinity: Affinity) -> Result<(), Error> {
    let id = *vcpu.sched.id.get().ok_or(Error::NoEntity)?;
    let set = with(|scheduler| scheduler.set_affinity(id, affinity, timer::counter()));
    kick_all(set.unwrap_or(Err(Error::NoEntity))?);
    Ok(())
}

/// Returns the CPUs that run vCPUs.
pub fn online_cpus() -> CpuSet {
    with(|scheduler| scheduler.online()).unwrap_or_default()
}

/// Returns how long a CPU had nothing to do.
///
/// # Units
/// Nanoseconds.
pub fn idle_time_ns(cpu: CpuId) -> u64 {
    let ticks = with(|scheduler| scheduler.idle_ticks(cpu, timer::counter()));
    clock::ticks_to_ns(ticks.unwrap_or(0))
}

/// Returns how CPUs are given out.
pub fn policy() -> Policy {
    with(|scheduler| scheduler.policy()).unwrap_or(Policy::Fair)
}

/// Returns a domain's weight and cap.
pub fn share(dom: DomId) -> Option<Share> {
    with(|scheduler| scheduler.share(dom))?
}

/// Sets a domain's weight and cap.
///
/// # Errors
/// `NoDomain`, or `Invalid` for a weight of zero or where there are no weights.
pub fn set_share(dom: DomId, share: Share) -> Result<(), Error> {
    let set = with(|scheduler| scheduler.set_share(dom, share, timer::counter()));
    kick_all(set.unwrap_or(Err(Error::NoDomain))?);
    Ok(())
}

/// Returns how long a vCPU runs at least before another is preferred.
///
/// # Units
/// Microseconds.
pub fn ratelimit_us() -> u32 {
    RATELIMIT_US.load(Ordering::Relaxed)
}

/// Sets how long a vCPU runs at least.
///
/// # Units
/// Microseconds.
pub fn set_ratelimit_us(us: u32) {
    let ticks = clock::ns_to_ticks(u64::from(us) * 1000);
    with(|scheduler| scheduler.set_ratelimit(ticks));
    RATELIMIT_US.store(us, Ordering::Relaxed);
}

/// As set last; the scheduler knows ticks.
static RATELIMIT_US: AtomicU32 = AtomicU32::new(super::DEFAULT_RATELIMIT_US);

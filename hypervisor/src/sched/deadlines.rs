//! EL2's timer: the slice's end, the timers of vCPUs that do not run, and domains' watchdogs.

use super::{reschedule, wake};
use crate::arch::timer;
use crate::domain::{Vcpu, ptimer, watchdog};
use crate::drivers::gic::{self, Gic};
use crate::drivers::timer as clock;
use crate::machine::percpu::{self, PerCpu};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;

/// Notes that a vCPU leaves `cpu` with a timer that fires at count `deadline`, or none.
pub(super) fn note(cpu: &'static PerCpu, vcpu: &Arc<Vcpu>, deadline: Option<u64>) {
    let Some(deadline) = deadline else { return forget(vcpu) };
    vcpu.sched.deadline.store(deadline, Ordering::Relaxed);
    cpu.local.with(|local| local.has_sleepers = true);
    // Room was made for every vCPU when its domain was (sched::add).
    let mut sleepers = cpu.sleepers.lock();
    if !sleepers.iter().any(|sleeper| Arc::ptr_eq(sleeper, vcpu)) {
        sleepers.push(vcpu.clone());
    }
}

/// Notes that a vCPU came to a CPU: its timers are the hardware's again.
pub(super) fn forget(vcpu: &Vcpu) {
    // Zero means none: the count zero was passed at reset.
    if vcpu.sched.deadline.load(Ordering::Relaxed) != 0 {
        vcpu.sched.deadline.store(0, Ordering::Relaxed);
    }
}

/// Takes a vCPU that is removed from all lists.
pub(super) fn remove(vcpu: &Vcpu) {
    forget(vcpu);
    for cpu in percpu::all() {
        let mut sleepers = cpu.sleepers.lock();
        let at = sleepers.iter().position(|sleeper| core::ptr::eq(&raw const **sleeper, vcpu));
        let gone = at.map(|at| sleepers.swap_remove(at));
        // It is dropped with the lock released.
        drop(sleepers);
        drop(gone);
    }
}

/// Lets this CPU look after a watchdog that was set on it.
pub fn watch(cpu: &'static PerCpu) {
    cpu.local.with(|local| local.has_sleepers = true);
    set_deadline(cpu);
}

/// Later than every deadline.
const NEVER: u64 = u64::MAX;

/// Sets EL2's timer to the earliest of the slice's end, the emulated timer of the vCPU that runs, and
/// the timers of those that sleep, and the next lines of a debug key.
pub fn set_deadline(cpu: &'static PerCpu) {
    set_deadline_at(cpu, timer::counter());
}

/// As [`set_deadline`], when the counter shows `now`.
pub fn set_deadline_at(cpu: &'static PerCpu, now: u64) {
    let (slice, lines, has_sleepers) =
        cpu.local.with(|local| (local.slice_end, local.lines, local.has_sleepers));
    let mut first = lines
        .unwrap_or(NEVER)
        .min(slice.unwrap_or(NEVER))
        .min(crate::console::deadline(cpu).unwrap_or(NEVER));
    if let Some(vcpu) = cpu.current() {
        let running = vcpu.state.with(|state| state.physical_timer.deadline(now));
        first = first.min(running.unwrap_or(NEVER));
    }
    if has_sleepers {
        first = first.min(first_sleeper(cpu));
    }
    timer::set_hyp_deadline((first != NEVER).then_some(first));
}

fn first_sleeper(cpu: &PerCpu) -> u64 {
    let sleepers = cpu.sleepers.lock();
    let counts = sleepers.iter().map(|vcpu| vcpu.sched.deadline.load(Ordering::Relaxed));
    counts.filter(|count| *count != 0).min().unwrap_or(NEVER).min(watchdog::deadline(cpu))
}

/// How long a forwarded interrupt's line may go unseen where the controller loses lines.
const LINES_NS: u64 = 1_000_000;

/// Makes EL2's timer fire soon, as the guest here has a forwarded interrupt that it has not deactivated: any
/// interrupt makes a controller that loses lines look at them all.
#[inline]
pub fn look_at_lines(cpu: &'static PerCpu) {
    if cpu.local.with(|local| local.lines.is_none()) {
        look_at_lines_soon(cpu);
    }
}

#[cold]
#[inline(never)]
fn look_at_lines_soon(cpu: &'static PerCpu) {
    let at = timer::counter().wrapping_add(clock::ns_to_ticks(LINES_NS));
    cpu.local.with(|local| local.lines = Some(at));
    set_deadline(cpu);
}

/// EL2's timer fired: wake those whose time has come, and decide anew if it is time.
pub fn timer_fired(cpu: &'static PerCpu) {
    let now = timer::counter();
    if cpu.local.with(|local| local.has_sleepers) {
        watchdog::check(cpu, now);
        wake_sleepers(cpu, now);
    }
    if let Some(vcpu) = cpu.current() {
        ptimer::check_at(vcpu, now);
    }
    cpu.local.with(|local| local.lines = None);
    if gic::get().is_some_and(Gic::has_line_to_lose) {
        look_at_lines(cpu);
    }
    let decisions = [cpu.local.with(|local| local.slice_end), crate::console::deadline(cpu)];
    if decisions.into_iter().flatten().any(|at| at <= now) {
        reschedule(cpu);
    }
    // A decision sets it as well, after whatever it changes.
    if !cpu.reschedule.load(Ordering::Relaxed) {
        set_deadline_at(cpu, now);
    }
}

fn wake_sleepers(cpu: &'static PerCpu, now: u64) {
    loop {
        let mut sleepers = cpu.sleepers.lock();
        let due = take_due(&mut sleepers, now);
        let is_watched = watchdog::deadline(cpu) != NEVER;
        cpu.local.with(|local| local.has_sleepers = is_watched || !sleepers.is_empty());
        drop(sleepers);
        let Some(vcpu) = due else { break };
        wake(&vcpu);
    }
}

/// Takes one sleeper that is due, dropping those that run again.
fn take_due(sleepers: &mut Vec<Arc<Vcpu>>, now: u64) -> Option<Arc<Vcpu>> {
    sleepers.retain(|vcpu| vcpu.sched.deadline.load(Ordering::Relaxed) != 0);
    let at = sleepers.iter().position(|vcpu| vcpu.sched.deadline.load(Ordering::Relaxed) <= now)?;
    let vcpu = sleepers.swap_remove(at);
    vcpu.sched.deadline.store(0, Ordering::Relaxed);
    Some(vcpu)
}

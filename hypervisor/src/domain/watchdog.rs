//! Watchdogs of domains: one that is not set again in time ends its domain (SCHEDOP_watchdog).
//!
//! The CPU on which a watchdog was set looks after it by EL2's timer (`sched::deadlines`); it looks at all
//! domains then, as it does not matter which CPU notices.

use super::{Domain, psci};
use crate::arch::timer;
use crate::drivers::timer::ns_to_ticks;
use crate::machine::console::print_caused;
use crate::machine::percpu::{MAX_CPUS, PerCpu};
use core::sync::atomic::{AtomicU64, Ordering};
use log::Level;
use types::DomId;
use xen_abi::XenErrno;
use xen_abi::sched::ShutdownReason;

/// Later than every count.
const NEVER: u64 = u64::MAX;
const SECOND_NS: u64 = 1_000_000_000;

/// The watchdogs of a domain: the count at which each fires.
#[derive(Debug)]
pub struct Watchdogs([AtomicU64; 2]);

impl Default for Watchdogs {
    fn default() -> Self {
        Self([const { AtomicU64::new(NEVER) }; 2])
    }
}

/// The count at which a CPU looks at the watchdogs.
static LOOKS: [AtomicU64; MAX_CPUS] = [const { AtomicU64::new(NEVER) }; MAX_CPUS];

impl Watchdogs {
    /// Sets a new one up and returns its number (`id` 0), sets one again, or stops it (`timeout_s` 0).
    ///
    /// # Errors
    /// EINVAL for one that is not there, or a new one that is to be stopped; ENOSPC if all are in use.
    fn set(&self, id: u32, timeout_s: u32, now: u64) -> Result<u32, XenErrno> {
        let at = now.saturating_add(ns_to_ticks(u64::from(timeout_s) * SECOND_NS)).min(NEVER - 1);
        if id == 0 {
            return if timeout_s == 0 { Err(XenErrno::Einval) } else { self.set_new(at) };
        }
        let index = usize::try_from(id - 1).map_err(|_| XenErrno::Einval)?;
        let slot = self.0.get(index).ok_or(XenErrno::Einval)?;
        let at = if timeout_s == 0 { NEVER } else { at };
        let change = |before| (before != NEVER).then_some(at);
        slot.fetch_update(Ordering::SeqCst, Ordering::SeqCst, change).map_err(|_| XenErrno::Einval)?;
        Ok(0)
    }

    fn set_new(&self, at: u64) -> Result<u32, XenErrno> {
        let take =
            |slot: &AtomicU64| slot.compare_exchange(NEVER, at, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        (1..).zip(&self.0).find(|(_, slot)| take(slot)).map(|(id, _)| id).ok_or(XenErrno::Enospc)
    }

    /// Stops those that are due and tells whether there were any.
    fn take_due(&self, now: u64) -> bool {
        let is_due = |at| (at <= now).then_some(NEVER);
        let due = |slot: &&AtomicU64| slot.fetch_update(Ordering::SeqCst, Ordering::SeqCst, is_due).is_ok();
        self.0.iter().filter(due).count() > 0
    }

    /// Returns the count at which the next one fires.
    fn next(&self) -> u64 {
        self.0.iter().map(|slot| slot.load(Ordering::SeqCst)).min().unwrap_or(NEVER)
    }
}

impl Domain {
    /// Sets, sets again or stops a watchdog of the domain, on this CPU; returns the number of a new one.
    ///
    /// # Errors
    /// EINVAL for one that is not there, ENOSPC if all are in use.
    pub fn set_watchdog(&self, cpu: &PerCpu, id: u32, timeout_s: u32) -> Result<u32, XenErrno> {
        let result = self.watchdogs.set(id, timeout_s, timer::counter())?;
        if let Some(look) = LOOKS.get(cpu.id.index()) {
            look.fetch_min(self.watchdogs.next(), Ordering::SeqCst);
        }
        Ok(result)
    }
}

/// Returns the count at which a CPU is to call [`check`], or the highest of all.
pub fn deadline(cpu: &PerCpu) -> u64 {
    LOOKS.get(cpu.id.index()).map_or(NEVER, |look| look.load(Ordering::SeqCst))
}

/// Ends the domains whose watchdogs are due, if this CPU is to look by now.
pub fn check(cpu: &PerCpu, now: u64) {
    let Some(look) = LOOKS.get(cpu.id.index()).filter(|look| look.load(Ordering::SeqCst) <= now) else {
        return;
    };
    look.store(NEVER, Ordering::SeqCst);
    let mut from = DomId::new(0);
    while let Some(domain) = super::find_from(from) {
        if domain.watchdogs.take_due(now) && !domain.life.is_dying() {
            let text = format_args!("d{}: its watchdog fired", domain.id);
            print_caused(&domain.messages, Level::Warn, text);
            psci::shut_down(&domain, ShutdownReason::Watchdog.raw());
        }
        look.fetch_min(domain.watchdogs.next(), Ordering::SeqCst);
        from = DomId::new(domain.id.raw().saturating_add(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::state;
    use crate::arch::state::HYP_TIMER;
    use crate::mm::{p2m::P2m, vmid};
    use crate::tests::{Rig, controller};

    #[test]
    fn there_are_two() {
        let _rig = Rig::new();
        let dogs = Watchdogs::default();
        assert_eq!(dogs.set(1, 5, 0), Err(XenErrno::Einval), "unused");
        assert_eq!([dogs.set(0, 5, 0), dogs.set(0, 9, 0)], [Ok(1), Ok(2)]);
        assert_eq!(dogs.set(0, 5, 0), Err(XenErrno::Enospc));
        assert_eq!(dogs.set(3, 5, 0), Err(XenErrno::Einval));
        assert_eq!(dogs.set(2, 0, 0), Ok(0));
        assert_eq!(dogs.set(2, 0, 0), Err(XenErrno::Einval), "stopped");
        assert_eq!(dogs.set(0, 0, 0), Err(XenErrno::Einval), "nothing to stop");
        assert_eq!(dogs.set(0, u32::MAX, u64::MAX - 5), Ok(2), "never is not reached");
        assert!(dogs.take_due(u64::MAX - 1));
    }

    #[test]
    fn one_that_is_not_set_again_ends_its_domain() {
        let rig = Rig::new();
        let p2m = P2m::new(vmid::Owned::take().unwrap()).unwrap();
        let domain = &Domain::for_test(DomId::new(810), p2m, controller()).unwrap();
        crate::domain::register(domain).unwrap();
        let id = domain.set_watchdog(rig.cpu, 0, 1).unwrap();
        crate::sched::watch(rig.cpu);
        let first = deadline(rig.cpu);
        state::with(|cpu| cpu.count = first - 1);
        domain.set_watchdog(rig.cpu, id, 10).unwrap();
        state::with(|cpu| cpu.count = first);
        rig.interrupt(HYP_TIMER);
        assert!(!domain.life.state().shut_down, "it was set again");
        let second = deadline(rig.cpu);
        assert!(second > first && second != NEVER);
        state::with(|cpu| cpu.count = second);
        rig.interrupt(HYP_TIMER);
        crate::domain::forget(domain);
        let state = domain.life.state();
        assert_eq!(state.shutdown_code, u8::try_from(ShutdownReason::Watchdog.raw()).ok());
        assert_eq!(deadline(rig.cpu), NEVER);
    }
}

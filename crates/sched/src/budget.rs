//! Caps: what a domain may use in a period, and who waits for the next.

use crate::cpu::NEVER;
use crate::cpu_set::CpuSet;
use crate::entity::{Place, Slot};
use crate::scheduler::{Policy, Scheduler};
use types::CpuId;

impl<T> Scheduler<T> {
    /// Returns the period that `now` is in, and when it ends.
    pub(crate) fn period_at(&mut self, now: u64) -> (u64, u64) {
        if now >= self.period_end {
            let length = self.timing.period.max(1);
            let passed = (now - self.period_end) / length + 1;
            self.period = self.period.saturating_add(passed);
            self.period_end = self.period_end.saturating_add(passed.saturating_mul(length));
        }
        (self.period, self.period_end)
    }

    /// Tells whether a vCPU's domain has something left.
    pub(crate) fn has_budget(&mut self, slot: Slot, now: u64) -> bool {
        let (period, _) = self.period_at(now);
        let at = self.entities[slot].domain;
        let Some(domain) = self.domain(at) else { return true };
        domain.refill(period);
        domain.budget > 0
    }

    /// Takes a portion of the domain's budget for a vCPU, and returns it.
    pub(crate) fn draw(&mut self, slot: Slot, now: u64) -> Option<u64> {
        if !self.has_budget(slot, now) {
            return None;
        }
        let at = self.entities[slot].domain;
        let shortest = self.timing.shortest();
        let domain = self.domain(at)?;
        // What is too little for a timer is taken in advance.
        let portion = domain.portion.min(domain.budget.unsigned_abs()).max(shortest);
        domain.budget = domain.budget.saturating_sub_unsigned(portion);
        self.entities[slot].reserve = portion;
        Some(portion)
    }

    /// Charges a domain for what a vCPU ran, and returns what is left of the portion that it took.
    pub(crate) fn pay(&mut self, slot: Slot, ran: u64) {
        let entity = &mut self.entities[slot];
        let reserve = core::mem::take(&mut entity.reserve);
        let at = entity.domain;
        if let Some(domain) = self.domain(at) {
            domain.budget = domain.budget.saturating_add_unsigned(reserve).saturating_sub_unsigned(ran);
        }
    }

    /// Lets a vCPU wait for its domain's budget.
    pub(crate) fn park(&mut self, slot: Slot) {
        self.parked.push(&mut self.entities, slot);
        self.entities[slot].place = Place::Parked;
    }

    /// Finds a CPU whose timer ends the period, if somebody waits for it and none is at it.
    pub(crate) fn keep(&mut self) -> CpuSet {
        if self.policy == Policy::Null || self.parked.is_empty() || self.keeper.is_some() {
            return CpuSet::EMPTY;
        }
        let ready = |cpu: &CpuId| !self.cpus[cpu.index()].called;
        // Where all have been told to come, the first that does finds it.
        self.idle
            .first()
            .or(self.online.iter().find(ready))
            .map_or(CpuSet::EMPTY, |cpu| self.call_cpus(CpuSet::of(cpu)))
    }

    /// Lets those go on whose domains have something left again.
    pub(crate) fn unpark(&mut self, now: u64) -> CpuSet {
        if self.policy == Policy::Null {
            return CpuSet::EMPTY;
        }
        let mut kick = CpuSet::EMPTY;
        let mut next = self.parked.head();
        while let Some(slot) = next {
            next = self.entities[slot].next;
            if !self.entities[slot].capped || self.has_budget(slot, now) {
                self.take_out(slot);
                kick = kick.or(self.enqueue(slot, now));
            }
        }
        kick
    }

    /// Begins a new period if it is time.
    pub(crate) fn tick(&mut self, now: u64) -> CpuSet {
        if now >= self.period_end && self.policy == Policy::Fair { self.unpark(now) } else { CpuSet::EMPTY }
    }

    /// Returns until when `cpu` may sleep at most for the sake of those that are parked.
    pub(crate) fn keep_period(&mut self, cpu: CpuId, now: u64) -> u64 {
        if self.policy == Policy::Null || self.keeper.is_some_and(|keeper| keeper != cpu) {
            return NEVER;
        }
        self.keeper = Some(cpu);
        self.period_at(now).1
    }
}

//! One CPU for one vCPU: [`Policy::Null`].

use crate::cpu_set::CpuSet;
use crate::entity::{EntityId, Place, Slot};
use crate::scheduler::{Policy, Scheduler};

impl<T> Scheduler<T> {
    /// Gives a vCPU a CPU of its own, if it has none and one is free that it may run on.
    pub(crate) fn find_home(&mut self, slot: Slot) -> bool {
        if self.entities[slot].home.is_some() {
            return true;
        }
        let free = self.could_run_on(slot).without(self.homes);
        let liked = free.and(self.entities[slot].affinity.soft);
        let last = self.entities[slot].last_cpu.filter(|cpu| free.contains(*cpu));
        let Some(home) = last.or(liked.first()).or(free.first()) else { return false };
        self.homes = self.homes.or(CpuSet::of(home));
        self.entities[slot].home = Some(home);
        self.refresh(slot);
        true
    }

    /// Takes a vCPU's own CPU from it; the first that may run there and waits for one gets it.
    pub(crate) fn give_up_home(&mut self, slot: Slot, now: u64) -> CpuSet {
        let Some(home) = self.entities[slot].home.take() else { return CpuSet::EMPTY };
        self.homes = self.homes.without(CpuSet::of(home));
        self.refresh(slot);
        let next = self.parked.iter(&self.entities).find(|next| self.could_run_on(*next).contains(home));
        let Some(next) = next else { return CpuSet::EMPTY };
        self.take_out(next);
        self.enqueue(next, now)
    }

    /// Hears that a vCPU is off for long: the CPU that is its own goes to another. Returns the CPUs that
    /// are to come.
    pub fn retire(&mut self, id: EntityId, now: u64) -> CpuSet {
        match self.entities.find(id) {
            Some(slot) if self.policy == Policy::Null => {
                let kick = self.give_up_home(slot, now);
                if self.entities[slot].place == Place::Queued {
                    kick.or(self.replace(slot, now))
                } else {
                    kick
                }
            }
            _ => CpuSet::EMPTY,
        }
    }
}

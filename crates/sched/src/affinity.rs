//! On which CPUs a vCPU runs.

use crate::cpu_set::CpuSet;
use crate::entity::{Affinity, EntityId, Place, Slot};
use crate::scheduler::{Error, Policy, Scheduler};

impl<T> Scheduler<T> {
    /// Returns where a vCPU may run.
    pub fn affinity(&self, id: EntityId) -> Option<Affinity> {
        Some(self.entities[self.entities.find(id)?].affinity)
    }

    /// Says where a vCPU may run, and returns the CPUs that are to come.
    ///
    /// # Errors
    /// If there is no such vCPU, or none of the CPUs that it may run on is online.
    pub fn set_affinity(&mut self, id: EntityId, affinity: Affinity, now: u64) -> Result<CpuSet, Error> {
        let slot = self.entities.find(id).ok_or(Error::NoEntity)?;
        let hard = affinity.pinned.unwrap_or(affinity.hard);
        if hard.and(self.online).is_empty() {
            return Err(Error::NoCpu);
        }
        self.entities[slot].affinity = affinity;
        Ok(self.replace(slot, now))
    }

    /// Puts a vCPU where it may be, after its affinity or the CPUs have changed.
    pub(crate) fn replace(&mut self, slot: Slot, now: u64) -> CpuSet {
        let mut kick = CpuSet::EMPTY;
        let home = self.entities[slot].home;
        if home.is_some_and(|home| !self.could_run_on(slot).contains(home)) {
            kick = self.give_up_home(slot, now);
        }
        self.refresh(slot);
        let entity = &self.entities[slot];
        match entity.place {
            Place::Queued | Place::Parked => {
                self.take_out(slot);
                kick.or(self.enqueue(slot, now))
            }
            Place::Running(cpu) if !entity.preferred.contains(cpu) => {
                self.displaced = self.displaced.or(CpuSet::of(cpu));
                kick.or(self.call_cpus(CpuSet::of(cpu)))
            }
            Place::Running(_) | Place::Leaving(_) | Place::Asleep => kick,
        }
    }

    /// Returns the CPUs that a vCPU's hard affinity lets it run on.
    pub(crate) fn could_run_on(&self, slot: Slot) -> CpuSet {
        let affinity = &self.entities[slot].affinity;
        let hard = affinity.pinned.unwrap_or(affinity.hard).and(self.online);
        if hard.is_empty() { self.online } else { hard }
    }

    /// Works out which CPUs take a vCPU.
    pub(crate) fn refresh(&mut self, slot: Slot) {
        let could = self.could_run_on(slot);
        let entity = &mut self.entities[slot];
        entity.allowed = match (self.policy, entity.home) {
            (Policy::Fair, _) => could,
            (Policy::Null, Some(home)) => CpuSet::of(home),
            (Policy::Null, None) => CpuSet::EMPTY,
        };
        let liked = entity.allowed.and(entity.affinity.soft);
        entity.preferred = if liked.is_empty() { entity.allowed } else { liked };
    }
}

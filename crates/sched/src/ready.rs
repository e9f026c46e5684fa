//! vCPUs that get something to do, and the CPUs that are told.

use crate::cpu_set::CpuSet;
use crate::entity::{EntityId, Place, Slot};
use crate::scheduler::{Policy, Scheduler};
use crate::timing::charge;

impl<T> Scheduler<T> {
    /// Makes a vCPU run: it has something to do. One that runs already is to look.
    pub fn wake(&mut self, id: EntityId, now: u64) -> CpuSet {
        let Some(slot) = self.entities.find(id) else { return CpuSet::EMPTY };
        let entity = &mut self.entities[slot];
        match entity.place {
            Place::Queued | Place::Parked => CpuSet::EMPTY,
            Place::Running(cpu) => {
                entity.woken = true;
                CpuSet::of(cpu)
            }
            Place::Leaving(_) => {
                entity.woken = true;
                CpuSet::EMPTY
            }
            Place::Asleep if entity.pauses > 0 => {
                entity.woken = true;
                CpuSet::EMPTY
            }
            Place::Asleep => self.enqueue(slot, now),
        }
    }

    /// Begins to block: from here on a wake is remembered, so that a condition may be looked at and
    /// then [`crate::Want::Block`] be given without losing one.
    pub fn prepare_block(&mut self, id: EntityId) {
        if let Some(slot) = self.entities.find(id) {
            self.entities[slot].woken = false;
        }
    }

    /// Keeps a vCPU from running, once more. It has stopped when [`Self::place`] says so.
    pub fn pause(&mut self, id: EntityId) -> CpuSet {
        let Some(slot) = self.entities.find(id) else { return CpuSet::EMPTY };
        let entity = &mut self.entities[slot];
        entity.pauses = entity.pauses.saturating_add(1);
        match entity.place {
            Place::Running(cpu) => CpuSet::of(cpu),
            Place::Queued | Place::Parked => {
                entity.woken = true;
                self.take_out(slot);
                CpuSet::EMPTY
            }
            Place::Asleep | Place::Leaving(_) => CpuSet::EMPTY,
        }
    }

    /// Takes one pause back; with the last one the vCPU runs again if it had something to do.
    pub fn unpause(&mut self, id: EntityId, now: u64) -> CpuSet {
        let Some(slot) = self.entities.find(id) else { return CpuSet::EMPTY };
        let entity = &mut self.entities[slot];
        entity.pauses = entity.pauses.saturating_sub(1);
        if entity.pauses == 0 && entity.woken && entity.place == Place::Asleep {
            return self.enqueue(slot, now);
        }
        CpuSet::EMPTY
    }

    /// Lets a vCPU wait for a CPU, and finds the CPUs that come for it.
    pub(crate) fn enqueue(&mut self, slot: Slot, now: u64) -> CpuSet {
        self.entities[slot].woken = false;
        if self.policy == Policy::Null && !self.find_home(slot) {
            self.park(slot);
            return CpuSet::EMPTY;
        }
        if self.entities[slot].capped && !self.has_budget(slot, now) {
            self.park(slot);
            return self.keep();
        }
        let entity = &mut self.entities[slot];
        entity.place = Place::Queued;
        entity.vtime = entity.vtime.max(self.front.saturating_sub(entity.slack));
        self.queue.insert(&mut self.entities, slot);
        self.find_cpu(slot, now)
    }

    /// Finds the CPUs that are to come for a vCPU that waits: an idle one; or one whose vCPU has run more,
    /// and those that would never look by themselves.
    pub(crate) fn find_cpu(&mut self, slot: Slot, now: u64) -> CpuSet {
        let entity = &self.entities[slot];
        let idle = self.idle.and(entity.allowed);
        if !idle.is_empty() {
            let liked = idle.and(entity.preferred);
            let from = if liked.is_empty() { idle } else { liked };
            let last = entity.last_cpu.filter(|cpu| from.contains(*cpu));
            return last.or(from.first()).map_or(CpuSet::EMPTY, |cpu| self.call_idle(cpu));
        }
        let open = self.open.and(entity.allowed);
        if open.is_empty() { open } else { self.find_victim(slot, open, now) }
    }

    /// Finds among CPUs the one whose vCPU is furthest ahead of one that waits, and those that would never
    /// look at that.
    #[inline(never)]
    fn find_victim(&mut self, slot: Slot, open: CpuSet, now: u64) -> CpuSet {
        let entity = &self.entities[slot];
        let (mut furthest, mut victim) = (0, CpuSet::EMPTY);
        for cpu in open.iter() {
            let state = &self.cpus[cpu.index()];
            let Some(current) = state.current else { continue };
            let current = &self.entities[current];
            let ran = charge(now.saturating_sub(state.since), current.rate);
            let behind = entity.vtime.saturating_add(current.margin.min(entity.margin));
            let ahead = current.vtime.saturating_add(ran).saturating_sub(behind);
            if ahead > furthest {
                (furthest, victim) = (ahead, CpuSet::of(cpu));
            }
        }
        let kick = victim.or(self.untimed.and(open));
        if kick.is_empty() { kick } else { self.call_cpus(kick) }
    }
}

//! Scheduling points: what a CPU does next.

use crate::cpu::{Cpu, NEVER};
use crate::cpu_set::CpuSet;
use crate::entity::{EntityId, Place, Slot};
use crate::scheduler::{Policy, Scheduler};
use crate::timing::charge;
use types::CpuId;

/// What the vCPU that runs wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// To run on.
    Run,
    /// To let others run first.
    Yield,
    /// To sleep until it is woken; at once ready again if it was woken since
    /// [`Scheduler::prepare_block`].
    Block,
}

/// What a CPU does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Pick {
    /// Who goes and who comes; `None` if what was goes on.
    pub change: Option<Change>,
    /// When the CPU is to come to its next scheduling point by itself.
    pub timer: Option<u64>,
    /// The CPUs that are to come to theirs.
    pub kick: CpuSet,
}

/// Another vCPU runs, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The vCPU whose registers are to be saved, followed by [`Scheduler::settle`].
    pub from: Option<EntityId>,
    /// The vCPU that runs; with none the CPU idles until it is kicked or its timer fires.
    pub to: Option<EntityId>,
}

/// Beyond it virtual time begins anew.
const FRONT_MAX: u64 = 1 << 62;
/// Where it begins then: nobody is further behind.
const FRONT_MIN: u64 = 1 << 56;

impl<T> Scheduler<T> {
    /// Decides what `cpu` does at a scheduling point at time `now`, given what its vCPU wants. A switch
    /// before has been settled.
    pub fn pick(&mut self, cpu: CpuId, now: u64, want: Want) -> Pick {
        let Some(state) = self.cpus.get(cpu.index()).copied() else {
            return Pick { change: None, timer: None, kick: CpuSet::EMPTY };
        };
        let _ = self.call_cpus(CpuSet::of(cpu));
        self.displaced = self.displaced.without(CpuSet::of(cpu));
        let kick = if self.parked.is_empty() { CpuSet::EMPTY } else { self.tick(now) };
        if let Some(slot) = state.current {
            self.account(slot, now.saturating_sub(state.since));
        }
        let stays = state.current.filter(|slot| self.may_stay(*slot, cpu, want));
        let next = if self.queue.is_empty() { None } else { self.first_for(cpu, now) };
        let stays = stays.filter(|slot| !self.gives_way(*slot, next, want, now >= state.open_at));
        let limit = stays.map_or(Some(NEVER), |slot| self.limit(slot, now));
        match (stays, limit) {
            (Some(slot), Some(limit)) => {
                let timer = self.timer_of(slot, next, now, state.open_at).min(limit);
                let timer = self.note(cpu, now, Cpu { since: now, timer, ..state });
                Pick { change: None, timer, kick }
            }
            _ => {
                let wants = state.current.is_some_and(|slot| self.wants(slot, want));
                let (timer, called) = self.change(cpu, now, next, wants);
                let id = |slot| self.entities.id(slot);
                let change = Change { from: state.current.map(id), to: next.map(id) };
                Pick { change: Some(change), timer, kick: kick.or(called) }
            }
        }
    }

    /// Adds to what a vCPU has run. Nobody gets further ahead than four slices of its own, so that one
    /// that was alone for long need not wait for long.
    #[inline]
    pub(crate) fn account(&mut self, slot: Slot, ran: u64) {
        let furthest = self.front;
        let entity = &mut self.entities[slot];
        let vtime = entity.vtime.saturating_add(charge(ran, entity.rate));
        entity.vtime = vtime.min(furthest.saturating_add(entity.slack));
        if entity.capped {
            self.pay(slot, ran);
        }
    }

    fn wants(&self, slot: Slot, want: Want) -> bool {
        want != Want::Block || self.entities[slot].woken
    }

    /// Tells whether the vCPU that runs on `cpu` has something to do, and nothing forbids it here.
    #[inline]
    fn may_stay(&self, slot: Slot, cpu: CpuId, want: Want) -> bool {
        let entity = &self.entities[slot];
        let here = entity.preferred.contains(cpu)
            || entity.allowed.contains(cpu) && self.idle.and(entity.preferred).is_empty();
        here && entity.pauses == 0 && self.wants(slot, want)
    }

    /// Tells whether the vCPU that runs is to let `next` run.
    #[inline]
    fn gives_way(&self, slot: Slot, next: Option<Slot>, want: Want, is_open: bool) -> bool {
        let Some(next) = next else { return false };
        want == Want::Yield || is_open && self.bound(slot, next) <= self.entities[slot].vtime
    }

    /// Returns until what virtual time a vCPU may run while `next` waits.
    #[inline]
    fn bound(&self, slot: Slot, next: Slot) -> u64 {
        let (entity, next) = (&self.entities[slot], &self.entities[next]);
        next.vtime.saturating_add(entity.margin.min(next.margin))
    }

    /// Finds who waits for `cpu`.
    fn first_for(&mut self, cpu: CpuId, now: u64) -> Option<Slot> {
        let mut next = self.queue.head();
        while let Some(slot) = next {
            let entity = &self.entities[slot];
            next = entity.next;
            if !entity.allowed.contains(cpu) {
                continue;
            }
            if !entity.capped || self.has_budget(slot, now) {
                return Some(slot);
            }
            self.take_out(slot);
            self.park(slot);
        }
        None
    }

    /// Returns until when a vCPU may run at most; `None` if it may not.
    #[inline]
    fn limit(&mut self, slot: Slot, now: u64) -> Option<u64> {
        if !self.entities[slot].capped {
            return Some(NEVER);
        }
        self.draw(slot, now).map(|portion| now.saturating_add(portion))
    }

    /// Returns when a vCPU that goes on is to be looked at again.
    fn timer_of(&self, slot: Slot, next: Option<Slot>, now: u64, open_at: u64) -> u64 {
        let Some(next) = next else { return if now < open_at { open_at } else { NEVER } };
        let entity = &self.entities[slot];
        let ticks = self.timing.ticks_to(self.bound(slot, next).saturating_sub(entity.vtime), entity.weight);
        now.saturating_add(ticks).max(open_at)
    }

    /// Lets the vCPU of `cpu` go and `next` come. Returns the timer and the CPUs that are to come.
    fn change(&mut self, cpu: CpuId, now: u64, next: Option<Slot>, wants: bool) -> (Option<u64>, CpuSet) {
        let before = *self.cpu(cpu);
        let mut state = Cpu { current: next, since: now, ..before };
        if let Some(slot) = before.current {
            self.entities[slot].place = Place::Leaving(cpu);
            state.leaving = before.current;
            state.requeue = wants;
        }
        state.open_at = now.saturating_add(self.timing.ratelimit);
        state.timer = NEVER;
        let mut kick = CpuSet::EMPTY;
        match next {
            Some(slot) => {
                if self.policy == Policy::Fair {
                    state.timer = state.open_at.max(now.saturating_add(self.timing.shortest()));
                }
                self.take_out(slot);
                let entity = &mut self.entities[slot];
                entity.place = Place::Running(cpu);
                entity.last_cpu = Some(cpu);
                entity.woken = false;
                // `first_for` has found that there is some.
                state.timer = state.timer.min(self.limit(slot, now).unwrap_or(NEVER));
            }
            None if !self.displaced.is_empty() => kick = self.find_displaced(cpu),
            None => {}
        }
        let timer = self.note(cpu, now, state);
        if !self.queue.is_empty() && !self.idle.or(self.untimed).is_empty() {
            kick = kick.or(self.call_others(now));
        }
        (timer, kick)
    }

    /// Calls CPUs that would not look by themselves for those that wait: the one that was to come may have
    /// taken another.
    #[cold]
    #[inline(never)]
    fn call_others(&mut self, now: u64) -> CpuSet {
        let mut kick = CpuSet::EMPTY;
        let mut next = self.queue.head();
        while let Some(slot) = next {
            let entity = &self.entities[slot];
            next = entity.next;
            let asleep = self.idle.or(self.untimed);
            if asleep.is_empty() {
                break;
            }
            if !entity.allowed.and(asleep).is_empty() {
                kick = kick.or(self.find_cpu(slot, now));
            }
        }
        kick
    }

    /// Finds a CPU whose vCPU would rather run on `cpu`, which idles.
    fn find_displaced(&mut self, cpu: CpuId) -> CpuSet {
        let would = |other: &CpuId| {
            let current = self.cpus[other.index()].current;
            current.is_some_and(|slot| self.entities[slot].preferred.contains(cpu))
        };
        let other = self.displaced.and(self.busy).iter().find(would);
        other.map_or(CpuSet::EMPTY, |other| self.call_cpus(CpuSet::of(other)))
    }

    /// Notes what a CPU does from now on, and returns its timer.
    #[inline]
    fn note(&mut self, cpu: CpuId, now: u64, mut state: Cpu) -> Option<u64> {
        let own = CpuSet::of(cpu);
        let broke = state.leaving.is_some_and(|slot| state.requeue && self.entities[slot].capped);
        if broke || !self.parked.is_empty() {
            state.timer = state.timer.min(self.keep_period(cpu, now));
        } else if self.keeper.is_some() {
            self.keeper = None;
        }
        match state.current {
            Some(slot) => {
                self.busy = self.busy.or(own);
                if state.timer == NEVER {
                    self.untimed = self.untimed.or(own);
                }
                let entity = &self.entities[slot];
                if !entity.preferred.contains(cpu) {
                    self.displaced = self.displaced.or(own);
                }
                self.front = self.front.max(entity.vtime);
            }
            None => self.idle = self.idle.or(own.and(self.online)),
        }
        *self.cpu(cpu) = state;
        if self.front > FRONT_MAX {
            self.begin_anew();
        }
        (state.timer != NEVER).then_some(state.timer)
    }

    /// Moves everybody's virtual time back.
    #[cold]
    #[inline(never)]
    fn begin_anew(&mut self) {
        let by = self.front - FRONT_MIN;
        self.front = FRONT_MIN;
        for entity in self.entities.iter_mut() {
            entity.vtime = entity.vtime.saturating_sub(by);
        }
    }

    /// Hears that the registers of the vCPU that left `cpu` are saved: any CPU may take it now. Returns
    /// the CPUs that are to come.
    pub fn settle(&mut self, cpu: CpuId, now: u64) -> CpuSet {
        let Some(state) = self.cpus.get_mut(cpu.index()) else { return CpuSet::EMPTY };
        let Some(slot) = state.leaving.take() else { return CpuSet::EMPTY };
        let requeue = core::mem::take(&mut state.requeue);
        let entity = &mut self.entities[slot];
        entity.place = Place::Asleep;
        entity.woken |= requeue;
        if entity.woken && entity.pauses == 0 { self.enqueue(slot, now) } else { CpuSet::EMPTY }
    }
}

//! Scheduling points: what a CPU does next.

use crate::cpu::NEVER;
use crate::cpu_set::CpuSet;
use crate::entity::{EntityId, Place, Slot};
use crate::scheduler::Scheduler;
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

/// How the vCPU that runs on a CPU stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It may go on.
    May,
    /// It may not, and has something to do or not.
    Wants(bool),
}

/// A scheduling point.
#[derive(Clone, Copy)]
struct Point {
    cpu: CpuId,
    /// The CPU as a set.
    own: CpuSet,
    now: u64,
}

impl<T> Scheduler<T> {
    /// Decides what `cpu` does at a scheduling point at time `now`, given what its vCPU wants. A switch
    /// before has been settled.
    pub fn pick(&mut self, cpu: CpuId, now: u64, want: Want) -> Pick {
        let Some(state) = self.cpus.get_mut(cpu.index()) else {
            return Pick { change: None, timer: None, kick: CpuSet::EMPTY };
        };
        let point = Point { cpu, own: CpuSet::of(cpu), now };
        state.called = false;
        let (current, is_open) = (state.current, now >= state.open_at);
        let ran = now.saturating_sub(core::mem::replace(&mut state.since, now));
        if current.is_none() {
            state.idle = state.idle.saturating_add(ran);
        }
        if self.idle.or(self.open).or(self.displaced).contains_any(point.own) {
            self.clear_marks(point.own);
        }
        let kick = if self.parked.is_empty() { CpuSet::EMPTY } else { self.tick(now) };
        let standing = current.map(|slot| self.account(slot, ran, point, want));
        let next = if self.queue.is_empty() { None } else { self.first_for(point) };
        let limit = match (current, standing) {
            (Some(slot), Some(Standing::May)) if !self.gives_way(slot, next, want, is_open) => {
                self.limit(slot, now)
            }
            _ => None,
        };
        if let (Some(slot), Some(limit)) = (current, limit) {
            return Pick { change: None, timer: self.stay(slot, next, limit, point), kick };
        }
        let wants = !matches!(standing, None | Some(Standing::Wants(false)));
        let (change, timer, called) = self.change(next, wants, point);
        Pick { change: Some(change), timer, kick: kick.or(called) }
    }

    #[cold]
    #[inline(never)]
    fn clear_marks(&mut self, own: CpuSet) {
        self.idle = self.idle.without(own);
        self.open = self.open.without(own);
        self.untimed = self.untimed.without(own);
        self.displaced = self.displaced.without(own);
    }

    /// Adds to what a vCPU has run, and tells how it stands. Nobody gets further ahead than four slices of
    /// its own, so that one that was alone for long need not wait for long.
    #[inline]
    fn account(&mut self, slot: Slot, ran: u64, point: Point, want: Want) -> Standing {
        let (front, idle) = (self.front, self.idle);
        let entity = &mut self.entities[slot];
        entity.advance(ran, front);
        let wants = want != Want::Block || entity.woken;
        let here = entity.preferred.contains_any(point.own)
            || entity.allowed.contains_any(point.own) && idle.and(entity.preferred).is_empty();
        let may = here && wants && entity.pauses == 0;
        if entity.capped {
            self.pay(slot, ran);
        }
        if may { Standing::May } else { Standing::Wants(wants) }
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

    /// Finds who waits for a CPU.
    #[inline]
    fn first_for(&mut self, point: Point) -> Option<Slot> {
        let mut next = self.queue.head();
        while let Some(slot) = next {
            let entity = &self.entities[slot];
            next = entity.next;
            if !entity.allowed.contains_any(point.own) {
                continue;
            }
            if !entity.capped || self.has_budget(slot, point.now) {
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

    /// Lets the vCPU of a CPU go on, while `next` waits. Returns the timer.
    fn stay(&mut self, slot: Slot, next: Option<Slot>, limit: u64, point: Point) -> Option<u64> {
        let now = point.now;
        let open_at = self.cpu(point.cpu).open_at;
        let entity = &self.entities[slot];
        let look = match next {
            Some(next) => {
                let distance = self.bound(slot, next).saturating_sub(entity.vtime);
                now.saturating_add(self.timing.ticks_to(distance, entity.weight)).max(open_at)
            }
            None if now < open_at => open_at,
            None => NEVER,
        };
        self.run_until(slot, look.min(limit), false, point)
    }

    /// Lets the vCPU of a CPU go and `next` come. Returns the timer and the CPUs that are to come.
    #[inline]
    fn change(&mut self, next: Option<Slot>, wants: bool, point: Point) -> (Change, Option<u64>, CpuSet) {
        let Point { cpu, now, .. } = point;
        let open_at = now.saturating_add(self.timing.ratelimit);
        let look = now.saturating_add(self.first_look);
        let state = &mut self.cpus[cpu.index()];
        let current = core::mem::replace(&mut state.current, next);
        state.open_at = open_at;
        let mut change = Change { from: None, to: None };
        let mut broke = false;
        if let Some(slot) = current {
            (state.leaving, state.requeue) = (current, wants);
            let entity = &mut self.entities[slot];
            entity.place = Place::Leaving(cpu);
            broke = wants && entity.capped;
            change.from = Some(self.entities.id(slot));
        }
        let (timer, kick) = match next {
            Some(slot) => {
                self.queue.remove(&mut self.entities, slot);
                let entity = &mut self.entities[slot];
                entity.place = Place::Running(cpu);
                entity.last_cpu = Some(cpu);
                entity.woken = false;
                change.to = Some(self.entities.id(slot));
                // `first_for` has found that there is some.
                let limit = self.limit(slot, now).unwrap_or(NEVER);
                (self.run_until(slot, look.min(limit), broke, point), CpuSet::EMPTY)
            }
            None => self.be_idle(broke, point),
        };
        if self.queue.is_empty() || self.idle.or(self.untimed).is_empty() {
            return (change, timer, kick);
        }
        (change, timer, kick.or(self.call_others(now)))
    }

    /// Notes that a CPU runs a vCPU until `timer`, and returns the timer.
    #[inline]
    fn run_until(&mut self, slot: Slot, timer: u64, broke: bool, point: Point) -> Option<u64> {
        let timer = self.keeps(timer, broke, point);
        let entity = &self.entities[slot];
        let (vtime, is_displaced) = (entity.vtime, !entity.preferred.contains_any(point.own));
        let state = &mut self.cpus[point.cpu.index()];
        state.timer = timer;
        if timer > state.open_at || is_displaced {
            self.mark(timer, is_displaced, point);
        }
        if vtime > self.front {
            self.front = vtime;
            if vtime > FRONT_MAX {
                self.begin_anew();
            }
        }
        (timer != NEVER).then_some(timer)
    }

    /// Notes what others may want to know of a CPU that runs a vCPU.
    fn mark(&mut self, timer: u64, is_displaced: bool, point: Point) {
        let Point { cpu, own, .. } = point;
        if timer > self.cpu(cpu).open_at {
            self.open = self.open.or(own);
        }
        if timer == NEVER {
            self.untimed = self.untimed.or(own);
        }
        if is_displaced {
            self.displaced = self.displaced.or(own);
        }
    }

    /// Notes that a CPU idles. Returns its timer and the CPUs that are to come.
    fn be_idle(&mut self, broke: bool, point: Point) -> (Option<u64>, CpuSet) {
        let timer = self.keeps(NEVER, broke, point);
        self.idle = self.idle.or(point.own.and(self.online));
        self.cpu(point.cpu).timer = timer;
        let displaced = self.displaced;
        let kick = if displaced.is_empty() { CpuSet::EMPTY } else { self.find_displaced(point.cpu) };
        ((timer != NEVER).then_some(timer), kick)
    }

    /// Lets a CPU end the period of caps, if somebody waits for that and no other does.
    #[inline]
    fn keeps(&mut self, timer: u64, broke: bool, point: Point) -> u64 {
        if broke || !self.parked.is_empty() {
            return timer.min(self.keep_period(point.cpu, point.now));
        }
        if self.keeper.is_some() {
            self.keeper = None;
        }
        timer
    }

    /// Finds a CPU whose vCPU would rather run on `cpu`, which idles.
    fn find_displaced(&mut self, cpu: CpuId) -> CpuSet {
        let would = |other: &CpuId| {
            let state = &self.cpus[other.index()];
            let current = state.current.filter(|_| !state.called);
            current.is_some_and(|slot| self.entities[slot].preferred.contains(cpu))
        };
        let other = self.displaced.iter().find(would);
        other.map_or(CpuSet::EMPTY, |other| self.call_cpus(CpuSet::of(other)))
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

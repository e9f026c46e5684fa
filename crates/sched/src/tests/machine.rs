//! A machine in simulated time: interrupts between CPUs and saving registers take a while, vCPUs run
//! and sleep. After every event the rules are checked.

use crate::*;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::vec::Vec;
use types::{CpuId, DomId};

pub const KICK_NS: u64 = 3_000;
pub const SAVE_NS: u64 = 2_000;
pub const MS: u64 = 1_000_000;
pub const SECOND: u64 = 1_000_000_000;

pub const TIMING: Timing = Timing { slice: SLICE_NS, ratelimit: MS, period: PERIOD_NS };

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A CPU comes to a scheduling point: an interrupt came, or its guest blocks.
    Point(u16),
    /// A CPU has saved the registers of the vCPU that left.
    Settled(u16),
    /// A vCPU gets something to do.
    Work(usize),
}

/// How much a vCPU has to do.
#[derive(Clone, Copy, Debug)]
pub enum Load {
    /// Always something.
    Busy,
    /// So much work, in so many nanoseconds, on average.
    Some { work_ns: u64, every_ns: u64 },
    /// Work that begins when the last is done and so much has gone by.
    Sleepy { work_ns: u64, sleep_ns: u64 },
}

pub struct Guest {
    pub id: EntityId,
    load: Load,
    work_ns: u64,
    pub ran_ns: u64,
    /// Since when it has waited for a CPU.
    waiting_since: Option<u64>,
    pub longest_wait_ns: u64,
    saved: bool,
    pub allowed: CpuSet,
    pub ran_on: BTreeMap<u16, u64>,
}

#[derive(Clone)]
pub struct Physical {
    pub current: Option<usize>,
    since: u64,
    busy_until: u64,
    timer: Option<u64>,
    pub points: usize,
}

pub struct Machine {
    pub scheduler: Scheduler<usize>,
    pub guests: Vec<Guest>,
    pub cpus: Vec<Physical>,
    events: BinaryHeap<Reverse<(u64, Event)>>,
    /// CPUs with an interrupt under way.
    kicked: BTreeSet<u16>,
    pub now: u64,
    random: Random,
}

/// Numbers that look random.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to - from + 1)
    }
}

impl Machine {
    pub fn new(policy: Policy, cpus: u16, seed: u64) -> Self {
        let mut scheduler = Scheduler::new(policy, cpus.into(), TIMING).unwrap();
        for cpu in 0..cpus {
            let _ = scheduler.add_cpu(CpuId::new(cpu), 0).unwrap();
        }
        let idle = Physical { current: None, since: 0, busy_until: 0, timer: None, points: 0 };
        Self {
            scheduler,
            guests: Vec::new(),
            cpus: std::vec![idle; cpus.into()],
            events: BinaryHeap::new(),
            kicked: BTreeSet::new(),
            now: 0,
            random: Random::new(seed),
        }
    }

    /// Adds a domain with vCPUs of some loads.
    pub fn domain(&mut self, id: u16, share: Share, loads: &[Load]) {
        self.scheduler.add_domain(DomId::new(id)).unwrap();
        if self.scheduler.policy() == Policy::Fair {
            let _ = self.scheduler.set_share(DomId::new(id), share, self.now).unwrap();
        }
        for load in loads {
            let vcpu = self.guests.len();
            let id = self.scheduler.add(DomId::new(id), vcpu).unwrap();
            self.guests.push(Guest {
                id,
                load: *load,
                work_ns: 0,
                ran_ns: 0,
                waiting_since: None,
                longest_wait_ns: 0,
                saved: true,
                allowed: CpuSet::ALL,
                ran_on: BTreeMap::new(),
            });
            self.at(self.now + vcpu as u64, Event::Work(vcpu));
        }
    }

    pub fn affinity(&mut self, vcpu: usize, hard: u64, soft: u64) {
        let (hard, soft) = (CpuSet::from_bits(hard), CpuSet::from_bits(soft));
        let id = self.guests[vcpu].id;
        let affinity = Affinity { hard, soft, pinned: None };
        let kick = self.scheduler.set_affinity(id, affinity, self.now).unwrap();
        self.guests[vcpu].allowed = hard;
        self.act(kick);
    }

    fn at(&mut self, time: u64, event: Event) {
        self.events.push(Reverse((time, event)));
    }

    pub fn act(&mut self, kick: CpuSet) {
        for cpu in kick.iter() {
            if self.kicked.insert(cpu.raw()) {
                self.at(self.now + KICK_NS, Event::Point(cpu.raw()));
            }
        }
    }

    pub fn run(&mut self, end: u64) {
        while self.events.peek().is_some_and(|event| event.0.0 <= end) {
            let Some(Reverse((time, event))) = self.events.pop() else { break };
            self.now = time;
            match event {
                Event::Point(cpu) => self.point(cpu),
                Event::Settled(cpu) => self.settled(cpu),
                Event::Work(vcpu) => self.work(vcpu),
            }
            self.check();
        }
        self.now = end;
        (0..self.cpus.len()).for_each(|cpu| self.tally(cpu));
    }

    /// Counts the time that the current vCPU ran.
    fn tally(&mut self, index: usize) {
        let cpu = &mut self.cpus[index];
        let Some(current) = cpu.current else { return };
        let ran = self.now.saturating_sub(cpu.since);
        cpu.since = cpu.since.max(self.now);
        let guest = &mut self.guests[current];
        guest.ran_ns += ran;
        *guest.ran_on.entry(index as u16).or_default() += ran;
        if guest.work_ns != u64::MAX {
            guest.work_ns = guest.work_ns.saturating_sub(ran);
        }
    }

    /// Sets all counts back.
    pub fn forget(&mut self) {
        for guest in &mut self.guests {
            (guest.ran_ns, guest.longest_wait_ns) = (0, 0);
            guest.ran_on.clear();
        }
    }

    fn work(&mut self, vcpu: usize) {
        let now = self.now;
        match self.guests[vcpu].load {
            Load::Busy => self.guests[vcpu].work_ns = u64::MAX,
            Load::Some { work_ns, every_ns } => {
                self.guests[vcpu].work_ns += work_ns;
                let next = self.random.between(every_ns / 2, every_ns + every_ns / 2);
                self.at(now + next, Event::Work(vcpu));
            }
            Load::Sleepy { work_ns, .. } => self.guests[vcpu].work_ns = self.random.between(1, 2 * work_ns),
        }
        let kick = self.scheduler.wake(self.guests[vcpu].id, now);
        self.act(kick);
    }

    fn settled(&mut self, cpu: u16) {
        let cpu = CpuId::new(cpu);
        for guest in &mut self.guests {
            guest.saved |= self.scheduler.place(guest.id) == Some(Place::Leaving(cpu));
        }
        let kick = self.scheduler.settle(cpu, self.now);
        self.act(kick);
    }

    fn point(&mut self, number: u16) {
        let index = usize::from(number);
        if self.now < self.cpus[index].busy_until {
            let later = self.cpus[index].busy_until;
            return self.at(later, Event::Point(number));
        }
        if !self.is_due(number) {
            return;
        }
        self.kicked.remove(&number);
        self.cpus[index].points += 1;
        assert!(self.cpus[index].points < 1_000_000, "time stands still");
        let want = self.account(index);
        let pick = self.scheduler.pick(CpuId::new(number), self.now, want);
        self.act(pick.kick);
        self.cpus[index].timer = pick.timer;
        let mut from = self.now;
        if let Some(Change { from: left, to }) = pick.change {
            self.switch(number, left, to);
            from += if left.is_some() { SAVE_NS } else { 0 };
        }
        self.start(number, from);
    }

    /// Tells whether an event is more than the remains of a timer or of work that was put off.
    fn is_due(&self, number: u16) -> bool {
        let cpu = &self.cpus[usize::from(number)];
        let blocks = cpu.current.is_some_and(|vcpu| {
            let work = self.guests[vcpu].work_ns;
            work != u64::MAX && cpu.since.saturating_add(work) <= self.now
        });
        blocks || self.kicked.contains(&number) || cpu.timer.is_some_and(|timer| timer <= self.now)
    }

    /// Says what the current vCPU wants.
    fn account(&mut self, index: usize) -> Want {
        self.tally(index);
        let Some(current) = self.cpus[index].current else { return Want::Run };
        let guest = &mut self.guests[current];
        if guest.work_ns > 0 {
            return Want::Run;
        }
        self.scheduler.prepare_block(guest.id);
        if let Load::Sleepy { sleep_ns, .. } = guest.load {
            let sleep = self.random.between(1, 2 * sleep_ns);
            self.at(self.now + sleep, Event::Work(current));
        }
        Want::Block
    }

    fn switch(&mut self, number: u16, from: Option<EntityId>, to: Option<EntityId>) {
        let named = |id: EntityId| self.guests.iter().position(|guest| guest.id == id).unwrap();
        let (from, to) = (from.map(named), to.map(named));
        assert_eq!(from, self.cpus[usize::from(number)].current);
        if let Some(vcpu) = from {
            self.guests[vcpu].saved = false;
            self.cpus[usize::from(number)].busy_until = self.now + SAVE_NS;
            self.at(self.now + SAVE_NS, Event::Settled(number));
        }
        if let Some(vcpu) = to {
            assert!(self.guests[vcpu].saved, "taken before its registers were saved");
            let cpu = CpuId::new(number);
            assert!(self.guests[vcpu].allowed.contains(cpu), "runs where it may not");
        }
        self.cpus[usize::from(number)].current = to;
    }

    /// Sets the time of the CPU's next scheduling point.
    fn start(&mut self, number: u16, from: u64) {
        let cpu = &mut self.cpus[usize::from(number)];
        cpu.since = from;
        let work = cpu.current.map(|vcpu| self.guests[vcpu].work_ns).filter(|work| *work != u64::MAX);
        let blocks = work.map(|work| from + work);
        let timer = cpu.timer;
        for time in blocks.into_iter().chain(timer) {
            self.at(time.max(from), Event::Point(number));
        }
    }

    fn check(&mut self) {
        let waiting: BTreeSet<_> =
            self.scheduler.waiting().collect::<Vec<_>>().into_iter().map(EntityId::index).collect();
        let running: Vec<_> = self.cpus.iter().filter_map(|cpu| cpu.current).collect();
        assert_eq!(running.len(), running.iter().collect::<BTreeSet<_>>().len(), "on two CPUs");
        let mut in_need = CpuSet::EMPTY;
        let mut waits_anywhere = 0;
        for guest in &mut self.guests {
            let waits = waiting.contains(&guest.id.index());
            let since = guest.waiting_since.take();
            guest.waiting_since = waits.then(|| since.unwrap_or(self.now));
            if waits && guest.allowed == CpuSet::ALL {
                waits_anywhere += 1;
            } else if waits {
                in_need = in_need.or(guest.allowed);
            }
            if let Some(since) = since {
                guest.longest_wait_ns = guest.longest_wait_ns.max(self.now - since);
            }
        }
        let idle = |cpu: &u16| self.cpus[usize::from(*cpu)].current.is_none();
        let all = 0..self.cpus.len() as u16;
        let coming = all.clone().filter(|cpu| idle(cpu) && self.kicked.contains(cpu)).count();
        let forgotten: Vec<_> = all.filter(|cpu| idle(cpu) && !self.kicked.contains(cpu)).collect();
        assert!(forgotten.is_empty() || waits_anywhere <= coming, "a CPU idles while a vCPU waits");
        // With affinities it is hard to tell who comes for whom, but somebody must.
        let may = forgotten.iter().any(|cpu| in_need.contains(CpuId::new(*cpu)));
        assert!(!may || coming > 0, "a CPU idles while a vCPU waits for it");
    }
}

/// Gives `cpus` CPUs out in proportion to weights, nobody getting more than its most.
pub fn ideal(cpus: f64, wishes: &[(f64, f64)]) -> Vec<f64> {
    let mut given = std::vec![None; wishes.len()];
    loop {
        let left = cpus - given.iter().flatten().sum::<f64>();
        let weights: f64 = (0..wishes.len()).filter(|n| given[*n].is_none()).map(|n| wishes[n].0).sum();
        let full = |n: &usize| given[*n].is_none() && wishes[*n].1 <= left * wishes[*n].0 / weights;
        let Some(n) = (0..wishes.len()).find(full) else {
            return (0..wishes.len()).map(|n| given[n].unwrap_or(left * wishes[n].0 / weights)).collect();
        };
        given[n] = Some(wishes[n].1);
    }
}

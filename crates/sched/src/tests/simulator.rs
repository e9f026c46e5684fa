//! A machine in simulated time: interrupts between CPUs and saving registers take a while, vCPUs run
//! and sleep at random. After every event the rules are checked.

use crate::*;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::vec::Vec;
use types::CpuId;

const KICK_NS: u64 = 3_000;
const SAVE_NS: u64 = 2_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A CPU comes to a scheduling point: an interrupt came, or its guest blocks.
    Point(u16),
    /// A CPU has saved the registers of the vCPU that left.
    Settled(u16),
    /// A vCPU gets something to do.
    Wake(usize),
}

struct Guest {
    id: EntityId,
    /// Work until it sleeps; `u64::MAX` for one that never does.
    work_ns: u64,
    ran_ns: u64,
    /// Since when it has waited for a CPU.
    waiting_since: Option<u64>,
    longest_wait_ns: u64,
    saved: bool,
}

struct Physical {
    current: Option<usize>,
    since: u64,
    busy_until: u64,
}

struct Machine {
    scheduler: Scheduler<usize>,
    guests: Vec<Guest>,
    cpus: Vec<Physical>,
    events: BinaryHeap<Reverse<(u64, Event)>>,
    /// CPUs with an interrupt under way.
    kicked: BTreeSet<u16>,
    now: u64,
    seed: u64,
    points: usize,
}

impl Machine {
    fn new(cpus: u16, busy: usize, sleepers: usize, seed: u64) -> Self {
        let mut scheduler = Scheduler::new(cpus.into(), SLICE_NS).unwrap();
        (0..cpus).for_each(|cpu| scheduler.add_cpu(CpuId::new(cpu)).unwrap());
        scheduler.reserve(busy + sleepers).unwrap();
        let guest = |vcpu: usize| {
            let id = scheduler.add(vcpu).unwrap();
            let work_ns = if vcpu < busy { u64::MAX } else { 1 };
            Guest { id, work_ns, ran_ns: 0, waiting_since: None, longest_wait_ns: 0, saved: true }
        };
        let guests: Vec<_> = (0..busy + sleepers).map(guest).collect();
        let idle = || Physical { current: None, since: 0, busy_until: 0 };
        let events = (0..guests.len()).map(|vcpu| Reverse((vcpu as u64, Event::Wake(vcpu)))).collect();
        let cpus = (0..cpus).map(|_| idle()).collect();
        Self { scheduler, guests, cpus, events, kicked: BTreeSet::new(), now: 0, seed, points: 0 }
    }

    fn random(&mut self, end: u64) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed % end
    }

    fn at(&mut self, time: u64, event: Event) {
        self.events.push(Reverse((time, event)));
    }

    fn act(&mut self, decision: Decision) {
        if let Decision::Kick(cpu) = decision {
            self.kicked.insert(cpu.raw());
            self.at(self.now + KICK_NS, Event::Point(cpu.raw()));
        }
    }

    fn run(&mut self, end: u64) {
        while let Some(Reverse((time, event))) = self.events.pop() {
            if time > end {
                break;
            }
            self.now = time;
            match event {
                Event::Point(cpu) => self.point(cpu),
                Event::Settled(cpu) => self.settled(cpu),
                Event::Wake(vcpu) => self.wake(vcpu),
            }
            self.check();
        }
        self.now = end;
    }

    fn wake(&mut self, vcpu: usize) {
        let decision = self.scheduler.wake(self.guests[vcpu].id);
        self.act(decision);
    }

    fn settled(&mut self, cpu: u16) {
        if let Some(guest) = self
            .guests
            .iter_mut()
            .find(|guest| self.scheduler.place(guest.id) == Some(Place::Leaving(CpuId::new(cpu))))
        {
            guest.saved = true;
        }
        let decision = self.scheduler.settle(CpuId::new(cpu));
        self.act(decision);
    }

    fn point(&mut self, number: u16) {
        let cpu = &self.cpus[usize::from(number)];
        if self.now < cpu.busy_until {
            let later = cpu.busy_until;
            return self.at(later, Event::Point(number));
        }
        self.kicked.remove(&number);
        self.points += 1;
        assert!(self.points < 1_000_000, "time stands still");
        let want = self.account(number);
        match self.scheduler.pick(CpuId::new(number), self.now, want) {
            Pick::Stay { slice_end } => {
                if want == Want::Block {
                    let current = self.cpus[usize::from(number)].current.unwrap();
                    self.guests[current].work_ns = 1 + self.random(8_000_000);
                }
                self.start(number, self.now, slice_end);
            }
            Pick::Switch { from, to, slice_end } => {
                self.switch(number, from, to, want);
                self.start(number, self.now + if from.is_some() { SAVE_NS } else { 0 }, slice_end);
            }
        }
    }

    /// Counts the time that the current vCPU ran, and says what it wants.
    fn account(&mut self, number: u16) -> Want {
        let cpu = &mut self.cpus[usize::from(number)];
        let Some(current) = cpu.current else { return Want::Run };
        let ran = self.now.saturating_sub(cpu.since);
        cpu.since = self.now;
        let guest = &mut self.guests[current];
        guest.ran_ns += ran;
        if guest.work_ns == u64::MAX {
            return Want::Run;
        }
        guest.work_ns = guest.work_ns.saturating_sub(ran);
        if guest.work_ns > 0 {
            return Want::Run;
        }
        self.scheduler.prepare_block(guest.id);
        let sleep = self.random(20_000_000);
        self.at(self.now + sleep, Event::Wake(current));
        Want::Block
    }

    fn switch(&mut self, number: u16, from: Option<EntityId>, to: Option<EntityId>, want: Want) {
        let named = |id: EntityId| self.guests.iter().position(|guest| guest.id == id).unwrap();
        let (from, to) = (from.map(named), to.map(named));
        assert_eq!(from, self.cpus[usize::from(number)].current);
        if let Some(vcpu) = from {
            self.guests[vcpu].saved = false;
            if want == Want::Block {
                self.guests[vcpu].work_ns = 1 + self.random(8_000_000);
            }
            self.cpus[usize::from(number)].busy_until = self.now + SAVE_NS;
            self.at(self.now + SAVE_NS, Event::Settled(number));
        }
        if let Some(vcpu) = to {
            assert!(self.guests[vcpu].saved, "taken before its registers were saved");
        }
        self.cpus[usize::from(number)].current = to;
    }

    /// Sets the time of the CPU's next scheduling point.
    fn start(&mut self, number: u16, from: u64, slice_end: Option<u64>) {
        let cpu = &mut self.cpus[usize::from(number)];
        cpu.since = from;
        let blocks = cpu.current.map(|vcpu| from.saturating_add(self.guests[vcpu].work_ns));
        let next = blocks.into_iter().chain(slice_end).min().filter(|time| *time != u64::MAX);
        if let Some(time) = next.filter(|_| cpu.current.is_some()) {
            self.at(time.max(from), Event::Point(number));
        }
    }

    fn check(&mut self) {
        let waiting: BTreeSet<_> = self.scheduler.waiting().map(EntityId::index).collect();
        let running: Vec<_> = self.cpus.iter().filter_map(|cpu| cpu.current).collect();
        assert_eq!(running.len(), running.iter().collect::<BTreeSet<_>>().len(), "on two CPUs");
        for guest in &mut self.guests {
            let waits = waiting.contains(&guest.id.index());
            let since = guest.waiting_since.take();
            guest.waiting_since = waits.then(|| since.unwrap_or(self.now));
            if let Some(since) = since {
                guest.longest_wait_ns = guest.longest_wait_ns.max(self.now - since);
            }
        }
        let idle = |cpu: &u16| self.cpus[usize::from(*cpu)].current.is_none();
        let all = 0..self.cpus.len() as u16;
        let coming = all.clone().filter(|cpu| idle(cpu) && self.kicked.contains(cpu)).count();
        let forgotten = all.filter(|cpu| idle(cpu) && !self.kicked.contains(cpu)).count();
        assert!(forgotten == 0 || waiting.len() <= coming, "a CPU idles while a vCPU waits");
    }
}

const SECOND: u64 = 1_000_000_000;

#[test]
fn busy_vcpus_share_all_cpus_evenly() {
    for (cpus, vcpus) in [(1, 2), (2, 3), (2, 4), (4, 5), (4, 9), (3, 16)] {
        let mut machine = Machine::new(cpus, vcpus, 0, 1);
        machine.run(4 * SECOND);
        let fair = 4 * SECOND * u64::from(cpus) / vcpus as u64;
        for guest in &machine.guests {
            let off = guest.ran_ns.abs_diff(fair);
            assert!(off < fair / 20, "{cpus} CPUs, {vcpus} vCPUs: {} of {fair} ns", guest.ran_ns);
        }
    }
}

#[test]
fn a_vcpu_of_its_own_cpu_is_not_interrupted() {
    let mut machine = Machine::new(4, 4, 0, 1);
    machine.run(SECOND);
    assert!(machine.cpus.iter().all(|cpu| cpu.current.is_some()));
    assert!(machine.points < 4 * 3, "{} scheduling points", machine.points);
}

#[test]
fn nobody_starves_and_no_cpu_idles_beside_work() {
    for seed in 1..25u64 {
        for (cpus, busy, sleepers) in [(1, 1, 3), (2, 0, 4), (2, 2, 6), (4, 3, 9), (4, 0, 3), (8, 5, 20)] {
            let mut machine = Machine::new(cpus, busy, sleepers, seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            machine.run(SECOND);
            let vcpus = (busy + sleepers) as u64;
            let bound = (vcpus / u64::from(cpus) + 1) * (SLICE_NS + 4 * (SAVE_NS + KICK_NS));
            for guest in &machine.guests {
                assert!(guest.longest_wait_ns <= bound, "waited {} ns", guest.longest_wait_ns);
                assert!(guest.ran_ns > SECOND / 100, "ran {} ns", guest.ran_ns);
            }
        }
    }
}

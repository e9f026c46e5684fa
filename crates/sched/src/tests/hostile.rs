//! Random operations in any order: the state stays whole, no CPU idles beside work, nobody is lost.

use super::machine::{MS, Random, TIMING};
use crate::*;
use std::collections::BTreeSet;
use std::vec::Vec;
use types::{CpuId, DomId};

const CPUS: u16 = 4;
const DOMAINS: u64 = 4;

/// What is known of a vCPU from what was done to it.
struct Known {
    id: EntityId,
    has_work: bool,
    woken: bool,
    pauses: u32,
    ran: bool,
}

struct World {
    scheduler: Scheduler<u32>,
    vcpus: Vec<Known>,
    kicked: BTreeSet<u16>,
    timers: [Option<u64>; CPUS as usize],
    unsettled: BTreeSet<u16>,
    now: u64,
    random: Random,
}

impl World {
    fn new(policy: Policy, seed: u64) -> Self {
        let mut scheduler = Scheduler::new(policy, CPUS.into(), TIMING).unwrap();
        (0..2).for_each(|cpu| assert!(scheduler.add_cpu(CpuId::new(cpu), 0).is_ok()));
        let random = Random::new(seed);
        let (kicked, unsettled) = (BTreeSet::new(), BTreeSet::new());
        Self { scheduler, vcpus: Vec::new(), kicked, timers: [None; 4], unsettled, now: 0, random }
    }

    fn act(&mut self, kick: CpuSet) {
        self.kicked.extend(kick.iter().map(CpuId::raw));
    }

    fn step(&mut self) {
        self.now += self.random.below(2 * MS);
        let domain = DomId::new(self.random.below(DOMAINS) as u16);
        let cpu = CpuId::new(self.random.below(u64::from(CPUS) + 1) as u16);
        match self.random.below(24) {
            0 => drop(self.scheduler.add_domain(domain)),
            1 => drop(self.scheduler.remove_domain(domain)),
            2 | 3 => self.add(domain),
            4 => self.change_cpus(cpu),
            5 => {
                let weight = self.random.below(1100) as u16;
                let cap = [0, 0, 10, 150][self.random.below(4) as usize];
                let kick = self.scheduler.set_share(domain, Share { weight, cap }, self.now);
                self.act(kick.unwrap_or_default());
            }
            6..=15 => {
                if let Some(number) = self.any() {
                    self.disturb(number);
                }
            }
            16 => self.settle(cpu),
            _ => self.point(cpu),
        }
        self.check();
    }

    fn any(&mut self) -> Option<usize> {
        let count = self.vcpus.len() as u64;
        (count > 0).then(|| self.random.below(count) as usize)
    }

    fn add(&mut self, domain: DomId) {
        if self.vcpus.len() < 12
            && let Ok(id) = self.scheduler.add(domain, 0)
        {
            self.vcpus.push(Known { id, has_work: false, woken: false, pauses: 0, ran: false });
        }
    }

    fn change_cpus(&mut self, cpu: CpuId) {
        let kick = if self.scheduler.online().contains(cpu) {
            self.scheduler.remove_cpu(cpu, self.now)
        } else {
            self.scheduler.add_cpu(cpu, self.now)
        };
        self.act(kick.unwrap_or_default());
    }

    fn disturb(&mut self, number: usize) {
        let known = &mut self.vcpus[number];
        let id = known.id;
        let kick = match self.random.below(9) {
            0 => return self.remove(number),
            1 => {
                known.pauses += 1;
                self.scheduler.pause(id)
            }
            2 => {
                known.pauses = known.pauses.saturating_sub(1);
                self.scheduler.unpause(id, self.now)
            }
            3 => self.scheduler.retire(id, self.now),
            4 => {
                let mut set = || CpuSet::from_bits(self.random.below(16));
                let (hard, soft, pinned) = (set(), set(), set());
                let pinned = (pinned.bits() < 4).then_some(pinned);
                let affinity = Affinity { hard, soft, pinned };
                self.scheduler.set_affinity(id, affinity, self.now).unwrap_or_default()
            }
            _ => {
                (known.has_work, known.woken) = (true, true);
                self.scheduler.wake(id, self.now)
            }
        };
        self.act(kick);
    }

    fn remove(&mut self, number: usize) {
        let id = self.vcpus[number].id;
        let on_cpu = matches!(self.scheduler.place(id), Some(Place::Running(_) | Place::Leaving(_)));
        match self.scheduler.remove(id, self.now) {
            Ok((_, kick)) => {
                assert!(!on_cpu);
                self.act(kick);
                self.vcpus.swap_remove(number);
                assert_eq!(self.scheduler.wake(id, self.now), CpuSet::EMPTY);
                assert_eq!(self.scheduler.remove(id, self.now), Err(Error::NoEntity));
            }
            Err(error) => assert!(on_cpu && error == Error::OnCpu),
        }
    }

    fn settle(&mut self, cpu: CpuId) {
        self.unsettled.remove(&cpu.raw());
        let kick = self.scheduler.settle(cpu, self.now);
        self.act(kick);
    }

    fn point(&mut self, cpu: CpuId) {
        if cpu.raw() >= CPUS {
            let nothing = Pick { change: None, timer: None, kick: CpuSet::EMPTY };
            assert_eq!(self.scheduler.pick(cpu, self.now, Want::Run), nothing);
            return;
        }
        if self.unsettled.contains(&cpu.raw()) {
            self.settle(cpu);
        }
        let want = [Want::Run, Want::Run, Want::Block, Want::Yield][self.random.below(4) as usize];
        let current = self.scheduler.current(cpu);
        if let (Some(id), Want::Block) = (current, want) {
            let known = self.vcpus.iter_mut().find(|known| known.id == id).unwrap();
            if self.random.below(2) == 0 {
                self.scheduler.prepare_block(id);
                known.woken = false;
            }
            known.has_work = known.woken;
        }
        self.kicked.remove(&cpu.raw());
        let pick = self.scheduler.pick(cpu, self.now, want);
        self.act(pick.kick);
        self.timers[cpu.index()] = pick.timer;
        if let Some(Change { from, to }) = pick.change {
            assert_eq!(from, current);
            if from.is_some() {
                self.unsettled.insert(cpu.raw());
            }
            if let Some(known) = self.vcpus.iter_mut().find(|known| Some(known.id) == to) {
                (known.ran, known.woken) = (true, false);
                assert_eq!(known.pauses, 0);
            }
        }
    }

    fn check(&self) {
        let scheduler = &self.scheduler;
        let waiting: Vec<_> = scheduler.waiting().collect();
        let parked: Vec<_> = scheduler.parked().collect();
        assert!(waiting.len() + parked.len() <= self.vcpus.len());
        let vtimes = scheduler.queue.iter(&scheduler.entities).map(|slot| scheduler.entities[slot].vtime);
        assert!(vtimes.is_sorted());
        for known in &self.vcpus {
            self.check_vcpu(known, &waiting, &parked);
        }
        // Who waits though a CPU idles, or will never look, waits for one that is coming.
        let could_run = scheduler.queue.iter(&scheduler.entities).filter(|slot| {
            !scheduler.entities[*slot].allowed.and(scheduler.idle.or(scheduler.untimed)).is_empty()
        });
        let is_called = |cpu: &CpuId| scheduler.cpus[cpu.index()].called;
        let coming = scheduler.online.iter().filter(is_called).count();
        assert!(could_run.count() <= coming, "nobody comes");
        for cpu in scheduler.online.iter() {
            assert!(
                !is_called(&cpu) || self.kicked.contains(&cpu.raw()),
                "CPU{cpu} does not know that it is called"
            );
            let untimed = scheduler.untimed.contains(cpu);
            assert!(!untimed || self.timers[cpu.index()].is_none());
        }
        if scheduler.policy == Policy::Fair && !parked.is_empty() && self.kicked.is_empty() {
            let keeper = scheduler.keeper.expect("nobody ends the period");
            let timer = self.timers[keeper.index()];
            assert!(timer.is_some_and(|timer| timer <= scheduler.period_end), "the period is not ended");
        }
    }

    fn check_vcpu(&self, known: &Known, waiting: &[EntityId], parked: &[EntityId]) {
        let scheduler = &self.scheduler;
        let place = scheduler.place(known.id).unwrap();
        let entity = &scheduler.entities[scheduler.entities.find(known.id).unwrap()];
        assert_eq!(waiting.contains(&known.id), place == Place::Queued);
        assert_eq!(parked.contains(&known.id), place == Place::Parked);
        match place {
            Place::Asleep => assert!(known.pauses > 0 || !known.has_work, "a vCPU is lost"),
            Place::Queued => {
                assert_eq!(known.pauses, 0);
                assert!(!entity.allowed.is_empty());
            }
            Place::Parked => assert!(scheduler.policy == Policy::Null || entity.capped),
            Place::Running(cpu) => {
                assert_eq!(scheduler.current(cpu), Some(known.id));
                let called = self.kicked.contains(&cpu.raw());
                assert!(called || known.pauses == 0, "it is not told to stop");
                let allowed = entity.allowed.contains(cpu) || scheduler.policy == Policy::Null;
                assert!(called || allowed, "it is not told to go");
            }
            Place::Leaving(cpu) => assert!(self.unsettled.contains(&cpu.raw())),
        }
    }

    /// Lets everybody go on who may, and checks that all come to a CPU.
    fn finish(&mut self) {
        for number in 0..self.vcpus.len() {
            while self.vcpus[number].pauses > 0 {
                self.vcpus[number].pauses -= 1;
                let kick = self.scheduler.unpause(self.vcpus[number].id, self.now);
                self.act(kick);
            }
            self.vcpus[number].ran = false;
        }
        self.check();
        let end = self.now + 20_000 * MS;
        while self.now < end && self.vcpus.iter().any(|known| known.has_work && !known.ran) {
            let due = (0..CPUS).find(|cpu| {
                let timer = self.timers[usize::from(*cpu)];
                self.kicked.contains(cpu) || timer.is_some_and(|timer| timer <= self.now)
            });
            match due.or(self.unsettled.first().copied()) {
                Some(cpu) => self.point(CpuId::new(cpu)),
                None => self.now = self.timers.iter().flatten().min().copied().unwrap_or(end),
            }
            self.check();
            for known in &mut self.vcpus {
                known.ran |= matches!(self.scheduler.place(known.id), Some(Place::Running(_)));
            }
        }
        let fair = self.scheduler.policy == Policy::Fair;
        let lost = self.vcpus.iter().filter(|known| known.has_work && !known.ran).count();
        assert!(!fair || lost == 0, "{lost} vCPUs never ran");
    }
}

#[test]
fn no_sequence_breaks_it_or_loses_a_vcpu() {
    for policy in [Policy::Fair, Policy::Null] {
        for seed in 1..400 {
            let mut world = World::new(policy, seed);
            (0..700).for_each(|_| world.step());
            world.finish();
        }
    }
}

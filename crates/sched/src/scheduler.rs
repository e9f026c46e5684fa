//! The scheduling state of the machine.

use crate::cpu::{Cpu, NEVER};
use crate::cpu_set::CpuSet;
use crate::domain::Domain;
use crate::entity::{Entities, EntityId, Place};
use crate::queue::Queue;
use crate::timing::Timing;
use alloc::vec::Vec;
use types::CpuId;

/// Why an operation was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// There is no memory.
    OutOfMemory,
    /// The vCPU is on a CPU: pause it and try again.
    OnCpu,
    /// There is no such vCPU.
    NoEntity,
    /// There is no such CPU, or none that is online.
    NoCpu,
    /// There is no such domain.
    NoDomain,
    /// The domain has vCPUs, or is there already.
    Busy,
    /// A number is out of range.
    Invalid,
}

/// How CPUs are given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// In proportion to weights.
    Fair,
    /// One vCPU has one CPU.
    Null,
}

/// The machine's scheduler.
pub struct Scheduler<T> {
    pub(crate) policy: Policy,
    pub(crate) timing: Timing,
    /// After how many ticks on a CPU a vCPU is looked at.
    pub(crate) first_look: u64,
    pub(crate) entities: Entities<T>,
    pub(crate) members: usize,
    pub(crate) domains: Vec<Option<Domain>>,
    pub(crate) cpus: Vec<Cpu>,
    /// Who waits for a CPU.
    pub(crate) queue: Queue,
    /// Who waits for its domain's budget, or for a CPU of its own.
    pub(crate) parked: Queue,
    /// CPUs that take vCPUs.
    pub(crate) online: CpuSet,
    /// Those that run nothing and have not been told to come.
    pub(crate) idle: CpuSet,
    /// Those whose vCPU may be taken away before they look by themselves, and that have not been told.
    pub(crate) open: CpuSet,
    /// Those of them that never look by themselves.
    pub(crate) untimed: CpuSet,
    /// Those whose vCPU would rather run elsewhere.
    pub(crate) displaced: CpuSet,
    /// CPUs that are a vCPU's own.
    pub(crate) homes: CpuSet,
    /// The most virtual time that anybody had who was picked: nobody is far from it.
    pub(crate) front: u64,
    /// Number of the period of caps, and when it ends.
    pub(crate) period: u64,
    pub(crate) period_end: u64,
    /// The CPU whose timer ends the period for those that are parked.
    pub(crate) keeper: Option<CpuId>,
}

impl<T> Scheduler<T> {
    /// Makes the scheduler of a machine with up to `cpus` CPUs, none of which takes part yet.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn new(policy: Policy, cpus: usize, timing: Timing) -> Result<Self, Error> {
        let mut table = Vec::new();
        let count = cpus.min(CpuSet::CPUS);
        table.try_reserve_exact(count).map_err(|_| Error::OutOfMemory)?;
        table.resize(count, Cpu::NEW);
        Ok(Self {
            policy,
            timing,
            first_look: Self::first_look(policy, &timing),
            entities: Entities::new(),
            members: 0,
            domains: Vec::new(),
            cpus: table,
            queue: Queue::default(),
            parked: Queue::default(),
            online: CpuSet::EMPTY,
            idle: CpuSet::EMPTY,
            open: CpuSet::EMPTY,
            untimed: CpuSet::EMPTY,
            displaced: CpuSet::EMPTY,
            homes: CpuSet::EMPTY,
            front: 0,
            period: 0,
            period_end: 0,
            keeper: None,
        })
    }

    /// Returns how CPUs are given out.
    pub const fn policy(&self) -> Policy {
        self.policy
    }

    /// Returns how long things last.
    pub const fn timing(&self) -> Timing {
        self.timing
    }

    /// Sets how long a vCPU runs at least, from its next turn on.
    ///
    /// # Units
    /// Ticks.
    pub fn set_ratelimit(&mut self, ratelimit: u64) {
        self.timing.ratelimit = ratelimit;
        self.first_look = Self::first_look(self.policy, &self.timing);
    }

    fn first_look(policy: Policy, timing: &Timing) -> u64 {
        match policy {
            Policy::Fair => timing.ratelimit.max(timing.shortest()),
            Policy::Null => NEVER,
        }
    }

    /// Returns the CPUs that take part.
    pub const fn online(&self) -> CpuSet {
        self.online
    }

    /// Returns what was added under a name.
    #[inline]
    pub fn get(&self, id: EntityId) -> Option<&T> {
        self.entities[self.entities.find(id)?].vcpu.as_ref()
    }

    /// Returns where a vCPU is.
    pub fn place(&self, id: EntityId) -> Option<Place> {
        Some(self.entities[self.entities.find(id)?].place)
    }

    /// Returns the CPU that a vCPU ran on last.
    pub fn last_cpu(&self, id: EntityId) -> Option<CpuId> {
        self.entities[self.entities.find(id)?].last_cpu
    }

    /// Returns by how many ticks of its own a vCPU may run before others as long as it, or has run more
    /// than they have.
    pub fn credit(&self, id: EntityId) -> Option<i64> {
        let entity = &self.entities[self.entities.find(id)?];
        let ahead = self.front.wrapping_sub(entity.vtime).cast_signed();
        Some(ahead.saturating_mul(i64::from(entity.weight)) >> 16)
    }

    /// Returns the vCPU that runs on a CPU.
    pub fn current(&self, cpu: CpuId) -> Option<EntityId> {
        self.cpus.get(cpu.index())?.current.map(|slot| self.entities.id(slot))
    }

    /// Lists the vCPUs that wait for a CPU, the next one first.
    pub fn waiting(&self) -> impl Iterator<Item = EntityId> {
        self.queue.iter(&self.entities).map(|slot| self.entities.id(slot))
    }

    /// Lists the vCPUs that are parked.
    pub fn parked(&self) -> impl Iterator<Item = EntityId> {
        self.parked.iter(&self.entities).map(|slot| self.entities.id(slot))
    }

    /// Returns the state of a CPU that exists.
    #[inline]
    pub(crate) fn cpu(&mut self, cpu: CpuId) -> &mut Cpu {
        &mut self.cpus[cpu.index()]
    }

    /// Returns the vCPU that runs on a CPU, as it was added.
    #[inline]
    pub fn running(&self, cpu: CpuId) -> Option<&T> {
        let slot = self.cpus.get(cpu.index())?.current?;
        self.entities[slot].vcpu.as_ref()
    }

    /// Returns how long a CPU has idled since it took part, in ticks.
    pub fn idle_ticks(&self, cpu: CpuId, now: u64) -> u64 {
        let Some(state) = self.cpus.get(cpu.index()) else { return 0 };
        let idles = state.current.is_none() && self.online.contains(cpu);
        state.idle.saturating_add(if idles { now.saturating_sub(state.since) } else { 0 })
    }

    /// Tells an idle CPU to come.
    #[inline]
    pub(crate) fn call_idle(&mut self, cpu: CpuId) -> CpuSet {
        let own = CpuSet::of(cpu);
        self.idle = self.idle.without(own);
        self.cpu(cpu).called = true;
        own
    }

    /// Tells CPUs to come: until they pick, nobody else tells them.
    pub(crate) fn call_cpus(&mut self, cpus: CpuSet) -> CpuSet {
        self.idle = self.idle.without(cpus);
        self.open = self.open.without(cpus);
        self.untimed = self.untimed.without(cpus);
        for cpu in cpus.iter() {
            self.cpu(cpu).called = true;
        }
        cpus
    }
}

//! Who takes part: domains, their vCPUs, CPUs.

use crate::cpu_set::CpuSet;
use crate::domain::{Domain, Place as DomainSlot, Share};
use crate::entity::{Affinity, EntityId, Place, Slot};
use crate::scheduler::{Error, Policy, Scheduler};
use crate::timing;
use types::{CpuId, DomId};

impl<T> Scheduler<T> {
    /// Adds a domain with the share of those of which nothing is said.
    ///
    /// # Errors
    /// If it is there, or there is no memory.
    pub fn add_domain(&mut self, id: DomId) -> Result<(), Error> {
        if self.find_domain(id).is_ok() {
            return Err(Error::Busy);
        }
        let domain = Some(Domain::new(id));
        if let Some(free) = self.domains.iter_mut().find(|slot| slot.is_none()) {
            *free = domain;
            return Ok(());
        }
        self.domains.try_reserve(1).map_err(|_| Error::OutOfMemory)?;
        self.domains.push(domain);
        Ok(())
    }

    /// Removes a domain.
    ///
    /// # Errors
    /// If there is none, or it has vCPUs.
    pub fn remove_domain(&mut self, id: DomId) -> Result<(), Error> {
        let at = self.find_domain(id)?;
        let slot = self.domains.get_mut(at.index()).ok_or(Error::NoDomain)?;
        if slot.is_some_and(|domain| domain.members > 0) {
            return Err(Error::Busy);
        }
        *slot = None;
        Ok(())
    }

    pub(crate) fn find_domain(&self, id: DomId) -> Result<DomainSlot, Error> {
        let index = self.domains.iter().position(|slot| slot.is_some_and(|domain| domain.id == id));
        index.and_then(DomainSlot::at).ok_or(Error::NoDomain)
    }

    pub(crate) fn domain(&mut self, at: DomainSlot) -> Option<&mut Domain> {
        self.domains.get_mut(at.index())?.as_mut()
    }

    /// Returns a domain's share.
    pub fn share(&self, id: DomId) -> Option<Share> {
        let at = self.find_domain(id).ok()?;
        self.domains.get(at.index())?.map(|domain| domain.share)
    }

    /// Returns how many vCPUs there are.
    pub const fn len(&self) -> usize {
        self.members
    }

    /// Tells whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.members == 0
    }

    /// Adds a vCPU of a domain, asleep, which may run anywhere.
    ///
    /// # Errors
    /// If there is no such domain, or no memory.
    pub fn add(&mut self, domain: DomId, vcpu: T) -> Result<EntityId, Error> {
        let at = self.find_domain(domain)?;
        let slot = self.entities.free_slot().ok_or(Error::OutOfMemory)?;
        let entity = &mut self.entities[slot];
        entity.vcpu = Some(vcpu);
        entity.vtime = self.front;
        entity.domain = at;
        entity.affinity = Affinity::ANY;
        self.members += 1;
        if let Some(domain) = self.domain(at) {
            domain.members += 1;
        }
        self.apply_share(at);
        self.refresh(slot);
        Ok(self.entities.id(slot))
    }

    /// Removes a vCPU, and says which CPUs are to come.
    ///
    /// # Errors
    /// If it is on a CPU, or there is no such vCPU.
    pub fn remove(&mut self, id: EntityId, now: u64) -> Result<(T, CpuSet), Error> {
        let slot = self.entities.find(id).ok_or(Error::NoEntity)?;
        match self.entities[slot].place {
            Place::Running(_) | Place::Leaving(_) => return Err(Error::OnCpu),
            Place::Queued | Place::Parked => self.take_out(slot),
            Place::Asleep => {}
        }
        let kick = self.give_up_home(slot, now);
        let at = self.entities[slot].domain;
        let vcpu = self.entities.vacate(slot).ok_or(Error::NoEntity)?;
        self.members -= 1;
        if let Some(domain) = self.domain(at) {
            domain.members = domain.members.saturating_sub(1);
        }
        self.apply_share(at);
        Ok((vcpu, kick))
    }

    /// Sets a domain's share, and says which CPUs are to come.
    ///
    /// # Errors
    /// If there is no such domain, its weight is zero, or there are no weights.
    pub fn set_share(&mut self, id: DomId, share: Share, now: u64) -> Result<CpuSet, Error> {
        let at = self.find_domain(id)?;
        if share.weight == 0 || self.policy == Policy::Null {
            return Err(Error::Invalid);
        }
        let running = self.account_domain(at, now);
        let (period, _) = self.period_at(now);
        let domain = self.domain(at).ok_or(Error::NoDomain)?;
        domain.share = share;
        self.apply_share(at);
        let domain = self.domain(at).ok_or(Error::NoDomain)?;
        domain.period = period;
        domain.budget = i64::try_from(domain.allotment).unwrap_or(i64::MAX);
        // Who runs is limited anew; who is parked may have reason to run.
        let _ = self.call_cpus(running);
        Ok(running.or(self.unpark(now)))
    }

    /// Accounts for what a domain's vCPUs have run, and returns the CPUs that they are on.
    fn account_domain(&mut self, at: DomainSlot, now: u64) -> CpuSet {
        let mut running = CpuSet::EMPTY;
        for slot in self.entities.slots() {
            if self.entities[slot].domain != at {
                continue;
            }
            if let Place::Running(cpu) = self.entities[slot].place {
                running = running.or(CpuSet::of(cpu));
                let ran = now.saturating_sub(self.cpu(cpu).since);
                self.cpu(cpu).since = now;
                let front = self.front;
                self.entities[slot].advance(ran, front);
            }
            self.entities[slot].reserve = 0;
        }
        running
    }

    /// Tells a domain's vCPUs what share they have.
    fn apply_share(&mut self, at: DomainSlot) {
        let period = self.timing.period;
        let shortest = self.timing.shortest();
        let Some(domain) = self.domain(at) else { return };
        domain.allotment = period.saturating_mul(domain.share.cap.into()) / 100;
        domain.portion = (domain.allotment / u64::from(domain.members.max(1))).max(shortest);
        let share = domain.share;
        let rate = timing::rate(share.weight);
        let (margin, slack) = (self.timing.margin(rate), self.timing.slack(rate));
        for entity in self.entities.iter_mut().filter(|entity| entity.domain == at) {
            entity.weight = share.weight.into();
            entity.rate = rate;
            entity.margin = margin;
            entity.slack = slack;
            entity.capped = share.cap > 0;
        }
    }

    /// Takes a vCPU out of the list that it is in.
    pub(crate) fn take_out(&mut self, slot: Slot) {
        match self.entities[slot].place {
            Place::Queued => self.queue.remove(&mut self.entities, slot),
            Place::Parked => self.parked.remove(&mut self.entities, slot),
            Place::Asleep | Place::Running(_) | Place::Leaving(_) => return,
        }
        self.entities[slot].place = Place::Asleep;
        if self.parked.is_empty() {
            self.keeper = None;
        }
    }

    /// Lets a CPU take part, and says which CPUs are to come.
    ///
    /// # Errors
    /// If the machine has no such CPU.
    pub fn add_cpu(&mut self, cpu: CpuId, now: u64) -> Result<CpuSet, Error> {
        let state = self.cpus.get_mut(cpu.index()).ok_or(Error::NoCpu)?;
        let own = CpuSet::of(cpu);
        if !self.online.contains(cpu) {
            self.online = self.online.or(own);
            state.since = now;
            if state.current.is_none() {
                self.idle = self.idle.or(own);
            }
        }
        Ok(self.cpus_changed(now))
    }

    /// Lets a CPU take no vCPUs any longer, and says which CPUs are to come: it lets its vCPU go at its
    /// next scheduling point.
    ///
    /// # Errors
    /// If it takes no part, or is the last one.
    pub fn remove_cpu(&mut self, cpu: CpuId, now: u64) -> Result<CpuSet, Error> {
        let own = CpuSet::of(cpu);
        if !self.online.contains(cpu) || self.online == own {
            return Err(Error::NoCpu);
        }
        self.online = self.online.without(own);
        if self.keeper == Some(cpu) {
            self.keeper = None;
        }
        let _ = self.call_cpus(own);
        Ok(own.or(self.cpus_changed(now)).or(self.keep()))
    }

    fn cpus_changed(&mut self, now: u64) -> CpuSet {
        let mut kick = CpuSet::EMPTY;
        for slot in self.entities.slots() {
            if self.entities[slot].vcpu.is_some() {
                kick = kick.or(self.replace(slot, now));
            }
        }
        kick
    }
}

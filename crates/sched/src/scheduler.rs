//! The scheduling state of the machine and its operations.

use crate::cpu::Cpu;
use crate::entity::{Entity, EntityId, Place};
use crate::queue::Queue;
use alloc::vec::Vec;
use types::CpuId;

/// Why an operation was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// There is no memory.
    OutOfMemory,
    /// No place is reserved for another vCPU.
    Full,
    /// The vCPU is on a CPU: pause it and try again.
    OnCpu,
    /// There is no such vCPU.
    NoEntity,
    /// There is no such CPU.
    NoCpu,
}

/// What is to be done after unlocking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// Nothing.
    Nothing,
    /// The CPU is to come to its next scheduling point now: interrupt it, or remember it if it is
    /// this one.
    Kick(CpuId),
}

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
pub enum Pick {
    /// The same vCPU runs on.
    Stay {
        /// When its slice is over; `None` if it is and nobody waits: the CPU is kicked when somebody
        /// does.
        slice_end: Option<u64>,
    },
    /// Another vCPU runs, or none.
    Switch {
        /// The vCPU whose registers are to be saved, followed by [`Scheduler::settle`].
        from: Option<EntityId>,
        /// The vCPU that runs; with none the CPU idles until it is kicked.
        to: Option<EntityId>,
        /// When its slice is over; `None` if none runs.
        slice_end: Option<u64>,
    },
}

/// The machine's scheduler.
pub struct Scheduler<T> {
    entities: Vec<Option<Entity<T>>>,
    members: usize,
    queue: Queue,
    /// Up to the last one that takes part.
    cpus: Vec<Cpu>,
    /// How long a vCPU runs while others wait.
    slice: u64,
}

impl<T> Scheduler<T> {
    /// Makes the scheduler of a machine with up to `cpus` CPUs, none of which takes part yet.
    ///
    /// # Errors
    /// If there is no memory.
    ///
    /// # Units
    /// `slice` is in those of the clock that [`Self::pick`] is told.
    pub fn new(cpus: usize, slice: u64) -> Result<Self, Error> {
        let mut table = Vec::new();
        table.try_reserve_exact(cpus).map_err(|_| Error::OutOfMemory)?;
        Ok(Self { entities: Vec::new(), members: 0, queue: Queue::default(), cpus: table, slice })
    }

    /// Lets a CPU take part.
    ///
    /// # Errors
    /// If the machine has no such CPU.
    pub fn add_cpu(&mut self, cpu: CpuId) -> Result<(), Error> {
        if cpu.index() >= self.cpus.capacity() {
            return Err(Error::NoCpu);
        }
        let count = self.cpus.len().max(cpu.index() + 1);
        self.cpus.resize(count, Cpu::default());
        self.cpus.get_mut(cpu.index()).ok_or(Error::NoCpu)?.online = true;
        Ok(())
    }

    /// Makes room for `vcpus` more vCPUs.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn reserve(&mut self, vcpus: usize) -> Result<(), Error> {
        let free = self.entities.len() - self.members;
        let more = vcpus.saturating_sub(free);
        self.entities.try_reserve_exact(more).map_err(|_| Error::OutOfMemory)?;
        self.entities.extend(core::iter::repeat_with(|| None).take(more));
        Ok(())
    }

    /// Returns how many vCPUs there are.
    pub const fn len(&self) -> usize {
        self.members
    }

    /// Tells whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.members == 0
    }

    /// Adds a vCPU, asleep.
    ///
    /// # Errors
    /// If no room is left.
    pub fn add(&mut self, vcpu: T) -> Result<EntityId, Error> {
        let index = self.entities.iter().position(Option::is_none).ok_or(Error::Full)?;
        let id = EntityId::from_index(index).ok_or(Error::Full)?;
        *self.entities.get_mut(index).ok_or(Error::Full)? = Some(Entity::new(vcpu));
        self.members += 1;
        Ok(id)
    }

    /// Removes a vCPU.
    ///
    /// # Errors
    /// If it is on a CPU, or there is no such vCPU.
    pub fn remove(&mut self, id: EntityId) -> Result<T, Error> {
        match self.entity(id)?.place {
            Place::Running(_) | Place::Leaving(_) => return Err(Error::OnCpu),
            Place::Queued => self.queue.remove(&mut self.entities, id),
            Place::Asleep => {}
        }
        let slot = self.entities.get_mut(id.index()).ok_or(Error::NoEntity)?;
        let entity = slot.take().ok_or(Error::NoEntity)?;
        self.members -= 1;
        Ok(entity.vcpu)
    }

    /// Makes a vCPU run: it has something to do. One that runs already is to look.
    pub fn wake(&mut self, id: EntityId) -> Decision {
        let Ok(entity) = self.entity_mut(id) else { return Decision::Nothing };
        match entity.place {
            Place::Queued => Decision::Nothing,
            Place::Running(cpu) => {
                entity.woken = true;
                Decision::Kick(cpu)
            }
            Place::Leaving(_) => {
                entity.woken = true;
                Decision::Nothing
            }
            Place::Asleep if entity.pauses > 0 => {
                entity.woken = true;
                Decision::Nothing
            }
            Place::Asleep => self.enqueue(id),
        }
    }

    /// Begins to block: from here on a wake is remembered, so that a condition may be looked at and
    /// then [`Want::Block`] be given without losing one.
    pub fn prepare_block(&mut self, id: EntityId) {
        if let Ok(entity) = self.entity_mut(id) {
            entity.woken = false;
        }
    }

    /// Keeps a vCPU from running, once more. It has stopped when [`Self::place`] says so.
    pub fn pause(&mut self, id: EntityId) -> Decision {
        let Ok(entity) = self.entity_mut(id) else { return Decision::Nothing };
        entity.pauses = entity.pauses.saturating_add(1);
        match entity.place {
            Place::Running(cpu) => Decision::Kick(cpu),
            Place::Queued => {
                entity.place = Place::Asleep;
                entity.woken = true;
                self.queue.remove(&mut self.entities, id);
                Decision::Nothing
            }
            Place::Asleep | Place::Leaving(_) => Decision::Nothing,
        }
    }

    /// Takes one pause back; with the last one the vCPU runs again if it had something to do.
    pub fn unpause(&mut self, id: EntityId) -> Decision {
        let Ok(entity) = self.entity_mut(id) else { return Decision::Nothing };
        entity.pauses = entity.pauses.saturating_sub(1);
        if entity.pauses == 0 && entity.woken && entity.place == Place::Asleep {
            return self.enqueue(id);
        }
        Decision::Nothing
    }

    /// Decides what `cpu` does at a scheduling point at time `now`, given what its vCPU wants. A switch
    /// before has been settled.
    pub fn pick(&mut self, cpu: CpuId, now: u64, want: Want) -> Pick {
        let Some(state) = self.cpus.get(cpu.index()).copied() else {
            return Pick::Switch { from: None, to: None, slice_end: None };
        };
        let (wants, paused) = self.standing(state.current, want);
        let overrun = now >= state.slice_end;
        if wants && !paused && (self.queue.is_empty() || !overrun && want != Want::Yield) {
            self.set_cpu(cpu, Cpu { overrun, kicked: false, ..state });
            return Pick::Stay { slice_end: (!overrun).then_some(state.slice_end) };
        }
        if let Some(id) = state.current {
            self.leave(id, cpu);
        }
        let to = self.queue.pop(&mut self.entities);
        if let Some(Ok(entity)) = to.map(|id| self.entity_mut(id)) {
            entity.place = Place::Running(cpu);
            entity.last_cpu = Some(cpu);
            entity.woken = false;
        }
        let slice_end = now.saturating_add(self.slice);
        let leaving = state.current.or(state.leaving);
        let requeue = if state.current.is_some() { wants } else { state.requeue };
        let online = state.online;
        let state = Cpu { online, current: to, slice_end, overrun: false, leaving, requeue, kicked: false };
        let from = self.cpus.get_mut(cpu.index()).and_then(|slot| core::mem::replace(slot, state).current);
        Pick::Switch { from, to, slice_end: to.map(|_| slice_end) }
    }

    /// Hears that the registers of the vCPU that left `cpu` are saved: any CPU may take it now.
    pub fn settle(&mut self, cpu: CpuId) -> Decision {
        let Some(state) = self.cpus.get_mut(cpu.index()) else { return Decision::Nothing };
        let Some(id) = state.leaving.take() else { return Decision::Nothing };
        let requeue = core::mem::take(&mut state.requeue);
        let Ok(entity) = self.entity_mut(id) else { return Decision::Nothing };
        entity.place = Place::Asleep;
        entity.woken |= requeue;
        if entity.woken && entity.pauses == 0 {
            return self.enqueue(id);
        }
        Decision::Nothing
    }

    /// Returns what was added under a number.
    pub fn get(&self, id: EntityId) -> Option<&T> {
        self.entity(id).ok().map(|entity| &entity.vcpu)
    }

    /// Returns where a vCPU is.
    pub fn place(&self, id: EntityId) -> Option<Place> {
        self.entity(id).ok().map(|entity| entity.place)
    }

    /// Returns the vCPU that runs on a CPU.
    pub fn current(&self, cpu: CpuId) -> Option<EntityId> {
        self.cpus.get(cpu.index())?.current
    }

    /// Lists the vCPUs that wait for a CPU, the next one first.
    pub fn waiting(&self) -> impl Iterator<Item = EntityId> {
        self.queue.iter(&self.entities)
    }

    /// Tells whether the vCPU that runs has something to do, and whether it is paused.
    fn standing(&self, current: Option<EntityId>, want: Want) -> (bool, bool) {
        match current.map(|id| self.entity(id)) {
            Some(Ok(entity)) => (want != Want::Block || entity.woken, entity.pauses > 0),
            _ => (false, false),
        }
    }

    fn leave(&mut self, id: EntityId, cpu: CpuId) {
        if let Ok(entity) = self.entity_mut(id) {
            entity.place = Place::Leaving(cpu);
        }
    }

    /// Puts a vCPU at the queue's end and finds the CPU that comes for it.
    fn enqueue(&mut self, id: EntityId) -> Decision {
        let Ok(entity) = self.entity_mut(id) else { return Decision::Nothing };
        entity.place = Place::Queued;
        entity.woken = false;
        let last = entity.last_cpu;
        self.queue.push(&mut self.entities, id);
        let idle = |cpu: &CpuId| self.cpus.get(cpu.index()).is_some_and(Cpu::is_idle);
        let first = last.filter(idle).or_else(|| self.first(Cpu::is_idle));
        let Some(cpu) = first.or_else(|| self.first(Cpu::is_overrun)) else {
            return Decision::Nothing;
        };
        if let Some(state) = self.cpus.get_mut(cpu.index()) {
            state.kicked = true;
        }
        Decision::Kick(cpu)
    }

    fn first(&self, which: impl Fn(&Cpu) -> bool) -> Option<CpuId> {
        let index = self.cpus.iter().position(which)?;
        u16::try_from(index).ok().map(CpuId::new)
    }

    fn set_cpu(&mut self, cpu: CpuId, state: Cpu) {
        if let Some(slot) = self.cpus.get_mut(cpu.index()) {
            *slot = state;
        }
    }

    fn entity(&self, id: EntityId) -> Result<&Entity<T>, Error> {
        self.entities.get(id.index()).and_then(Option::as_ref).ok_or(Error::NoEntity)
    }

    fn entity_mut(&mut self, id: EntityId) -> Result<&mut Entity<T>, Error> {
        self.entities.get_mut(id.index()).and_then(Option::as_mut).ok_or(Error::NoEntity)
    }
}

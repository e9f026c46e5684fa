//! What the scheduler keeps of one vCPU.

use crate::cpu_set::CpuSet;
use crate::domain::Place as DomainSlot;
use crate::timing::charge;
use alloc::vec::Vec;
use core::num::NonZeroU32;
use core::ops::{Index, IndexMut};
use types::CpuId;

/// A vCPU's name in the scheduler; after its removal it names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EntityId {
    slot: Slot,
    generation: u32,
}

impl EntityId {
    /// Returns its place in the scheduler's table.
    pub const fn index(self) -> usize {
        self.slot.index()
    }
}

/// Where a vCPU is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It waits for nothing but [`crate::Scheduler::wake`].
    Asleep,
    /// It waits for a CPU.
    Queued,
    /// It has something to do, but its domain has used up its cap, or no CPU is free to be its own.
    Parked,
    /// It runs.
    Running(CpuId),
    /// It has stopped running there, and its registers are being saved.
    Leaving(CpuId),
}

/// A place in the table of vCPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Slot(NonZeroU32);

impl Slot {
    /// Returns the place with an index.
    pub(crate) fn at(index: usize) -> Option<Self> {
        u32::try_from(index).ok()?.checked_add(1).and_then(NonZeroU32::new).map(Self)
    }

    /// Returns the place as an index.
    pub(crate) const fn index(self) -> usize {
        (self.0.get() - 1) as usize
    }
}

/// One vCPU.
pub(crate) struct Entity<T> {
    /// What was added; `None` in a place that is free.
    pub(crate) vcpu: Option<T>,
    pub(crate) place: Place,
    /// It was woken while it ran or was leaving, or while it was paused.
    pub(crate) woken: bool,
    /// Its domain has a cap.
    pub(crate) capped: bool,
    /// Number of reasons for which it may not run.
    pub(crate) pauses: u32,
    /// The CPU it ran on last.
    pub(crate) last_cpu: Option<CpuId>,
    /// Its neighbours in a list.
    pub(crate) previous: Option<Slot>,
    pub(crate) next: Option<Slot>,
    /// Virtual time: how long it has run, the slower the heavier it is.
    pub(crate) vtime: u64,
    /// Virtual time of a tick.
    pub(crate) rate: u32,
    /// Its domain's weight.
    pub(crate) weight: u32,
    /// How far it may be ahead of one that waits, in virtual time.
    pub(crate) margin: u64,
    /// How far it may be behind or ahead of all others, in virtual time.
    pub(crate) slack: u64,
    /// Ticks that it took from its domain's budget.
    pub(crate) reserve: u64,
    /// The CPUs that take it.
    pub(crate) allowed: CpuSet,
    /// Those of them that it likes.
    pub(crate) preferred: CpuSet,
    /// What was asked for.
    pub(crate) affinity: Affinity,
    /// The CPU that it has for itself, where each has one vCPU.
    pub(crate) home: Option<CpuId>,
    /// Its domain.
    pub(crate) domain: DomainSlot,
    /// Number of vCPUs that had the place before.
    generation: u32,
}

/// On which CPUs a vCPU may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Affinity {
    /// It runs on these only; on any if none of them is online.
    pub hard: CpuSet,
    /// It likes these of them.
    pub soft: CpuSet,
    /// For a while it runs on these instead of `hard`.
    pub pinned: Option<CpuSet>,
}

impl Affinity {
    /// To run anywhere.
    pub const ANY: Self = Self { hard: CpuSet::ALL, soft: CpuSet::ALL, pinned: None };
}

/// The table of vCPUs.
pub(crate) struct Entities<T>(Vec<Entity<T>>);

impl<T> Entities<T> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Finds a place that is free, or makes one; `None` if there is no memory.
    pub(crate) fn free_slot(&mut self) -> Option<Slot> {
        if let Some(index) = self.0.iter().position(|entity| entity.vcpu.is_none()) {
            return Slot::at(index);
        }
        let slot = Slot::at(self.0.len())?;
        self.0.try_reserve(1).ok()?;
        self.0.push(Entity::free());
        Some(slot)
    }

    /// Finds the vCPU of a name.
    #[inline]
    pub(crate) fn find(&self, id: EntityId) -> Option<Slot> {
        let entity = self.0.get(id.slot.index())?;
        (entity.generation == id.generation).then_some(id.slot)
    }

    /// Returns the name of the vCPU at a place.
    #[inline]
    pub(crate) fn id(&self, slot: Slot) -> EntityId {
        EntityId { slot, generation: self[slot].generation }
    }

    /// Lists the places of all vCPUs.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> + use<T> {
        (0..self.0.len()).filter_map(Slot::at)
    }

    /// Lists all vCPUs.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entity<T>> {
        self.0.iter_mut().filter(|entity| entity.vcpu.is_some())
    }

    /// Takes a vCPU out: its name is never given again.
    pub(crate) fn vacate(&mut self, slot: Slot) -> Option<T> {
        let entity = &mut self[slot];
        let generation = entity.generation.wrapping_add(1);
        core::mem::replace(entity, Entity { generation, ..Entity::free() }).vcpu
    }
}

/// Every `Slot` that is made is of this table, which does not shrink.
impl<T> Index<Slot> for Entities<T> {
    type Output = Entity<T>;

    #[inline]
    fn index(&self, slot: Slot) -> &Entity<T> {
        &self.0[slot.index()]
    }
}

impl<T> IndexMut<Slot> for Entities<T> {
    #[inline]
    fn index_mut(&mut self, slot: Slot) -> &mut Entity<T> {
        &mut self.0[slot.index()]
    }
}

impl<T> Entity<T> {
    /// Adds to what it has run; it gets no further beyond `front` than its slack.
    #[inline]
    pub(crate) fn advance(&mut self, ran: u64, front: u64) {
        let vtime = self.vtime.saturating_add(charge(ran, self.rate));
        self.vtime = vtime.min(front.saturating_add(self.slack));
    }

    /// A place that no vCPU has.
    const fn free() -> Self {
        Self {
            vcpu: None,
            place: Place::Asleep,
            woken: false,
            capped: false,
            pauses: 0,
            last_cpu: None,
            previous: None,
            next: None,
            vtime: 0,
            rate: 0,
            weight: 0,
            margin: 0,
            slack: 0,
            reserve: 0,
            allowed: CpuSet::EMPTY,
            preferred: CpuSet::EMPTY,
            affinity: Affinity::ANY,
            home: None,
            domain: DomainSlot::FIRST,
            generation: 0,
        }
    }
}

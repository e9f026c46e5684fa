//! What the scheduler keeps of one vCPU.

use types::CpuId;

/// A vCPU's number in the scheduler, valid until it is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EntityId(u32);

impl EntityId {
    /// Makes the number of a slot.
    pub(crate) fn from_index(index: usize) -> Option<Self> {
        u32::try_from(index).ok().map(Self)
    }

    /// Returns the number as an array index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where a vCPU is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It waits for nothing but [`crate::Scheduler::wake`].
    Asleep,
    /// It waits for a CPU.
    Queued,
    /// It runs.
    Running(CpuId),
    /// It has stopped running there, and its registers are being saved.
    Leaving(CpuId),
}

/// One vCPU.
pub(crate) struct Entity<T> {
    pub(crate) vcpu: T,
    pub(crate) place: Place,
    /// It was woken while it ran or was leaving, or while it was paused.
    pub(crate) woken: bool,
    /// Number of reasons for which it may not run.
    pub(crate) pauses: u32,
    /// The CPU it ran on last.
    pub(crate) last_cpu: Option<CpuId>,
    /// The next in the queue.
    pub(crate) next: Option<EntityId>,
}

impl<T> Entity<T> {
    pub(crate) const fn new(vcpu: T) -> Self {
        Self { vcpu, place: Place::Asleep, woken: false, pauses: 0, last_cpu: None, next: None }
    }
}

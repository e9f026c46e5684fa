//! What the scheduler keeps of one physical CPU.

use crate::entity::Slot;

/// Later than any time.
pub(crate) const NEVER: u64 = u64::MAX;

/// One physical CPU.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cpu {
    /// The vCPU it runs.
    pub(crate) current: Option<Slot>,
    /// Until when that vCPU's time is accounted for.
    pub(crate) since: u64,
    /// Before that its vCPU is not taken away for another that has run less.
    pub(crate) open_at: u64,
    /// When it comes to a scheduling point by itself.
    pub(crate) timer: u64,
    /// The vCPU whose registers it saves.
    pub(crate) leaving: Option<Slot>,
    /// The leaving vCPU wants to run on.
    pub(crate) requeue: bool,
    /// Ticks that it idled until `since`.
    pub(crate) idle: u64,
    /// It was told to come to a scheduling point, and has not yet.
    pub(crate) called: bool,
}

impl Cpu {
    pub(crate) const NEW: Self = Self {
        current: None,
        since: 0,
        open_at: 0,
        timer: NEVER,
        leaving: None,
        requeue: false,
        called: false,
        idle: 0,
    };
}

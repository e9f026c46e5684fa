//! What the scheduler keeps of one physical CPU.

use crate::entity::EntityId;

/// One physical CPU.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cpu {
    /// It takes vCPUs.
    pub(crate) online: bool,
    /// The vCPU it runs.
    pub(crate) current: Option<EntityId>,
    /// When that vCPU's slice is over.
    pub(crate) slice_end: u64,
    /// The slice was over when last looked at, and nobody waited.
    pub(crate) overrun: bool,
    /// The vCPU whose registers it saves.
    pub(crate) leaving: Option<EntityId>,
    /// The leaving vCPU wants to run on.
    pub(crate) requeue: bool,
    /// It was told to come and pick because somebody waits.
    pub(crate) kicked: bool,
}

impl Cpu {
    /// Tells whether it idles and nobody has told it of work.
    pub(crate) const fn is_idle(&self) -> bool {
        self.online && self.current.is_none() && !self.kicked
    }

    /// Tells whether its vCPU has had its slice and nobody has told it that another waits.
    pub(crate) const fn is_overrun(&self) -> bool {
        self.current.is_some() && self.overrun && !self.kicked
    }
}

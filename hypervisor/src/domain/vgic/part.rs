//! A vCPU's part of its domain's controller.

use crate::machine::sync::{OwnerLock, rank};
use core::sync::atomic::{AtomicBool, Ordering};
use vgic::{Mailbox, VcpuGic};

/// What one vCPU has of the controller.
///
/// Nearly always it is the CPU which runs the vCPU that takes the lock; another vCPU does so for an access
/// to this one's redistributor.
pub struct Part {
    /// Something was posted, or is left to do: one of two loads before the guest goes on.
    dirty: AtomicBool,
    mailbox: Mailbox,
    state: OwnerLock<VcpuGic, { rank::VGIC_CPU }>,
}

impl Part {
    /// Makes it of the state at reset.
    pub const fn new(state: VcpuGic) -> Self {
        Self { dirty: AtomicBool::new(false), mailbox: Mailbox::new(), state: OwnerLock::new(state) }
    }

    /// Returns where others post.
    #[inline]
    pub const fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// Runs `f` on the state, locked.
    #[inline]
    pub(super) fn with<R>(&self, f: impl FnOnce(&mut VcpuGic) -> R) -> R {
        let mut state = self.state.lock();
        let result = f(&mut state);
        self.dirty.store(state.is_dirty(), Ordering::Relaxed);
        result
    }

    /// Tells whether there is something to do before the vCPU goes on.
    #[inline]
    pub fn wants_flush(&self) -> bool {
        self.dirty.load(Ordering::Relaxed) || self.mailbox.is_signalled()
    }
}

//! In which execution state a domain's vCPUs start.

use super::Domain;
use crate::arch::sysreg;
use arm_spec::Width;
use core::sync::atomic::{AtomicBool, Ordering};

/// The execution state of a domain's vCPUs: the hypervisor's own, until [`Domain::set_width`].
#[derive(Debug)]
pub struct Execution {
    is_a32: AtomicBool,
}

impl Default for Execution {
    fn default() -> Self {
        Self { is_a32: AtomicBool::new(sysreg::OWN_WIDTH == Width::A32) }
    }
}

/// No CPU of this machine runs guests' kernels in that execution state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported;

impl Domain {
    /// Returns the execution state in which the domain's vCPUs start.
    pub fn width(&self) -> Width {
        if self.execution.is_a32.load(Ordering::Relaxed) { Width::A32 } else { Width::A64 }
    }

    /// Chooses the execution state of vCPUs that start from now on: those that have started keep theirs.
    ///
    /// # Errors
    /// [`Unsupported`].
    pub fn set_width(&self, width: Width) -> Result<(), Unsupported> {
        if !sysreg::runs(width) {
            return Err(Unsupported);
        }
        self.execution.is_a32.store(width == Width::A32, Ordering::Relaxed);
        Ok(())
    }
}

//! What the kernel has to do after an operation.

use types::{IntId, VcpuId};

/// A set of vCPUs of one domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct VcpuSet(u128);

impl VcpuSet {
    /// No vCPU.
    pub const EMPTY: Self = Self(0);

    /// Adds one.
    #[inline]
    pub fn insert(&mut self, vcpu: VcpuId) {
        self.0 |= 1u128.wrapping_shl(u32::from(vcpu.raw()));
    }

    /// Tells whether one is in the set.
    #[inline]
    pub const fn contains(&self, vcpu: VcpuId) -> bool {
        self.0 & 1u128.wrapping_shl(vcpu.raw() as u32) != 0
    }

    /// Tells whether there is none.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.0 == 0
    }

    /// Adds all of another set.
    #[inline]
    pub fn extend(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl Iterator for VcpuSet {
    type Item = VcpuId;

    #[inline]
    fn next(&mut self) -> Option<VcpuId> {
        if self.0 == 0 {
            return None;
        }
        let first = self.0.trailing_zeros();
        self.0 &= self.0.wrapping_sub(1);
        u16::try_from(first).ok().map(VcpuId::new)
    }
}

/// A change that physical interrupts behind forwarded SPIs need. `base` is a multiple of 32, and
/// bit n of a mask is the guest's interrupt `base + n`; every bit in it is a forwarded SPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum PhysOp {
    /// None.
    #[default]
    None,
    /// Enable them.
    Enable {
        /// First identifier of the word.
        base: IntId,
        /// Which.
        mask: u32,
    },
    /// Disable them.
    Disable {
        /// First identifier of the word.
        base: IntId,
        /// Which.
        mask: u32,
    },
    /// Make them pending.
    SetPending {
        /// First identifier of the word.
        base: IntId,
        /// Which.
        mask: u32,
    },
    /// Make them not pending, then deactivate those in `deactivate`.
    ClearPending {
        /// First identifier of the word.
        base: IntId,
        /// Which.
        mask: u32,
        /// Those that had been acknowledged for the guest and will now not be delivered.
        deactivate: u32,
    },
    /// Make them active.
    SetActive {
        /// First identifier of the word.
        base: IntId,
        /// Which.
        mask: u32,
    },
    /// Deactivate them.
    ClearActive {
        /// First identifier of the word.
        base: IntId,
        /// Which.
        mask: u32,
    },
    /// Send them to the CPUs where [`Distributor::home`](crate::Distributor::home) now runs.
    Retarget {
        /// First identifier of the word.
        base: IntId,
        /// Which.
        mask: u32,
    },
    /// Change their trigger: edge where `edges` has the bit, else level.
    Trigger {
        /// First identifier of the word.
        base: IntId,
        /// Which.
        mask: u32,
        /// The new triggers.
        edges: u32,
    },
}

impl PhysOp {
    /// Tells whether there is nothing to do.
    pub const fn is_empty(&self) -> bool {
        match self {
            Self::None => true,
            Self::Enable { mask, .. }
            | Self::Disable { mask, .. }
            | Self::SetPending { mask, .. }
            | Self::ClearPending { mask, .. }
            | Self::SetActive { mask, .. }
            | Self::ClearActive { mask, .. }
            | Self::Retarget { mask, .. }
            | Self::Trigger { mask, .. } => *mask == 0,
        }
    }
}

/// What is left to do after an operation, once the locks are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[must_use = "a kick not performed is an interrupt lost"]
pub struct Effects {
    /// vCPUs in whose mailbox something was posted: wake them, or interrupt the CPU they run on.
    /// The calling vCPU may be among them; it only needs to flush.
    pub kick: VcpuSet,
    /// The change of physical interrupts behind forwarded SPIs.
    pub phys: PhysOp,
    /// Forwarded PPIs of this CPU to deactivate: they were acknowledged for the guest and will
    /// not be delivered.
    pub deactivate_ppis: u32,
}

impl Effects {
    /// Nothing to do.
    pub const NONE: Self = Self { kick: VcpuSet::EMPTY, phys: PhysOp::None, deactivate_ppis: 0 };

    /// Tells whether there is nothing to do.
    #[inline]
    pub const fn is_none(&self) -> bool {
        self.kick.is_empty() && self.deactivate_ppis == 0 && matches!(self.phys, PhysOp::None)
    }
}

/// The answer of an access that may depend on another CPU's list registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// The value read.
    Value(u64),
    /// The state is in list registers of vCPUs that run elsewhere: kick them and let the guest
    /// execute the instruction again, without waiting.
    Retry(VcpuSet),
}

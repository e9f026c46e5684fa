//! A domain's interrupt controller: the glue between crates/vgic and the host's GIC.
//!
//! Only the CPU that runs a vCPU touches its list registers; everyone else posts to its mailbox and
//! wakes it. [`DomainVgic`] is what a domain's vCPUs share, [`Part`] what one has alone. Submodules:
//! `access` (trapped accesses), `deliver` (interrupts), `flush` (before the guest goes on), `place` (a vCPU
//! changes its CPU), `effects` (what operations leave to do), `host` (the ports of crates/vgic).
//! Lock ranks: VGIC_DIST before VGIC_CPU; effects are performed after unlock.

mod access;
mod deliver;
mod effects;
mod flush;
mod host;
mod part;
mod place;

use crate::machine::sync::{Lock, rank};
use alloc::vec::Vec;
use arm_spec::gic::gicr;
use types::{IntId, Ipa, IpaRange, VcpuId};

pub use access::{Done, read, read_own_word, read_word, sgi_register, write, write_word};
pub use deliver::{
    inject_forwarded_ppi, inject_forwarded_spi, maintenance, post_ppi, raise_own_ppi, set_own_ppi_line,
    set_spi_line,
};
pub use flush::{flush, has_deliverable};
pub use part::Part;
pub use place::{switch_in, switch_out};
pub use vgic::{Access, Distributor, Error, Level, Model, Place, VcpuGic, Version, Width};

/// Where the controller's frames lie in a domain's addresses.
#[derive(Debug)]
pub enum Frames {
    /// GICv2: the distributor; GICC is the hardware's GICV.
    V2 {
        /// GICD.
        gicd: IpaRange,
    },
    /// GICv3.
    V3 {
        /// GICD.
        gicd: IpaRange,
        /// Redistributor regions with their stride, vCPU after vCPU.
        redistributors: Vec<(IpaRange, u64)>,
    },
}

/// What the vCPUs of a domain share of their interrupt controller.
pub struct DomainVgic {
    /// Version and size.
    pub model: Model,
    /// Where it is.
    pub frames: Frames,
    /// Where the distributor is.
    gicd: IpaRange,
    /// Where the redistributor of vCPU 0 is and, as a power of two, how far the next one is; the end of
    /// those that follow so.
    redistributors: (u64, u32, u64),
    dist: Lock<Distributor, { rank::VGIC_DIST }>,
}

/// A frame of the controller, as an access hits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The distributor.
    Distributor,
    /// The redistributor of a vCPU.
    Redistributor(VcpuId),
}

/// The domain uses the interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InUse;

impl DomainVgic {
    /// Makes a controller with all interrupts off.
    ///
    /// # Errors
    /// If memory is short.
    pub fn new(model: Model, frames: Frames) -> Result<Self, vgic::Error> {
        let (Frames::V2 { gicd } | Frames::V3 { gicd, .. }) = &frames;
        let gicd = *gicd;
        let first = match &frames {
            Frames::V3 { redistributors, .. } => redistributors.first(),
            Frames::V2 { .. } => None,
        };
        let redistributors = match first {
            Some((region, stride)) if stride.is_power_of_two() => {
                (region.start().raw(), stride.trailing_zeros(), region.end().raw())
            }
            _ => (0, 0, 0),
        };
        Ok(Self { model, gicd, redistributors, frames, dist: Lock::new(Distributor::new(model)?) })
    }

    /// Returns the offset into the first frame of a vCPU's redistributor of an address in it, where that is
    /// found without a search.
    #[inline]
    pub fn redistributor_offset(&self, ipa: Ipa, vcpu: VcpuId) -> Option<u32> {
        let (first, shift, end) = self.redistributors;
        let offset = ipa.raw().wrapping_sub(first + (u64::from(vcpu.raw()) << shift));
        if ipa.raw() < end && offset < gicr::SGI_BASE.into() { u32::try_from(offset).ok() } else { None }
    }

    /// Returns the offset into the distributor's frame of an address in it.
    #[inline]
    pub fn distributor_offset(&self, ipa: Ipa) -> Option<u32> {
        let offset = ipa.raw().wrapping_sub(self.gicd.start().raw());
        if offset < self.gicd.len_bytes() { u32::try_from(offset).ok() } else { None }
    }

    /// Finds the frame at an address, and the offset into it.
    pub fn frame_at(&self, ipa: Ipa) -> Option<(Frame, u32)> {
        if let Some(offset) = self.distributor_offset(ipa) {
            return Some((Frame::Distributor, offset));
        }
        let Frames::V3 { redistributors, .. } = &self.frames else { return None };
        let mut first = 0;
        for (region, stride) in redistributors {
            if region.contains(ipa) {
                let (number, offset) = divided(ipa.raw() - region.start().raw(), *stride);
                let vcpu = u16::try_from(first + number).ok()?;
                let exists = vcpu < u16::from(self.model.vcpus());
                let offset = u32::try_from(offset).ok()?;
                return exists.then_some((Frame::Redistributor(VcpuId::new(vcpu)), offset));
            }
            first += divided(region.len_bytes(), *stride).0;
        }
        None
    }

    /// Makes a physical SPI the domain's own, under the same number.
    ///
    /// # Errors
    /// If the controller has no such SPI.
    pub fn forward(&self, spi: IntId) -> Result<(), vgic::Error> {
        self.dist.lock().forward(spi, spi)
    }

    /// Takes a physical SPI that the domain does not use from it.
    ///
    /// # Errors
    /// If the domain has enabled it, or has not ended it yet.
    pub fn unforward(&self, spi: IntId) -> Result<(), InUse> {
        let mut dist = self.dist.lock();
        if dist.is_enabled(spi) || dist.is_in_flight(spi) {
            return Err(InUse);
        }
        dist.unforward(spi).map_err(|_| InUse)
    }

    /// Tells whether the controller has an SPI that stands for no physical one.
    pub fn has_free(&self, spi: IntId) -> bool {
        spi.raw() < arm_spec::gic::PRIVATE + self.model.spis() && self.dist.lock().physical(spi).is_none()
    }
}

/// Returns quotient and rest; a stride is nearly always a power of two.
#[inline]
fn divided(bytes: u64, stride: u64) -> (u64, u64) {
    if stride.is_power_of_two() {
        (bytes >> stride.trailing_zeros(), bytes & (stride - 1))
    } else {
        (bytes / stride, bytes % stride)
    }
}

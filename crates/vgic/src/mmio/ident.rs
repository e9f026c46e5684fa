//! What never changes: TYPER, IIDR and the identification registers.

use super::{Access, Width};
use crate::{Model, Version};
use arm_spec::gic::gicd;

/// GICD_IIDR of a GIC-400 r0p1 (Arm DDI 0471B 3.3).
const IIDR_GIC400: u32 = 0x0200_143b;
/// GICD_IIDR and GICR_IIDR of a GIC-500 r0p0 (Arm DDI 0516E 3.3).
pub(super) const IIDR_GIC500: u32 = 0x0000_043b;

/// Which frame's part number.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Gic400,
    Gic500Distributor,
    Gic500Redistributor,
}

/// Returns an identification register, counted from PIDR4: PIDR4-7, PIDR0-3, CIDR0-3.
pub(super) const fn id_register(part: Part, index: u32) -> u32 {
    match (index, part) {
        (0, Part::Gic400) => 0x04,
        (0, _) => 0x44,
        (4, Part::Gic400) => 0x90,
        (4, Part::Gic500Distributor) => 0x92,
        (4, Part::Gic500Redistributor) => 0x93,
        (5, _) => 0xb4,
        // PIDR2: architecture version in bits 7:4.
        (6, Part::Gic400) => 0x2b,
        (6, _) => 0x3b,
        (8, _) => 0x0d,
        (9, _) => 0xf0,
        (10, _) => 0x05,
        (11, _) => 0xb1,
        _ => 0,
    }
}

impl Model {
    /// Answers a read of a GICD register that never changes, which needs no lock, or `None`.
    #[inline]
    pub fn identify(&self, access: Access) -> Option<u64> {
        if access.width != Width::Word {
            return None;
        }
        self.constant(access.offset).map(u64::from)
    }

    #[inline]
    pub(super) fn constant(&self, reg: u32) -> Option<u32> {
        match (reg, self.version()) {
            (gicd::TYPER, _) => Some(self.typer()),
            (gicd::IIDR, Version::V2) => Some(IIDR_GIC400),
            (gicd::IIDR, Version::V3) => Some(IIDR_GIC500),
            (gicd::IDREGS_V2..=0x0fff, Version::V2) => {
                Some(id_register(Part::Gic400, reg.wrapping_sub(gicd::IDREGS_V2) >> 2))
            }
            (gicd::IDREGS_V3..=0xffff, Version::V3) => {
                Some(id_register(Part::Gic500Distributor, reg.wrapping_sub(gicd::IDREGS_V3) >> 2))
            }
            _ => None,
        }
    }
}

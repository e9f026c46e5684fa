//! The memory-mapped registers: GICD of both versions, GICR of version 3.
//!
//! An access is brought down to an aligned 32-bit register and the lanes of it that are meant.
//! What no register answers reads as zero and ignores writes, as do sizes that a register does not
//! have (GIC IHI 0069H 12.1.3: such accesses are CONSTRAINED UNPREDICTABLE, RAZ/WI being one of the
//! behaviours allowed). Version 2 takes a narrow access to any register as one to its lanes.
//!
//! Submodules: `gicd` and `gicr` (the frames), `alone` (what needs no vCPU), `ident` (what never changes),
//! `private` and `shared` (the registers with a bit or a byte for each interrupt), `sgi` (version 2's).

mod alone;
mod gicd;
mod gicr;
mod ident;
mod private;
mod sgi;
mod shared;

use crate::Version;
use arm_spec::gic::gicd as reg;

/// The size of an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// 8 bits.
    Byte,
    /// 16 bits.
    Half,
    /// 32 bits.
    Word,
    /// 64 bits.
    Double,
}

/// An access to a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Bytes from the start of the frame.
    pub offset: u32,
    /// The size.
    pub width: Width,
}

/// An aligned 32-bit register and the bits of it that an access means.
#[derive(Clone, Copy)]
struct Lane {
    reg: u32,
    shift: u32,
    mask: u32,
}

impl Access {
    /// Returns the lanes, or `None` for a size or alignment that the register does not take.
    #[inline]
    fn lane(self, version: Version) -> Option<Lane> {
        let (reg, low) = (self.offset & !3, self.offset & 3);
        let narrow = match self.width {
            Width::Word if low == 0 => return Some(Lane { reg, shift: 0, mask: !0 }),
            Width::Byte => 0xff,
            Width::Half if low & 1 == 0 => 0xffff,
            _ => return None,
        };
        let bytewise = (reg::IPRIORITYR..reg::ICFGR).contains(&reg) && self.width == Width::Byte;
        (version == Version::V2 || bytewise).then(|| {
            let shift = low << 3;
            Lane { reg, shift, mask: u32::wrapping_shl(narrow, shift) }
        })
    }
}

impl Lane {
    /// Takes the lanes out of the register's value.
    #[inline]
    fn extract(self, value: u32) -> u64 {
        u64::from((value & self.mask).wrapping_shr(self.shift))
    }

    /// Puts what is written into the lanes.
    #[inline]
    fn insert(self, value: u64) -> u32 {
        crate::bits::low32(value).wrapping_shl(self.shift) & self.mask
    }
}

/// The registers with a bit for each interrupt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bank {
    Group,
    SetEnable,
    ClearEnable,
    SetPending,
    ClearPending,
    SetActive,
    ClearActive,
}

impl Bank {
    /// Returns the bank that has a register, from IGROUPR to ICACTIVER.
    #[inline]
    const fn of(reg: u32) -> Option<Self> {
        match reg & !0x7f {
            reg::IGROUPR => Some(Self::Group),
            reg::ISENABLER => Some(Self::SetEnable),
            reg::ICENABLER => Some(Self::ClearEnable),
            reg::ISPENDR => Some(Self::SetPending),
            reg::ICPENDR => Some(Self::ClearPending),
            reg::ISACTIVER => Some(Self::SetActive),
            reg::ICACTIVER => Some(Self::ClearActive),
            _ => None,
        }
    }
}

/// Returns which 32 interrupts a register of a bank is about.
#[inline]
const fn bank_word(reg: u32) -> u32 {
    reg >> 2 & 0x1f
}

/// Replaces the bits of `mask` by those of `value`.
#[inline]
const fn replaced(old: u32, value: u32, mask: u32) -> u32 {
    (old & !mask) | (value & mask)
}

//! A list register's content, apart from its encoding.
//!
//! [`Lr`] has what both versions can hold. `encode_*` and `decode_*` are exact inverses for every
//! value that the version can express.

use super::SGIS;
use types::IntId;

/// The state of the interrupt in a list register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LrState {
    /// The register is empty.
    #[default]
    Invalid,
    /// Waiting to be acknowledged.
    Pending,
    /// Acknowledged, not yet deactivated.
    Active,
    /// Acknowledged, and waiting again.
    ActivePending,
}

impl LrState {
    /// Tells whether the guest may still acknowledge it.
    #[inline]
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::Pending | Self::ActivePending)
    }

    /// Tells whether the guest has acknowledged and not deactivated it.
    #[inline]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Active | Self::ActivePending)
    }

    /// Makes the state from its two halves.
    #[inline]
    pub const fn from_halves(pending: bool, active: bool) -> Self {
        match (pending, active) {
            (false, false) => Self::Invalid,
            (true, false) => Self::Pending,
            (false, true) => Self::Active,
            (true, true) => Self::ActivePending,
        }
    }

    const fn bits(self) -> u32 {
        match self {
            Self::Invalid => 0,
            Self::Pending => 1,
            Self::Active => 2,
            Self::ActivePending => 3,
        }
    }

    const fn from_bits(bits: u32) -> Self {
        Self::from_halves(bits & 1 != 0, bits & 2 != 0)
    }
}

/// What stands behind a virtual interrupt, and what its deactivation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nothing physical; version 2 shows `source`, the requesting CPU, with an SGI.
    Software {
        /// CPU number of an SGI's sender on version 2, else 0.
        source: u8,
        /// Whether deactivation raises the maintenance interrupt.
        eoi: bool,
    },
    /// A physical interrupt, which the guest's deactivation deactivates too.
    Hardware {
        /// The physical identifier.
        pintid: u16,
    },
}

impl Default for Origin {
    fn default() -> Self {
        Self::Software { source: 0, eoi: false }
    }
}

/// One list register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Lr {
    /// The identifier that the guest sees.
    pub intid: IntId,
    /// The priority, of which version 2 keeps the upper five bits.
    pub priority: u8,
    /// Whether it is of group 1.
    pub group1: bool,
    /// Where it stands.
    pub state: LrState,
    /// What it stands for.
    pub origin: Origin,
}

const V2_EOI: u32 = 1 << 19;
const V2_GRP1: u32 = 1 << 30;
const V2_HW: u32 = 1 << 31;
const V3_EOI: u64 = 1 << 41;
const V3_GROUP: u64 = 1 << 60;
const V3_HW: u64 = 1 << 61;

impl Lr {
    /// An empty list register, all zero in either version.
    pub const EMPTY: Self = Self {
        intid: IntId::new(0),
        priority: 0,
        group1: false,
        state: LrState::Invalid,
        origin: Origin::Software { source: 0, eoi: false },
    };

    /// Encodes for version 2 (GIC IHI 0048B.b 5.3.11, GICH_LRn).
    #[inline]
    pub const fn encode_v2(self) -> u32 {
        let common = (self.intid.raw() & 0x3ff)
            | ((self.priority as u32) >> 3 << 23)
            | (self.state.bits() << 28)
            | if self.group1 { V2_GRP1 } else { 0 };
        match self.origin {
            Origin::Software { source, eoi } => {
                common | (((source & 7) as u32) << 10) | if eoi { V2_EOI } else { 0 }
            }
            Origin::Hardware { pintid } => common | V2_HW | (((pintid & 0x3ff) as u32) << 10),
        }
    }

    /// Decodes a register of version 2 (GIC IHI 0048B.b 5.3.11, GICH_LRn).
    #[inline]
    pub const fn decode_v2(raw: u32) -> Self {
        let origin = if raw & V2_HW != 0 {
            Origin::Hardware { pintid: low16(raw >> 10 & 0x3ff) }
        } else {
            Origin::Software { source: low8(raw >> 10 & 7), eoi: raw & V2_EOI != 0 }
        };
        Self {
            intid: IntId::new(raw & 0x3ff),
            priority: low8(raw >> 23 << 3 & 0xf8),
            group1: raw & V2_GRP1 != 0,
            state: LrState::from_bits(raw >> 28 & 3),
            origin,
        }
    }

    /// Tells whether a register of version 2 has a hardware interrupt that has not been deactivated.
    #[inline]
    pub const fn is_forwarded_v2(raw: u32) -> bool {
        raw & V2_HW != 0 && raw >> 28 & 3 != 0
    }

    /// Encodes for version 3, which has no source CPUs (GIC IHI 0069H 12.4.5, ICH_LR<n>_EL2).
    #[inline]
    pub const fn encode_v3(self) -> u64 {
        let high = ((self.priority as u64) << 48) | ((self.state.bits() as u64) << 62);
        let common = self.intid.raw() as u64 | high | if self.group1 { V3_GROUP } else { 0 };
        match self.origin {
            Origin::Software { eoi, .. } => common | if eoi { V3_EOI } else { 0 },
            Origin::Hardware { pintid } => common | V3_HW | (((pintid & 0x1fff) as u64) << 32),
        }
    }

    /// Decodes a register of version 3 (GIC IHI 0069H 12.4.5, ICH_LR<n>_EL2).
    #[inline]
    pub const fn decode_v3(raw: u64) -> Self {
        let origin = if raw & V3_HW != 0 {
            Origin::Hardware { pintid: low16(high(raw) & 0x1fff) }
        } else {
            Origin::Software { source: 0, eoi: raw & V3_EOI != 0 }
        };
        Self {
            intid: IntId::new(low(raw)),
            priority: low8(high(raw) >> 16 & 0xff),
            group1: raw & V3_GROUP != 0,
            state: LrState::from_bits(high(raw) >> 30),
            origin,
        }
    }

    /// Tells whether its deactivation raises the maintenance interrupt.
    #[inline]
    pub const fn asks_at_end(self) -> bool {
        matches!(self.origin, Origin::Software { eoi: true, .. })
    }

    /// Tells whether the interrupt is an SGI.
    #[inline]
    pub const fn is_sgi(self) -> bool {
        self.intid.raw() < SGIS
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the caller masked it")]
const fn low8(value: u32) -> u8 {
    value as u8
}

#[expect(clippy::cast_possible_truncation, reason = "the caller masked it")]
const fn low16(value: u32) -> u16 {
    value as u16
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
const fn low(value: u64) -> u32 {
    value as u32
}

const fn high(value: u64) -> u32 {
    (value >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lr(state: LrState, origin: Origin) -> Lr {
        Lr { intid: IntId::new(27), priority: 0xa0, group1: true, state, origin }
    }

    #[test]
    fn encodes_as_the_manuals_draw_it() {
        let hw = lr(LrState::Pending, Origin::Hardware { pintid: 27 });
        assert_eq!(hw.encode_v2(), 0xda00_6c1b);
        assert_eq!(hw.encode_v3(), 0x70a0_001b_0000_001b);
        let sw = lr(LrState::ActivePending, Origin::Software { source: 5, eoi: true });
        assert_eq!(sw.encode_v2(), 0x7a08_141b);
        assert_eq!(sw.encode_v3(), 0xd0a0_0200_0000_001b);
        assert_eq!((Lr::EMPTY.encode_v2(), Lr::EMPTY.encode_v3()), (0, 0));
    }

    #[test]
    fn decodes_what_it_encodes() {
        for state in [LrState::Invalid, LrState::Pending, LrState::Active, LrState::ActivePending] {
            for origin in [
                Origin::Hardware { pintid: 1019 },
                Origin::Software { source: 0, eoi: true },
                Origin::Software { source: 0, eoi: false },
            ] {
                let lr = lr(state, origin);
                assert_eq!(Lr::decode_v2(lr.encode_v2()), lr);
                let forwarded = lr.state != LrState::Invalid && matches!(lr.origin, Origin::Hardware { .. });
                assert_eq!(Lr::is_forwarded_v2(lr.encode_v2()), forwarded);
                assert_eq!(Lr::decode_v3(lr.encode_v3()), lr);
            }
        }
        let sgi = lr(LrState::Pending, Origin::Software { source: 7, eoi: false });
        assert_eq!(Lr::decode_v2(sgi.encode_v2()), sgi);
    }
}

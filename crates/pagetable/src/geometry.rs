//! The shape of a tree: input bits, start level, root tables.

use arm_spec::lpae::{self, ENTRIES};
use types::PAGE_SHIFT;

/// The shape of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    input_bits: u8,
    start_level: u8,
    root_tables: u8,
}

impl Geometry {
    /// EL2 stage 1 on arm64: 48-bit VA from level 0.
    pub const EL2_ARM64: Self = Self { input_bits: 48, start_level: 0, root_tables: 1 };
    /// Hyp stage 1 on arm32: 32-bit VA, four entries at level 1.
    pub const EL2_ARM32: Self = Self { input_bits: 32, start_level: 1, root_tables: 1 };
    /// Stage 2 on arm32: 40-bit IPA from two concatenated level-1 tables (VTCR T0SZ 0x18, SL0 1).
    pub const STAGE2_ARM32: Self = Self { input_bits: 40, start_level: 1, root_tables: 2 };

    /// Makes the shape for `input_bits` starting at `start_level`, or `None` if no hardware has it.
    ///
    /// The root is then the power of two of concatenated tables, at most 16, that the bits above a
    /// table's nine ask for (Arm ARM DDI 0487J D8.2.2, D8.2.9).
    pub const fn new(input_bits: u8, start_level: u8) -> Option<Self> {
        if start_level > 2 || input_bits > 48 {
            return None;
        }
        let shift = lpae::level_shift(start_level);
        let bits = input_bits as u32;
        if bits <= shift || bits > shift + 9 + 4 {
            return None;
        }
        let root_tables = if bits > shift + 9 { 1 << (bits - shift - 9) } else { 1 };
        Some(Self { input_bits, start_level, root_tables })
    }

    /// Returns arm64's stage-2 shape for a CPU with `pa_bits` of physical address.
    ///
    /// 52 bits give the 48-bit shape: with the 4 KiB granule more needs FEAT_LPA2's descriptors.
    /// An unknown size gives the next smaller known one.
    pub const fn stage2_arm64(pa_bits: u8) -> Self {
        let (input_bits, start_level, root_tables) = match pa_bits {
            48.. => (48, 0, 1),
            44.. => (44, 0, 1),
            42.. => (42, 1, 8),
            40.. => (40, 1, 2),
            36.. => (36, 1, 1),
            _ => (32, 1, 1),
        };
        Self { input_bits, start_level, root_tables }
    }

    /// Returns the number of bits of an input address.
    pub const fn input_bits(&self) -> u8 {
        self.input_bits
    }

    /// Returns the level of the root tables.
    pub const fn start_level(&self) -> u8 {
        self.start_level
    }

    /// Returns how many concatenated tables the root has, a power of two.
    pub const fn root_tables(&self) -> usize {
        self.root_tables as usize
    }

    /// Returns the size of the root, to which it must also be aligned.
    pub const fn root_bytes(&self) -> u64 {
        (self.root_tables as u64) << PAGE_SHIFT
    }

    /// Returns the number of root entries in use.
    pub const fn root_entries(&self) -> usize {
        let entries = 1 << (self.input_bits as u32 - lpae::level_shift(self.start_level));
        debug_assert!(entries <= ENTRIES * self.root_tables as usize);
        entries
    }

    /// Returns the number of input addresses, exclusive end of the last.
    pub const fn input_end(&self) -> u64 {
        1 << self.input_bits
    }
}

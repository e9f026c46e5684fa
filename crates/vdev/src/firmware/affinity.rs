//! A CPU's name in PSCI.

/// The affinity fields of an MPIDR (Arm ARM DDI 0487J D19.2.98), as PSCI's `target_cpu`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Affinity(u64);

impl Affinity {
    /// The fields Aff0-Aff3 in a 64-bit function's argument.
    const MASK_64: u64 = 0xff_00ff_ffff;
    /// The fields Aff0-Aff2 in a 32-bit function's argument.
    const MASK_32: u64 = 0xff_ffff;

    /// Takes a 64-bit function's argument, or returns `None` if other bits are set.
    pub const fn from_arg64(arg: u64) -> Option<Self> {
        if arg & !Self::MASK_64 == 0 { Some(Self(arg)) } else { None }
    }

    /// Takes a 32-bit function's argument, or returns `None` if other bits are set.
    pub const fn from_arg32(arg: u32) -> Option<Self> {
        if arg as u64 & !Self::MASK_32 == 0 { Some(Self(arg as u64)) } else { None }
    }

    /// Returns the fields where an MPIDR has them.
    pub const fn mpidr(self) -> u64 {
        self.0
    }

    /// Returns the fields packed, Aff3 to Aff0 from the top byte down.
    pub const fn packed(self) -> u32 {
        super::low32(self.0 & Self::MASK_32 | self.0 >> 8 & 0xff00_0000)
    }
}

//! The two execution states.

/// An execution state, named by its instruction set (Arm ARM DDI 0487J A1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// AArch64: registers of 64 bits, A64.
    A64,
    /// AArch32: registers of 32 bits, A32 and T32.
    A32,
}

impl Width {
    /// Returns the bits of a general register.
    pub const fn bits(self) -> u32 {
        match self {
            Self::A64 => 64,
            Self::A32 => 32,
        }
    }
}

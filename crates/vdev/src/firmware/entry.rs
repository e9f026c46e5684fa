//! Where a vCPU that PSCI turns on begins.

use super::Caller;
use types::Ipa;

/// An entry address and the instruction set there; the vCPU starts in its caller's execution state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryPoint {
    /// AArch64.
    A64(Ipa),
    /// AArch32, A32 instructions.
    A32(Ipa),
    /// AArch32, T32 instructions: bit 0 of the address was set.
    T32(Ipa),
}

impl EntryPoint {
    /// Takes a caller's argument, or returns `None` if it is not aligned (DEN 0022E 5.6.2: for an
    /// AArch32 caller bit 0 selects T32).
    pub const fn new(caller: Caller, address: u64) -> Option<Self> {
        match (caller, address & 3) {
            (Caller::A64, 0) => Some(Self::A64(Ipa::new(address))),
            (Caller::A32, 0) => Some(Self::A32(Ipa::new(address))),
            (Caller::A32, 1 | 3) => Some(Self::T32(Ipa::new(address & !1))),
            _ => None,
        }
    }

    /// Returns the address of the first instruction.
    pub const fn address(self) -> Ipa {
        match self {
            Self::A64(address) | Self::A32(address) | Self::T32(address) => address,
        }
    }
}

//! The two execution states.

use crate::a32::{MODE_ABT, MODE_FIQ, MODE_IRQ, MODE_SVC, MODE_SYS, MODE_UND, MODE_USR, PSR_MODE};

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

    /// Tells whether SPSR_EL2 (SPSR_hyp) may hold this state when a guest of that width runs: a mode of EL1 or
    /// EL0. Another would make the exception return illegal (Arm ARM DDI 0487J D1.4.3).
    pub const fn allows_state(self, state: u64) -> bool {
        match self {
            Self::A64 => matches!(state & 0x1f, 0b0_0000 | 0b0_0100 | 0b0_0101),
            Self::A32 => matches!(
                (state & 0xffff_ffff) as u32 & PSR_MODE,
                MODE_USR | MODE_FIQ | MODE_IRQ | MODE_SVC | MODE_ABT | MODE_UND | MODE_SYS
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    #[test]
    fn a_guest_has_the_modes_of_its_own_width_below_the_hypervisor() {
        let allowed = |width: Width| (0..32).filter(|mode| width.allows_state(*mode)).collect::<Vec<_>>();
        // EL0t, EL1t, EL1h; no EL2, no EL3, no reserved one.
        assert_eq!(allowed(Width::A64), [0, 4, 5]);
        // No Monitor mode (0x16), no Hyp mode (0x1a).
        assert_eq!(allowed(Width::A32), [0x10, 0x11, 0x12, 0x13, 0x17, 0x1b, 0x1f]);
        assert!(Width::A64.allows_state(0x3c5) && Width::A32.allows_state(0x1d3));
    }
}

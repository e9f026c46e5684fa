//! How AArch64 sees what belongs to AArch32 (Arm ARM DDI 0487J D1.7.1, and SPSR_EL2 for AArch32).

use super::{MODE_ABT, MODE_FIQ, MODE_HYP, MODE_IRQ, MODE_SVC, MODE_UND, Psr};

/// CPSR.DIT (Armv8.4).
const PSR_DIT: u32 = 1 << 21;
/// Where an SPSR that is taken to AArch64 has it: CPSR.J, which no processor with AArch64 has, makes room for
/// the single-step bit.
const VIEW_DIT: u32 = 1 << 24;
/// SPSR_EL2.SS.
const VIEW_SS: u32 = 1 << 21;

impl Psr {
    /// Makes the state from SPSR_EL2, without its single-step bit.
    #[inline]
    pub const fn from_a64_view(spsr: u32) -> Self {
        let dit = if spsr & VIEW_DIT != 0 { PSR_DIT } else { 0 };
        Self(spsr & !(VIEW_DIT | VIEW_SS) | dit)
    }

    /// Returns the state as SPSR_EL2 has it.
    #[inline]
    pub const fn a64_view(self) -> u32 {
        let dit = if self.0 & PSR_DIT != 0 { VIEW_DIT } else { 0 };
        self.0 & !(VIEW_DIT | VIEW_SS) | dit
    }
}

/// Returns which of X0-X30 is register 0 to 14 of a mode; another number is returned as it is.
pub const fn a64_register(register: u32, mode: u32) -> u32 {
    match (register, mode) {
        (8..=12, MODE_FIQ) => register + 16,
        (13, MODE_HYP) => 15,
        // LR, then SP.
        (13 | 14, MODE_IRQ) => 30 - register,
        (13 | 14, MODE_SVC) => 32 - register,
        (13 | 14, MODE_ABT) => 34 - register,
        (13 | 14, MODE_UND) => 36 - register,
        // SP, then LR.
        (13 | 14, MODE_FIQ) => register + 16,
        _ => register,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{MODE_SYS, MODE_USR, PSR_IT};
    use super::*;

    #[test]
    fn modes_have_their_own_registers() {
        let sp_lr = |mode| (a64_register(13, mode), a64_register(14, mode));
        let banked = [MODE_USR, MODE_SYS, MODE_IRQ, MODE_SVC, MODE_ABT, MODE_UND, MODE_FIQ].map(sp_lr);
        assert_eq!(banked, [(13, 14), (13, 14), (17, 16), (19, 18), (21, 20), (23, 22), (29, 30)]);
        assert_eq!(sp_lr(MODE_HYP), (15, 14));
        assert_eq!((a64_register(8, MODE_FIQ), a64_register(12, MODE_FIQ)), (24, 28));
        assert_eq!((a64_register(8, MODE_IRQ), a64_register(7, MODE_FIQ)), (8, 7));
    }

    #[test]
    fn a_view_is_its_own_view() {
        for mode in [MODE_USR, MODE_SYS, MODE_IRQ, MODE_SVC, MODE_ABT, MODE_UND, MODE_FIQ] {
            for register in 0..15 {
                let view = a64_register(register, mode);
                assert_eq!(a64_register(view, mode), view);
            }
        }
    }

    #[test]
    fn the_state_comes_back_but_for_single_step() {
        assert_eq!(Psr::from_a64_view(VIEW_DIT | PSR_IT | 0x13), Psr(PSR_DIT | PSR_IT | 0x13));
        assert_eq!(Psr(PSR_DIT | PSR_IT | 0x13).a64_view(), VIEW_DIT | PSR_IT | 0x13);
        assert_eq!(Psr::from_a64_view(VIEW_SS | 0x13), Psr(0x13));
    }
}

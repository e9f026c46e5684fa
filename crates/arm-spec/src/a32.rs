//! The processor state of A32 and T32: CPSR and SPSR, conditions and IT blocks.
//!
//! Arm ARM DDI 0406C B1.3.3 (CPSR), A8.3 (conditional execution), A2.5.2 (ITSTATE), and the same in
//! DDI 0487J G1.9.

mod exception;
mod view;

pub use exception::{DFSR_WRITE, ExceptionEntry, HIGH_VECTORS, external_abort_status};
pub use view::a64_register;

use crate::esr::{Esr, ec};

/// The mode field.
pub const PSR_MODE: u32 = 0x1f;
/// T32.
pub const PSR_T: u32 = 1 << 5;
/// FIQ masked.
pub const PSR_F: u32 = 1 << 6;
/// IRQ masked.
pub const PSR_I: u32 = 1 << 7;
/// Asynchronous aborts masked.
pub const PSR_A: u32 = 1 << 8;
/// Big-endian data.
pub const PSR_E: u32 = 1 << 9;
/// ITSTATE: bits 7:2 at 15:10, bits 1:0 at 26:25.
pub const PSR_IT: u32 = 0x3f << 10 | 0x3 << 25;
/// Privileged access never (Armv8.1).
pub const PSR_PAN: u32 = 1 << 22;
/// Jazelle.
pub const PSR_J: u32 = 1 << 24;

/// User mode.
pub const MODE_USR: u32 = 0x10;
/// FIQ mode.
pub const MODE_FIQ: u32 = 0x11;
/// IRQ mode.
pub const MODE_IRQ: u32 = 0x12;
/// Supervisor mode.
pub const MODE_SVC: u32 = 0x13;
/// Abort mode.
pub const MODE_ABT: u32 = 0x17;
/// Hyp mode.
pub const MODE_HYP: u32 = 0x1a;
/// Undefined mode.
pub const MODE_UND: u32 = 0x1b;
/// System mode.
pub const MODE_SYS: u32 = 0x1f;

/// ISS of a trapped SMC: its condition may have failed.
const SMC_MAY_FAIL: u32 = 1 << 19;
/// Always.
const COND_AL: u32 = 0xe;

/// A value of CPSR or of an SPSR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Psr(pub u32);

impl Psr {
    /// Returns the mode.
    #[inline]
    pub const fn mode(self) -> u32 {
        self.0 & PSR_MODE
    }

    /// Tells whether T32 is executed.
    #[inline]
    pub const fn is_thumb(self) -> bool {
        self.0 & PSR_T != 0
    }

    /// Returns ITSTATE.
    #[inline]
    pub const fn it_state(self) -> u32 {
        self.0 >> 25 & 0x3 | self.0 >> 8 & 0xfc
    }

    /// Returns the state after one instruction, as far as the IT block goes (ITAdvance).
    #[inline]
    pub const fn advance_it(self) -> Self {
        let it = self.it_state();
        if it == 0 {
            return self;
        }
        let next = if it & 0x7 == 0 { 0 } else { it & 0xe0 | it << 1 & 0x1f };
        Self(self.0 & !PSR_IT | (next & 0x3) << 25 | (next & 0xfc) << 8)
    }

    /// Tells whether the flags satisfy a condition (ConditionPassed); 0xf is always.
    pub const fn satisfies(self, condition: u32) -> bool {
        let (n, z, c, v) = (self.0 >> 31 & 1, self.0 >> 30 & 1, self.0 >> 29 & 1, self.0 >> 28 & 1);
        let holds = match condition >> 1 & 7 {
            0 => z == 1,
            1 => c == 1,
            2 => n == 1,
            3 => v == 1,
            4 => c == 1 && z == 0,
            5 => n == v,
            6 => n == v && z == 0,
            _ => return true,
        };
        holds != (condition & 1 == 1)
    }

    /// Tells whether a trapped instruction would have been executed at all.
    ///
    /// A trap may be taken for an instruction whose condition fails; it must then be stepped over. Its
    /// condition is in the syndrome if CV is set, else in ITSTATE (DDI 0406C B3.13.6, HSR.CV). A trapped
    /// SMC has passed unless it says otherwise (DDI 0487J G8.2.64, HSR.ISS.CCKNOWNPASS).
    pub const fn executes(self, esr: Esr) -> bool {
        match esr.class() {
            ec::WFX | ec::CP15_32..=ec::CP10_ID | ec::CP14_64 => {}
            ec::SMC32 if esr.iss() & SMC_MAY_FAIL != 0 => {}
            _ => return true,
        }
        let condition = match esr.condition() {
            Some(condition) => condition,
            None if self.is_thumb() && self.it_state() != 0 => self.it_state() >> 4,
            None => COND_AL,
        };
        self.satisfies(condition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sixteen conditions in words, on flags NZCV as bits 3:0.
    fn reference(condition: u32, nzcv: u32) -> bool {
        let (n, z, c, v) = (nzcv & 8 != 0, nzcv & 4 != 0, nzcv & 2 != 0, nzcv & 1 != 0);
        match condition {
            0x0 => z,
            0x1 => !z,
            0x2 => c,
            0x3 => !c,
            0x4 => n,
            0x5 => !n,
            0x6 => v,
            0x7 => !v,
            0x8 => c && !z,
            0x9 => !c || z,
            0xa => n == v,
            0xb => n != v,
            0xc => !z && n == v,
            0xd => z || n != v,
            _ => true,
        }
    }

    #[test]
    fn every_condition_with_every_flag() {
        for condition in 0..16 {
            for nzcv in 0..16 {
                assert_eq!(Psr(nzcv << 28).satisfies(condition), reference(condition, nzcv));
            }
        }
    }

    #[test]
    fn an_it_block_moves_on_and_ends() {
        // ITTE EQ: firstcond 0000, mask 0110.
        let mut psr = Psr(PSR_T | (0x06 & 0x3) << 25 | (0x06 & 0xfc) << 8);
        assert_eq!(psr.it_state(), 0x06);
        let states = [0, 0, 0].map(|_| {
            let condition = psr.it_state() >> 4;
            psr = psr.advance_it();
            condition
        });
        assert_eq!(states, [0, 0, 1]);
        assert_eq!(psr.it_state(), 0);
        assert_eq!(psr, Psr(PSR_T));
        assert_eq!(psr.advance_it(), psr);
    }

    #[test]
    fn an_else_instruction_has_the_opposite_condition() {
        // ITE EQ: firstcond 0000, mask 1100: then EQ, else NE.
        let it = 0x0c;
        let psr = Psr(PSR_T | (it & 0x3) << 25 | (it & 0xfc) << 8);
        assert_eq!((psr.it_state() >> 4, psr.advance_it().it_state() >> 4), (0, 1));
    }

    #[test]
    fn the_condition_comes_from_the_syndrome_or_the_it_block() {
        let zero = 1 << 30;
        let with = |condition: u32| Esr::from_parts(ec::CP15_32, 1 << 24 | condition << 20);
        let without = Esr::from_parts(ec::CP15_32, 0);
        assert!(Psr(zero).executes(with(0)));
        assert!(!Psr(zero).executes(with(1)));
        assert!(!Psr(0).executes(with(0)));
        assert!(Psr(0).executes(without));
        // IT NE with one instruction: firstcond 0001, mask 1000.
        let it = 0x18;
        let block = PSR_T | (it & 0x3) << 25 | (it & 0xfc) << 8;
        assert!(Psr(block).executes(without));
        assert!(!Psr(block | zero).executes(without));
        // Other classes have no condition; SMC has one only if it says so.
        assert!(Psr(0).executes(Esr::from_parts(ec::HVC32, 1 << 24)));
        assert!(Psr(0).executes(Esr::from_parts(ec::SMC32, 1 << 24)));
        assert!(!Psr(0).executes(Esr::from_parts(ec::SMC32, 1 << 24 | SMC_MAY_FAIL)));
        // The syndrome wins.
        assert!(Psr(block | zero).executes(with(0)));
    }
}

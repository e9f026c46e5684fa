//! How an A32 kernel takes an exception that a hypervisor gives it.
//!
//! Arm ARM DDI 0406C B1.8 and B1.9, and the same in DDI 0487J G1.12; what PAN adds is in the latter alone.

use super::{MODE_ABT, PSR_A, PSR_E, PSR_I, PSR_IT, PSR_J, PSR_MODE, PSR_PAN, PSR_T, Psr};

/// SCTLR.V: vectors at [`HIGH_VECTORS`].
const SCTLR_V: u32 = 1 << 13;
/// SCTLR.SPAN: PAN is left as it is (Armv8.1).
const SCTLR_SPAN: u32 = 1 << 23;
/// SCTLR.EE: exceptions are taken big-endian.
const SCTLR_EE: u32 = 1 << 25;
/// SCTLR.TE: exceptions are taken in T32.
const SCTLR_TE: u32 = 1 << 30;
/// TTBCR.EAE: long descriptors are used, and fault status registers have their long format.
const TTBCR_EAE: u32 = 1 << 31;
/// DFSR and IFSR of a synchronous external abort: LPAE bit and STATUS, or FS.
const EXTERNAL_LONG: u32 = 1 << 9 | 0x10;
const EXTERNAL_SHORT: u32 = 0x08;

/// DFSR.WnR.
pub const DFSR_WRITE: u32 = 1 << 11;
/// Where SCTLR.V puts the vectors.
pub const HIGH_VECTORS: u32 = 0xffff_0000;

/// Returns DFSR or IFSR of a synchronous external abort that is not on a table walk.
pub const fn external_abort_status(ttbcr: u32) -> u32 {
    if ttbcr & TTBCR_EAE != 0 { EXTERNAL_LONG } else { EXTERNAL_SHORT }
}

/// What decides how an exception is taken.
#[derive(Clone, Copy, Debug)]
pub struct ExceptionEntry {
    /// The mode it is taken to: Abort or Undefined.
    pub mode: u32,
    /// SCTLR.
    pub sctlr: u32,
    /// ID_MMFR3.
    pub id_mmfr3: u32,
}

impl ExceptionEntry {
    /// Returns the vectors' address; `vbar` is VBAR.
    pub const fn vectors(self, vbar: u32) -> u32 {
        if self.sctlr & SCTLR_V != 0 { HIGH_VECTORS } else { vbar }
    }

    /// Returns the processor state at the first instruction; `old` is that of the interrupted one.
    pub const fn state(self, old: Psr) -> Psr {
        let cleared = PSR_MODE | PSR_T | PSR_J | PSR_E | PSR_IT;
        let mut new = old.0 & !cleared | self.mode | PSR_I;
        if self.mode == MODE_ABT {
            new |= PSR_A;
        }
        if self.sctlr & SCTLR_TE != 0 {
            new |= PSR_T;
        }
        if self.sctlr & SCTLR_EE != 0 {
            new |= PSR_E;
        }
        let has_pan = self.id_mmfr3 >> 16 & 0xf != 0;
        if has_pan && self.sctlr & SCTLR_SPAN == 0 {
            new |= PSR_PAN;
        }
        Psr(new)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{MODE_SVC, MODE_UND, PSR_F};
    use super::*;

    const PLAIN: ExceptionEntry = ExceptionEntry { mode: MODE_ABT, sctlr: SCTLR_SPAN, id_mmfr3: 0 };
    const CARRY: u32 = 1 << 29;

    #[test]
    fn an_abort_masks_interrupts_and_aborts_and_keeps_flags() {
        let old = Psr(MODE_SVC | PSR_T | PSR_IT | PSR_E | CARRY);
        assert_eq!(PLAIN.state(old), Psr(MODE_ABT | PSR_A | PSR_I | CARRY));
        let undefined = ExceptionEntry { mode: MODE_UND, ..PLAIN };
        assert_eq!(undefined.state(Psr(MODE_SVC | PSR_F)), Psr(MODE_UND | PSR_I | PSR_F));
    }

    #[test]
    fn sctlr_chooses_instruction_set_byte_order_and_vectors() {
        let entry = ExceptionEntry { sctlr: SCTLR_TE | SCTLR_EE | SCTLR_V, ..PLAIN };
        assert_eq!(entry.state(Psr(MODE_SVC)), Psr(MODE_ABT | PSR_A | PSR_I | PSR_T | PSR_E));
        assert_eq!((entry.vectors(0x8000), PLAIN.vectors(0x8000)), (HIGH_VECTORS, 0x8000));
    }

    #[test]
    fn pan_is_set_where_it_exists_and_is_asked_for() {
        let has_pan = ExceptionEntry { id_mmfr3: 2 << 16, ..PLAIN };
        assert_eq!(has_pan.state(Psr(MODE_SVC)).0 & PSR_PAN, 0);
        let asked = ExceptionEntry { sctlr: 0, ..has_pan };
        assert_eq!(asked.state(Psr(MODE_SVC)).0 & PSR_PAN, PSR_PAN);
        assert_eq!(ExceptionEntry { id_mmfr3: 0, ..asked }.state(Psr(MODE_SVC)).0 & PSR_PAN, 0);
    }

    #[test]
    fn the_status_has_the_tables_format() {
        assert_eq!((external_abort_status(0), external_abort_status(TTBCR_EAE)), (0x08, 0x210));
    }
}

//! The VFP and Advanced SIMD registers. The compiler never uses them (soft-float target), so a test
//! owns them whole.

use core::arch::asm;

/// d0-d31 and FPSCR.
#[repr(C, align(16))]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// d0-d31 as pairs, which are q0-q15.
    pub q: [[u64; 2]; 16],
    /// FPSCR.
    pub fpcr: u64,
    /// Unused; arm64 has FPSR here.
    pub fpsr: u64,
}

/// Number of 128-bit registers.
pub const REGISTERS: usize = 16;

/// Lets all modes use VFP and SIMD on this CPU: CPACR, then FPEXC.EN.
pub fn enable() {
    super::sysreg::set_cpacr_el1(super::sysreg::cpacr_el1() | 0xf << 20);
    // SAFETY: FPEXC only gates the FP registers, which compiled code does not use.
    unsafe { asm!(".fpu neon", "vmsr fpexc, {}", "isb", in(reg) 0x4000_0000, options(nostack)) }
}

/// Makes VFP and SIMD instructions of this CPU undefined.
pub fn disable() {
    super::sysreg::set_cpacr_el1(super::sysreg::cpacr_el1() & !(0xf << 20));
}

/// Loads the whole state.
pub fn load(state: &State) {
    // SAFETY: Reads `state` only; compiled code holds nothing in FP registers.
    unsafe {
        asm!(".fpu neon", "vldmia {s}!, {{d0-d15}}", "vldmia {s}!, {{d16-d31}}", "ldr {t}, [{s}]",
            "vmsr fpscr, {t}", s = inout(reg) state => _, t = out(reg) _, options(nostack));
    }
}

/// Stores the whole state.
pub fn store(state: &mut State) {
    // SAFETY: Writes `state` only.
    unsafe {
        asm!(".fpu neon", "vstmia {s}!, {{d0-d15}}", "vstmia {s}!, {{d16-d31}}", "vmrs {t}, fpscr",
            "str {t}, [{s}]", s = inout(reg) state => _, t = out(reg) _, options(nostack));
    }
}

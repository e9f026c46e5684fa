//! The FP/SIMD registers. The compiler never uses them (soft-float target), so a test owns them whole.

use core::arch::asm;

/// q0-q31, FPCR and FPSR.
#[repr(C, align(16))]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// q0-q31, low half first.
    pub q: [[u64; 2]; 32],
    /// FPCR.
    pub fpcr: u64,
    /// FPSR.
    pub fpsr: u64,
}

/// Number of 128-bit registers.
pub const REGISTERS: usize = 32;

/// Lets EL1 and EL0 use FP/SIMD on this CPU.
pub fn enable() {
    super::sysreg::set_cpacr_el1(super::sysreg::cpacr_el1() | 3 << 20);
}

/// Makes FP/SIMD instructions of this CPU trap to EL1.
pub fn disable() {
    super::sysreg::set_cpacr_el1(super::sysreg::cpacr_el1() & !(3 << 20));
}

/// Loads the whole state.
pub fn load(state: &State) {
    // SAFETY: Reads `state` only; compiled code holds nothing in FP registers.
    unsafe {
        asm!(".arch_extension fp", ".arch_extension simd",
            "ldp q0, q1, [{s}]", "ldp q2, q3, [{s}, #32]", "ldp q4, q5, [{s}, #64]",
            "ldp q6, q7, [{s}, #96]", "ldp q8, q9, [{s}, #128]", "ldp q10, q11, [{s}, #160]",
            "ldp q12, q13, [{s}, #192]", "ldp q14, q15, [{s}, #224]", "ldp q16, q17, [{s}, #256]",
            "ldp q18, q19, [{s}, #288]", "ldp q20, q21, [{s}, #320]", "ldp q22, q23, [{s}, #352]",
            "ldp q24, q25, [{s}, #384]", "ldp q26, q27, [{s}, #416]", "ldp q28, q29, [{s}, #448]",
            "ldp q30, q31, [{s}, #480]", "ldr {t}, [{s}, #512]", "msr fpcr, {t}",
            "ldr {t}, [{s}, #520]", "msr fpsr, {t}", s = in(reg) state, t = out(reg) _, options(nostack));
    }
}

/// Stores the whole state.
pub fn store(state: &mut State) {
    // SAFETY: Writes `state` only.
    unsafe {
        asm!(".arch_extension fp", ".arch_extension simd",
            "stp q0, q1, [{s}]", "stp q2, q3, [{s}, #32]", "stp q4, q5, [{s}, #64]",
            "stp q6, q7, [{s}, #96]", "stp q8, q9, [{s}, #128]", "stp q10, q11, [{s}, #160]",
            "stp q12, q13, [{s}, #192]", "stp q14, q15, [{s}, #224]", "stp q16, q17, [{s}, #256]",
            "stp q18, q19, [{s}, #288]", "stp q20, q21, [{s}, #320]", "stp q22, q23, [{s}, #352]",
            "stp q24, q25, [{s}, #384]", "stp q26, q27, [{s}, #416]", "stp q28, q29, [{s}, #448]",
            "stp q30, q31, [{s}, #480]", "mrs {t}, fpcr", "str {t}, [{s}, #512]",
            "mrs {t}, fpsr", "str {t}, [{s}, #520]", s = in(reg) state, t = out(reg) _, options(nostack));
    }
}

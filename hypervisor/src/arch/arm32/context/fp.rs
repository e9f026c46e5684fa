//! Floating-point and SIMD registers: VFPv3 or later, with 16 or 32 doubleword registers.

use arm_spec::Width;
use core::arch::global_asm;
use core::mem::offset_of;

global_asm!(
    include_str!("../../../../../boot/arm32/fp.S"),
    FPSCR = const offset_of!(FpState, fpscr),
    FPEXC = const offset_of!(FpState, fpexc),
);

unsafe extern "C" {
    fn fp_save(state: *mut FpState, upper: u32);
    fn fp_load(state: *const FpState, upper: u32);
    fn fp_features() -> u32;
}

/// A vCPU's floating-point and SIMD registers.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
pub struct FpState {
    d: [u64; 32],
    fpscr: u32,
    fpexc: u32,
}

/// Tells, as not zero, whether there are d16-d31 (MVFR0.SIMDReg = 2).
fn has_upper() -> u32 {
    // SAFETY: reads an identification register; floating point does not trap here.
    let features = unsafe { fp_features() };
    u32::from(features & 0xf == 2)
}

impl FpState {
    /// Returns all registers zero.
    pub const fn zero() -> Self {
        Self { d: [0; 32], fpscr: 0, fpexc: 0 }
    }

    /// Tells whether a vCPU of that width can run without its own state loaded, so that its first use traps: HCPTR
    /// comes before FPEXC (Arm ARM DDI 0406C B1.11.3).
    pub fn can_be_late(_: Width) -> bool {
        true
    }

    /// Saves the CPU's registers; floating point must not trap.
    pub fn save(&mut self, _: Width) {
        // SAFETY: `fp_save` writes exactly one `FpState`, whose layout it shares (boot/arm32/fp.S).
        unsafe { fp_save(self, has_upper()) }
    }

    /// Loads the CPU's registers; floating point must not trap.
    pub fn load(&self, _: Width) {
        // SAFETY: `fp_load` reads exactly one `FpState`; Hyp mode's own code is soft-float.
        unsafe { fp_load(self, has_upper()) }
    }
}

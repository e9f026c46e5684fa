//! Floating point and SIMD.

use crate::arch::sysreg::{read, write};
use arm_spec::Width;
use core::arch::global_asm;

global_asm!(include_str!("../../../../../boot/arm64/fp.S"));

unsafe extern "C" {
    fn fp_save(state: *mut FpState);
    fn fp_load(state: *const FpState);
}

/// Floating-point and SIMD registers.
#[repr(C, align(16))]
#[derive(Clone, Copy)]
pub struct FpState {
    q: [u128; 32],
    fpsr: u64,
    fpcr: u64,
    /// FPEXC32_EL2 of an A32 vCPU.
    fpexc: u64,
}

impl FpState {
    /// Returns all registers zero.
    pub const fn zero() -> Self {
        Self { q: [0; 32], fpsr: 0, fpcr: 0, fpexc: 0 }
    }

    /// Tells whether a vCPU of that width can run without its own state loaded, so that its first use traps. In A32
    /// FPEXC comes before EL2's trap (Arm ARM DDI 0487J G1.20.3), so another vCPU's must not be there.
    pub fn can_be_late(width: Width) -> bool {
        width == Width::A64
    }

    /// Saves the CPU's registers of a vCPU of that width; floating point must not trap.
    pub fn save(&mut self, width: Width) {
        if width == Width::A32 {
            self.fpexc = read!("fpexc32_el2");
        }
        // SAFETY: `fp_save` writes exactly one `FpState`, whose layout it shares (boot/arm64/fp.S).
        unsafe { fp_save(self) }
    }

    /// Loads the CPU's registers for a vCPU of that width; floating point must not trap.
    pub fn load(&self, width: Width) {
        if width == Width::A32 {
            write!("fpexc32_el2", self.fpexc);
        }
        // SAFETY: `fp_load` reads exactly one `FpState`; EL2 itself is soft-float.
        unsafe { fp_load(self) }
    }
}

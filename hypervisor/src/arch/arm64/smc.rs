//! Calls to firmware by SMC (Arm DEN 0028E, SMC calling convention).

use core::arch::asm;

/// Calls firmware with a function id and three arguments and returns x0.
///
/// Registers x0-x7 are passed and x0-x17 may be clobbered, as SMCCC 1.0 allows.
pub fn call(function: u32, args: [u64; 3]) -> u64 {
    let result: u64;
    // SAFETY: EL3 firmware declared by the device tree handles the call; it preserves x18-x30 and
    // SP by the calling convention, and everything it may change is named here.
    unsafe {
        asm!(
            "smc #0",
            inlateout("x0") u64::from(function) => result,
            inlateout("x1") args[0] => _,
            inlateout("x2") args[1] => _,
            inlateout("x3") args[2] => _,
            inlateout("x4") 0u64 => _,
            inlateout("x5") 0u64 => _,
            inlateout("x6") 0u64 => _,
            inlateout("x7") 0u64 => _,
            lateout("x8") _, lateout("x9") _, lateout("x10") _, lateout("x11") _,
            lateout("x12") _, lateout("x13") _, lateout("x14") _, lateout("x15") _,
            lateout("x16") _, lateout("x17") _,
            options(nostack)
        );
    }
    result
}

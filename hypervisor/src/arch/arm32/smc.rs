//! Calls to firmware by SMC (Arm DEN 0028E, SMC calling convention; SMC32).

use super::cp15::low;
use core::arch::asm;

/// Calls firmware with a function id and three arguments and returns r0.
pub fn call(function: u32, args: [u64; 3]) -> u64 {
    let result: u32;
    // SAFETY: firmware declared by the device tree handles the call; it preserves r4-r11 and SP by the
    // calling convention, and everything it may change is named here.
    unsafe {
        asm!(
            ".arch_extension sec",
            "smc #0",
            inlateout("r0") function => result,
            inlateout("r1") low(args[0]) => _,
            inlateout("r2") low(args[1]) => _,
            inlateout("r3") low(args[2]) => _,
            lateout("r12") _,
            lateout("lr") _,
            options(nostack)
        );
    }
    u64::from(result)
}

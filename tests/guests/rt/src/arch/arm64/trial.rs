//! Loops whose interrupt handler is part of what is measured: the shortest there can be, in registers.
//!
//! While such a loop runs, the vectors are those of asm/arm64-trial.s, all of which jump to where x15 says.

use core::arch::{asm, global_asm};

use crate::window;

global_asm!(include_str!("../../../asm/arm64-trial.s"), options(raw));

unsafe extern "C" {
    fn rt_vectors();
    fn rt_trial_vectors();
}

fn set_vectors(vectors: unsafe extern "C" fn()) {
    // SAFETY: Both tables are complete; that of the trials is in force only around a loop with its handler.
    unsafe { asm!("msr vbar_el1, {}", "isb", in(reg) vectors as usize, options(nostack)) }
}

/// Runs a loop under the trials' vectors; gives its ticks.
fn under_trial_vectors(body: impl FnOnce()) -> u64 {
    set_vectors(rt_trial_vectors);
    window::begin();
    let start = window::counter();
    body();
    let ticks = window::counter().wrapping_sub(start);
    window::end();
    set_vectors(rt_vectors);
    ticks
}

/// Sends `loops` SGIs to this CPU by writing `value` to ICC_SGI1R_EL1, each after the one before was taken;
/// the handler acknowledges, ends and counts. IRQs are masked before and after.
pub fn sgi_v3(loops: u32, value: u64) -> u64 {
    under_trial_vectors(|| {
        // SAFETY: The handler is inside; all registers that it and the loop use are declared.
        unsafe {
            asm!(
                "adr x15, 3f", "msr daifclr, #2", "b 1f",
                "3: mrs x10, S3_0_C12_C12_0", "msr S3_0_C12_C12_1, x10", "add x11, x11, #1", "eret",
                "1: msr S3_0_C12_C11_5, {value}", "isb",
                "2: cmp x11, x12", "b.eq 2b", "mov x12, x11",
                "subs {n:w}, {n:w}, #1", "b.ne 1b", "msr daifset, #2",
                value = in(reg) value, n = inout(reg) loops => _, out("x10") _, inout("x11") 0u64 => _,
                inout("x12") 0u64 => _, out("x15") _,
            );
        }
    })
}

/// As [`sgi_v3`] on a GICv2, by the registers at `sgir` and of the CPU interface at `gicc`.
pub fn sgi_v2(loops: u32, value: u32, sgir: usize, gicc: usize) -> u64 {
    under_trial_vectors(|| {
        // SAFETY: As above.
        unsafe {
            asm!(
                "adr x15, 3f", "msr daifclr, #2", "b 1f",
                "3: ldr w10, [{gicc}, #0xc]", "str w10, [{gicc}, #0x10]", "add x11, x11, #1", "eret",
                "1: str {value:w}, [{sgir}]", "isb",
                "2: cmp x11, x12", "b.eq 2b", "mov x12, x11",
                "subs {n:w}, {n:w}, #1", "b.ne 1b", "msr daifset, #2",
                value = in(reg) value, sgir = in(reg) sgir, gicc = in(reg) gicc,
                n = inout(reg) loops => _, out("x10") _, inout("x11") 0u64 => _,
                inout("x12") 0u64 => _, out("x15") _,
            );
        }
    })
}

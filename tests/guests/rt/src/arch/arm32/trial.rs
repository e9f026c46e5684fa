//! Loops whose interrupt handler is part of what is measured: the shortest there can be, in registers.
//!
//! While such a loop runs, the vectors are those of asm/arm32-trial.s, all of which jump to where r8 says.

use core::arch::{asm, global_asm};

use crate::window;

global_asm!(include_str!("../../../asm/arm32-trial.s"), options(raw));

unsafe extern "C" {
    fn rt_vectors();
    fn rt_trial_vectors();
}

fn set_vectors(vectors: unsafe extern "C" fn()) {
    // SAFETY: Both tables are complete; that of the trials is in force only around a loop with its handler.
    unsafe { asm!("mcr p15, 0, {}, c12, c0, 0", "isb", in(reg) vectors as usize, options(nostack)) }
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

/// Sends `loops` SGIs to this CPU by writing `value` to the register at `sgir`, each after the one before was
/// taken; the handler acknowledges, ends and counts. IRQs are masked before and after.
pub fn sgi_v2(loops: u32, value: u32, sgir: usize, gicc: usize) -> u64 {
    under_trial_vectors(|| {
        // SAFETY: The handler is inside; all registers that it and the loop use are declared. The registers
        // of IRQ mode hold nothing.
        unsafe {
            asm!(
                "adr r8, 3f", "mov r3, #0", "mov r9, #0", "cpsie i", "b 1f",
                "3: ldr r12, [r1, #0xc]", "str r12, [r1, #0x10]", "add r3, r3, #1", "subs pc, lr, #4",
                "1: str r0, [r2]", "isb",
                "2: cmp r3, r9", "beq 2b", "mov r9, r3",
                "subs r4, r4, #1", "bne 1b", "cpsid i",
                in("r0") value, in("r1") gicc, in("r2") sgir, out("r3") _, inout("r4") loops => _,
                out("r8") _, out("r9") _, out("r12") _,
            );
        }
    })
}

//! Loops whose exception handler is part of what is measured: the shortest there can be, in registers.
//!
//! While such a loop runs, the vectors are those of asm/arm32-trial.s, all of which jump to where r8 says.
//! Registers: r0-r4 arguments, r5 whether the handler ran, r9 GICC, r10 loops, r12 scratch.

use core::arch::{asm, global_asm};

use crate::gic;
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

/// Each function does `body` `loops` times, each after the interrupt that the one before raised was taken.
/// The handler does `first`, acknowledges and ends the interrupt, and does `last`. IRQs are masked before and
/// after. Gives the ticks, and the sum that the handler made in r1.
macro_rules! trials {
    ($($(#[$doc:meta])* $name:ident
        body $($body:literal)* first $($first:literal)* last $($last:literal)*;)*) => {
        $($(#[$doc])* pub fn $name(loops: u32, arguments: [usize; 8]) -> (u64, u64) {
            let [a0, mut a1, a2, a3, a4, ..] = arguments;
            let ticks = under_trial_vectors(|| {
                // SAFETY: The handler is inside; all registers that it and the loop use are declared, and
                // those of IRQ mode hold nothing. The arguments are addresses of devices and of memory that
                // is the caller's.
                unsafe {
                    asm!(
                        ".arch_extension virt", "adr r8, 3f", "cpsie i", "b 1f",
                        "3:", $($first,)* "ldr r12, [r9, #0xc]", "str r12, [r9, #0x10]", $($last,)*
                        "mov r5, #1", "subs pc, lr, #4",
                        "1: mov r5, #0", $($body,)* "2: cmp r5, #0", "beq 2b",
                        "subs r10, r10, #1", "bne 1b", "cpsid i",
                        inout("r0") a0 => _, inout("r1") a1, inout("r2") a2 => _, inout("r3") a3 => _,
                        inout("r4") a4 => _, out("r5") _, out("r8") _, in("r9") gic::gicc(),
                        inout("r10") loops => _, out("r12") _,
                    );
                }
            });
            (ticks, a1 as u64)
        })*
    };
}

trials! {
    /// An SGI to this CPU: a0 is written to GICD_SGIR at a1.
    sgi_v2 body "str r0, [r1]" "isb" first last;
    /// EVTCHNOP_send with the block at a2; the handler clears the upcall flag and the low word of the
    /// selector of the vcpu_info at a3, and the pending word at a4.
    event_v2 body "mov r0, #4" "mov r1, r2" "mov r12, #32" "hvc #0xEA1"
        first last "mov r12, #0" "strb r12, [r3]" "str r12, [r3, #8]" "str r12, [r4]";
    /// The virtual timer after a0 ticks in WFI; the sum, begun at a1, is of the ticks from deadline to handler.
    wake_v2 body "mrrc p15, 1, r2, r3, c14" "adds r2, r2, r0" "adc r3, r3, #0" "mcrr p15, 3, r2, r3, c14"
        "mov r12, #1" "mcr p15, 0, r12, c14, c3, 1" "isb" "wfi"
        first "mrrc p15, 1, r12, r4, c14" "sub r12, r12, r2" "add r1, r1, r12" "mov r12, #0"
        "mcr p15, 0, r12, c14, c3, 1" last;
}

/// Loads `loops` times from `address`, which aborts each time; the handler goes on behind the load.
pub fn abort(loops: u32, address: usize) -> u64 {
    under_trial_vectors(|| {
        // SAFETY: The handler is inside and all registers are declared; nothing is behind the address, and
        // the registers of Abort mode hold nothing.
        unsafe {
            asm!(
                "adr r8, 3f", "adr r9, 4f", "b 1f", "3: movs pc, r9",
                "1: ldr r12, [r0]", "4: subs r10, r10, #1", "bne 1b",
                in("r0") address, out("r8") _, out("r9") _, inout("r10") loops => _, out("r12") _,
            );
        }
    })
}

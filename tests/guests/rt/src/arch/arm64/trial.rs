//! Loops whose exception handler is part of what is measured: the shortest there can be, in registers.
//!
//! While such a loop runs, the vectors are those of asm/arm64-trial.s, all of which jump to where x15 says.
//! Registers: x0-x7 arguments, x9 GICC, x10 scratch of the handler, x11 whether it ran, x13 a sum, x14 loops.

use core::arch::{asm, global_asm};

use crate::gic;
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

macro_rules! acknowledge {
    (v3) => {
        "mrs x10, S3_0_C12_C12_0; msr S3_0_C12_C12_1, x10"
    };
    (v2) => {
        "ldr w10, [x9, #0xc]; str w10, [x9, #0x10]"
    };
}

/// Each function does `body` `loops` times, each after the interrupt that the one before raised was taken.
/// The handler does `first`, acknowledges and ends the interrupt, and does `last`. IRQs are masked before and
/// after. Gives the ticks, and the sum that the handler made.
macro_rules! trials {
    ($($(#[$doc:meta])* $name:ident $version:ident
        body $($body:literal)* first $($first:literal)* last $($last:literal)*;)*) => {
        $($(#[$doc])* pub fn $name(loops: u32, arguments: [usize; 8]) -> (u64, u64) {
            let [a0, a1, a2, a3, a4, a5, a6, a7] = arguments;
            let mut sum = 0;
            let ticks = under_trial_vectors(|| {
                // SAFETY: The handler is inside; all registers that it and the loop use are declared. The
                // arguments are addresses of devices and of memory that is the caller's.
                unsafe {
                    asm!(
                        "adr x15, 3f", "msr daifclr, #2", "b 1f",
                        "3:", $($first,)* acknowledge!($version), $($last,)* "mov x11, #1", "eret",
                        "1: mov x11, xzr", $($body,)* "2: cbz x11, 2b",
                        "subs w14, w14, #1", "b.ne 1b", "msr daifset, #2",
                        inout("x0") a0 => _, inout("x1") a1 => _, inout("x2") a2 => _, inout("x3") a3 => _,
                        inout("x4") a4 => _, inout("x5") a5 => _, inout("x6") a6 => _, inout("x7") a7 => _,
                        in("x9") gic::gicc(), out("x10") _, out("x11") _, inout("x13") sum,
                        inout("x14") u64::from(loops) => _, out("x15") _, out("x16") _,
                    );
                }
            });
            (ticks, sum)
        })*
    };
}

trials! {
    /// An SGI to this CPU: a0 is written to ICC_SGI1R_EL1.
    sgi_v3 v3 body "msr S3_0_C12_C11_5, x0" "isb" first last;
    /// An SGI to this CPU: a0 is written to GICD_SGIR at a1.
    sgi_v2 v2 body "str w0, [x1]" "isb" first last;
    /// EVTCHNOP_send with the block at a5; the handler clears the upcall flag and the selector of the
    /// vcpu_info at a6 and the pending word at a7.
    event_v3 v3 body "mov x0, #4" "mov x1, x5" "mov x16, #32" "hvc #0xEA1"
        first last "strb wzr, [x6]" "str xzr, [x6, #8]" "str xzr, [x7]";
    /// As [`event_v3`].
    event_v2 v2 body "mov x0, #4" "mov x1, x5" "mov x16, #32" "hvc #0xEA1"
        first last "strb wzr, [x6]" "str xzr, [x6, #8]" "str xzr, [x7]";
    /// The virtual timer after a0 ticks in WFI; the sum is of the ticks from deadline to handler.
    wake_v3 v3 body "mrs x1, cntvct_el0" "add x1, x1, x0" "msr cntv_cval_el0, x1" "mov x2, #1"
        "msr cntv_ctl_el0, x2" "isb" "wfi"
        first "mrs x2, cntvct_el0" "msr cntv_ctl_el0, xzr" "sub x2, x2, x1" "add x13, x13, x2" last;
    /// As [`wake_v3`].
    wake_v2 v2 body "mrs x1, cntvct_el0" "add x1, x1, x0" "msr cntv_cval_el0, x1" "mov x2, #1"
        "msr cntv_ctl_el0, x2" "isb" "wfi"
        first "mrs x2, cntvct_el0" "msr cntv_ctl_el0, xzr" "sub x2, x2, x1" "add x13, x13, x2" last;
}

/// Loads `loops` times from `address`, which aborts each time; the handler steps over the load.
pub fn abort(loops: u32, address: usize) -> u64 {
    under_trial_vectors(|| {
        // SAFETY: The handler is inside and all registers are declared; nothing is behind the address.
        unsafe {
            asm!(
                "adr x15, 3f", "b 1f",
                "3: mrs x10, elr_el1", "add x10, x10, #4", "msr elr_el1, x10", "eret",
                "1: ldr w11, [x0]", "subs w14, w14, #1", "b.ne 1b",
                in("x0") address, out("x10") _, out("x11") _, inout("x14") u64::from(loops) => _,
                out("x15") _,
            );
        }
    })
}

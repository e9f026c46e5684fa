//! The arm64 backend: barriers, hints, calls, masks, caches. Same names as arm32; registers go by their
//! A64 names on both.

pub mod exception;
pub mod fp;
pub mod icc;
pub mod operation;
pub mod sysreg;
pub mod trial;

use core::arch::{asm, global_asm};

global_asm!(include_str!("../../../asm/arm64.s"), options(raw));

/// First address of the window the image is linked at.
pub const WINDOW: usize = 0x7f_c000_0000;

macro_rules! instructions {
    ($($(#[$doc:meta])* $name:ident $text:literal)*) => {
        $($(#[$doc])* pub fn $name() {
            // SAFETY: A barrier or hint; it changes no memory and no register.
            unsafe { asm!($text, options(nostack)) }
        })*
    };
}

instructions! {
    /// YIELD, in every spin loop.
    relax "yield"
    /// WFE.
    wfe "wfe"
    /// WFI.
    wfi "wfi"
    /// SEV.
    sev "sev"
    /// ISB.
    isb "isb"
    /// DSB SY.
    dsb "dsb sy"
    /// Masks IRQs in PSTATE.
    mask_irq "msr daifset, #2"
    /// Unmasks IRQs in PSTATE.
    unmask_irq "msr daifclr, #2"
    /// Unmasks SErrors.
    unmask_serror "msr daifclr, #4"
    /// Masks SErrors.
    mask_serror "msr daifset, #4"
    /// The hint that marks where a measured window begins; it does nothing.
    window_begins "hint #0x70"
    /// The hint that marks where a measured window ends; it does nothing.
    window_ends "hint #0x71"
    /// Drops every stage 1 translation of this CPU.
    tlbi_all "dsb ish; tlbi vmalle1is; dsb ish; isb"
}

/// The same value, of which the compiler knows nothing any more.
#[inline(always)]
pub fn opaque(value: u32) -> u32 {
    let mut value = value;
    // SAFETY: No instruction at all.
    unsafe { asm!("/* {v:w} */", v = inout(reg) value, options(nomem, nostack, preserves_flags)) }
    value
}

/// Whether IRQs are masked.
pub fn irq_masked() -> bool {
    sysreg::daif() & 0x80 != 0
}

/// Index of this CPU, 0 for the boot CPU.
pub fn cpu_index() -> usize {
    usize::try_from(sysreg::tpidr_el1()).unwrap_or(0)
}

macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident $text:literal)*) => {
        $($(#[$doc])* pub fn $name(args: [usize; 8]) -> [usize; 4] {
            let [mut x0, mut x1, mut x2, mut x3, x4, x5, x6, x7] = args;
            // SAFETY: SMCCC keeps x18-x30 and SP; x0-x17 are declared changed. DEN0028 1.0 keeps no more.
            unsafe {
                asm!($text, inout("x0") x0, inout("x1") x1, inout("x2") x2, inout("x3") x3,
                    inout("x4") x4 => _, inout("x5") x5 => _, inout("x6") x6 => _, inout("x7") x7 => _,
                    out("x8") _, out("x9") _, out("x10") _, out("x11") _, out("x12") _, out("x13") _,
                    out("x14") _, out("x15") _, out("x16") _, out("x17") _, options(nostack));
            }
            [x0, x1, x2, x3]
        })*
    };
}

calls! {
    /// An SMCCC call by HVC #0.
    hvc "hvc #0"
    /// An SMCCC call by SMC #0.
    smc "smc #0"
}

/// A Xen hypercall: `hvc #0xEA1`, number in x16 (xen/include/public/arch-arm.h).
pub fn hypercall(number: usize, args: [usize; 5]) -> isize {
    let [a0, a1, a2, a3, a4] = args;
    let mut result = a0;
    // SAFETY: The hypervisor writes guest memory only where the arguments point; all callers pass
    // buffers that live across the call. Argument registers are declared changed.
    unsafe {
        asm!("hvc #0xEA1", inout("x0") result, inout("x1") a1 => _, inout("x2") a2 => _,
            inout("x3") a3 => _, inout("x4") a4 => _, inout("x16") number => _, options(nostack));
    }
    result.cast_signed()
}

/// Whether x5-x15 and x17-x29 survive a hypercall with one argument, as the ABI promises; counts the losers.
/// The call is one that takes no address.
pub fn registers_lost_by_hypercall(number: usize, argument: usize) -> usize {
    let lost: usize;
    // SAFETY: Saves what it uses of the callee-saved registers on the stack and restores it; the call
    // touches no memory.
    unsafe {
        asm!(
            "sub sp, sp, #32", "stp x19, x29, [sp]",
            ".irp n, 5,6,7,8,9,10,11,12,13,14,15,17,18,19,20,21,22,23,24,25,26,27,28,29",
            "mov x\\n, #\\n + 0x500", ".endr",
            "mov x1, #0", "hvc #0xEA1", "mov x0, #0",
            ".irp n, 5,6,7,8,9,10,11,12,13,14,15,17,18,19,20,21,22,23,24,25,26,27,28,29",
            "cmp x\\n, #\\n + 0x500", "cinc x0, x0, ne", ".endr",
            "ldp x19, x29, [sp]", "add sp, sp, #32",
            inlateout("x0") argument => lost, out("x1") _, out("x2") _, out("x3") _, out("x4") _, out("x5") _,
            out("x6") _, out("x7") _, out("x8") _, out("x9") _, out("x10") _, out("x11") _,
            out("x12") _, out("x13") _, out("x14") _, out("x15") _, inlateout("x16") number => _,
            out("x17") _, out("x18") _, out("x20") _, out("x21") _, out("x22") _, out("x23") _,
            out("x24") _, out("x25") _, out("x26") _, out("x27") _, out("x28") _,
        );
    }
    lost
}

/// Names each of x4-x30 in an MRS and in an MSR of registers that may be emulated, and in a load from the
/// device register at `device`, which reads the same always; counts what is wrong.
///
/// The physical timer, which is off, has another compare value afterwards.
pub fn registers_misnamed(device: usize) -> u32 {
    let wrong: u32;
    // SAFETY: Saves what it uses of the callee-saved registers on the stack and restores it; callers pass
    // a mapped device register.
    unsafe {
        asm!(
            "sub sp, sp, #32", "stp x19, x29, [sp]",
            "mrs x1, id_aa64mmfr0_el1", "ldr w3, [x2]", "mov x0, #0",
            ".irp n, 4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30",
            "mrs x\\n, id_aa64mmfr0_el1", "cmp x\\n, x1", "cinc x0, x0, ne",
            "ldr w\\n, [x2]", "cmp w\\n, w3", "cinc x0, x0, ne",
            "mov x\\n, #\\n + 0x300", "msr cntp_cval_el0, x\\n", "mov x\\n, #0", "isb",
            "mrs x\\n, cntp_cval_el0", "cmp x\\n, #\\n + 0x300", "cinc x0, x0, ne", ".endr",
            "ldp x19, x29, [sp]", "add sp, sp, #32",
            out("x0") wrong, out("x1") _, in("x2") device, out("x3") _, out("x4") _, out("x5") _,
            out("x6") _, out("x7") _, out("x8") _, out("x9") _, out("x10") _, out("x11") _,
            out("x12") _, out("x13") _, out("x14") _, out("x15") _, out("x16") _, out("x17") _,
            out("x18") _, out("x20") _, out("x21") _, out("x22") _, out("x23") _, out("x24") _,
            out("x25") _, out("x26") _, out("x27") _, out("x28") _, out("x30") _,
        );
    }
    wrong
}

/// Cleans and invalidates the lines of a range to the point of coherency.
pub fn clean_invalidate(start: usize, size: usize) {
    for line in (start & !15..start + size).step_by(16) {
        // SAFETY: Maintenance by address changes no data.
        unsafe { asm!("dc civac, {}", in(reg) line, options(nostack)) }
    }
    dsb();
}

/// Reads HCR_EL2, which EL1 has not.
pub fn touch_hypervisor_register() {
    // SAFETY: It traps; `fault::catch` steps over it.
    unsafe { asm!("mrs {}, hcr_el2", out(reg) _, options(nostack)) }
}

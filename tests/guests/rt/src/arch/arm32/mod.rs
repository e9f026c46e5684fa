//! The arm32 backend: barriers, hints, calls, masks, caches. Same names as arm64; registers go by their
//! A64 names on both.

pub mod exception;
pub mod fp;
pub mod icc;
pub mod operation;
pub mod sysreg;
pub mod trial;

use core::arch::{asm, global_asm};

global_asm!(
    ".arch_extension virt",
    ".arch_extension sec",
    include_str!("../../../asm/arm32.s"),
    options(raw)
);

/// First address of the window the image is linked at.
pub const WINDOW: usize = 0xff00_0000;

macro_rules! instructions {
    ($($(#[$doc:meta])* $name:ident $($text:literal)*;)*) => {
        $($(#[$doc])* pub fn $name() {
            // SAFETY: A barrier, a hint or an interrupt mask; it changes no memory and no register.
            unsafe { asm!($($text,)* options(nostack)) }
        })*
    };
}

instructions! {
    /// YIELD, in every spin loop.
    relax "yield";
    /// WFE.
    wfe "wfe";
    /// WFI.
    wfi "wfi";
    /// SEV.
    sev "sev";
    /// ISB.
    isb "isb";
    /// DSB SY.
    dsb "dsb sy";
    /// Masks IRQs in CPSR.
    mask_irq "cpsid i";
    /// Unmasks IRQs in CPSR.
    unmask_irq "cpsie i";
    /// Unmasks asynchronous aborts.
    unmask_serror "cpsie a";
    /// Masks asynchronous aborts.
    mask_serror "cpsid a";
    /// The hint that marks where a measured window begins; it does nothing.
    window_begins ".inst 0xe320f070";
    /// The hint that marks where a measured window ends; it does nothing.
    window_ends ".inst 0xe320f071";
}

/// Puts the CPU's state into the SPSR of its own mode, before an exception is provoked.
///
/// QEMU 7.2 does not look at what a 64-bit hypervisor wrote to a mode's SPSR as it enters that mode: the handler
/// finds the SPSR of the mode it came from (tests/guests/README.md).
pub fn prepare_for_fault() {
    // SAFETY: SVC mode's SPSR holds nothing that is used between exceptions.
    unsafe { asm!("mrs {s}, cpsr", "msr spsr_cxsf, {s}", s = out(reg) _, options(nomem, nostack)) }
}

/// Drops every stage 1 translation.
pub fn tlbi_all() {
    dsb();
    // SAFETY: TLBIALLIS removes cached translations only; the tables stay.
    unsafe { asm!("mcr p15, 0, {}, c8, c3, 0", in(reg) 0, options(nostack)) }
    dsb();
    isb();
}

/// The same value, of which the compiler knows nothing any more.
#[inline(always)]
pub fn opaque(value: u32) -> u32 {
    let mut value = value;
    // SAFETY: No instruction at all.
    unsafe { asm!("/* {v} */", v = inout(reg) value, options(nomem, nostack, preserves_flags)) }
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
            let [mut r0, mut r1, mut r2, mut r3, r4, r5, _, _] = args;
            // SAFETY: SMCCC keeps r4-r14 for calls with four arguments; r0-r3 and r12 are declared changed.
            unsafe {
                asm!(".arch_extension virt", ".arch_extension sec", $text,
                    inout("r0") r0, inout("r1") r1, inout("r2") r2, inout("r3") r3,
                    inout("r4") r4 => _, inout("r5") r5 => _, out("r12") _, options(nostack));
            }
            [r0, r1, r2, r3]
        })*
    };
}

calls! {
    /// An SMCCC call by HVC #0; the last two arguments are not passed.
    hvc "hvc #0"
    /// An SMCCC call by SMC #0; the last two arguments are not passed.
    smc "smc #0"
}

/// A Xen hypercall: `hvc #0xEA1`, number in r12 (xen/include/public/arch-arm.h).
pub fn hypercall(number: usize, args: [usize; 5]) -> isize {
    let [a0, a1, a2, a3, a4] = args;
    let mut result = a0;
    // SAFETY: The hypervisor writes guest memory only where the arguments point; all callers pass
    // buffers that live across the call. Argument registers are declared changed.
    unsafe {
        asm!(".arch_extension virt", "hvc #0xEA1", inout("r0") result, inout("r1") a1 => _,
            inout("r2") a2 => _, inout("r3") a3 => _, inout("r4") a4 => _, inout("r12") number => _,
            options(nostack));
    }
    result.cast_signed()
}

/// Whether r5-r10 survive a hypercall with one argument, as the ABI promises; counts the losers. The call is
/// one that takes no address.
pub fn registers_lost_by_hypercall(number: usize, argument: usize) -> usize {
    let lost: usize;
    // SAFETY: Saves r6 and r7, which compiled code reserves, on the stack and restores them; the call
    // touches no memory.
    unsafe {
        asm!(
            ".arch_extension virt", "push {{r6, r7}}",
            "mov r5, #0x50", "mov r6, #0x60", "mov r7, #0x70", "mov r8, #0x80", "mov r9, #0x90",
            "mov r10, #0xa0", "mov r1, #0", "hvc #0xEA1", "mov r0, #0",
            "cmp r5, #0x50", "addne r0, r0, #1", "cmp r6, #0x60", "addne r0, r0, #1",
            "cmp r7, #0x70", "addne r0, r0, #1", "cmp r8, #0x80", "addne r0, r0, #1",
            "cmp r9, #0x90", "addne r0, r0, #1", "cmp r10, #0xa0", "addne r0, r0, #1",
            "pop {{r6, r7}}",
            inlateout("r0") argument => lost, out("r1") _, out("r2") _, out("r3") _, out("r4") _, out("r5") _,
            out("r8") _, out("r9") _, out("r10") _, inlateout("r12") number => _,
        );
    }
    lost
}

/// Cleans and invalidates the lines of a range to the point of coherency.
pub fn clean_invalidate(start: usize, size: usize) {
    for line in (start & !15..start + size).step_by(16) {
        // SAFETY: Maintenance by address (DCCIMVAC) changes no data.
        unsafe { asm!("mcr p15, 0, {}, c7, c14, 1", in(reg) line, options(nostack)) }
    }
    dsb();
}

/// Reads HCR, which SVC mode has not.
pub fn touch_hypervisor_register() {
    // SAFETY: It traps; `fault::catch` steps over it.
    unsafe { asm!("mrc p15, 4, {}, c1, c1, 0", out(reg) _, options(nostack)) }
}

//! Hints and barriers.

use core::arch::asm;

/// Lets another hardware thread, or the emulator's other CPUs, run.
#[inline]
pub fn relax() {
    // SAFETY: YIELD is a hint without effect on registers or memory.
    unsafe { asm!("yield", options(nomem, nostack, preserves_flags)) }
}

/// Waits for an interrupt; returns at once if one is pending, even if masked.
#[inline]
pub fn wait_for_interrupt() {
    // SAFETY: DSB and WFI have no effect on registers; an interrupt is not taken, as Hyp mode masks it.
    unsafe { asm!("dsb sy", "wfi", options(nostack, preserves_flags)) }
}

/// Tells whether a physical interrupt is pending (ISR.I), which is not taken, as Hyp mode masks it.
#[inline]
pub fn has_interrupt() -> bool {
    read!(isr) & 1 << 7 != 0
}

/// Stops this CPU for ever.
pub fn park() -> ! {
    loop {
        // SAFETY: WFE is a hint; nothing runs here again.
        unsafe { asm!("wfe", options(nomem, nostack, preserves_flags)) }
    }
}

/// Synchronises the context: later instructions see earlier system-register writes.
#[inline]
pub fn isb() {
    // SAFETY: a barrier.
    unsafe { asm!("isb", options(nostack, preserves_flags)) }
}

/// Completes all earlier memory accesses and maintenance, inner shareable.
#[inline]
pub fn dsb_ish() {
    // SAFETY: a barrier.
    unsafe { asm!("dsb ish", options(nostack, preserves_flags)) }
}

/// Completes all earlier memory accesses, full system: before a device or an SGI is written.
#[inline]
pub fn dsb_sy() {
    // SAFETY: a barrier.
    unsafe { asm!("dsb sy", options(nostack, preserves_flags)) }
}

/// Completes all earlier maintenance of this CPU alone.
#[inline]
pub(super) fn dsb_nsh() {
    // SAFETY: a barrier.
    unsafe { asm!("dsb nsh", options(nostack, preserves_flags)) }
}

/// Wakes CPUs that wait in WFE.
#[inline]
pub fn send_event() {
    // SAFETY: DSB and SEV have no effect on registers.
    unsafe { asm!("dsb sy", "sev", options(nostack, preserves_flags)) }
}

//! Hints and barriers.

use super::sysreg::read;
use aarch64_cpu::asm::{self, barrier};
use core::sync::atomic::{AtomicU64, Ordering};

/// Lets another hardware thread, or the emulator's other CPUs, run.
#[inline]
pub fn relax() {
    // SAFETY: YIELD is a hint without effect on registers or memory.
    unsafe { core::arch::asm!("yield", options(nomem, nostack, preserves_flags)) }
}

/// Waits for an interrupt, which is not taken, as EL2 masks it; returns at once if one is pending.
#[inline]
pub fn wait_for_interrupt() {
    barrier::dsb(barrier::SY);
    asm::wfi();
}

/// Tells whether a physical interrupt is pending (ISR_EL1.I), which is not taken, as EL2 masks it.
#[inline]
pub fn has_interrupt() -> bool {
    read!("isr_el1") & 1 << 7 != 0
}

/// Stops this CPU for ever.
pub fn park() -> ! {
    loop {
        asm::wfe();
    }
}

/// Synchronises the context: later instructions see earlier system-register writes.
#[inline]
pub fn isb() {
    barrier::isb(barrier::SY);
}

/// Completes all earlier memory accesses and maintenance, inner shareable.
#[inline]
pub fn dsb_ish() {
    barrier::dsb(barrier::ISH);
}

/// Completes all earlier memory accesses, full system: before a device or an SGI is written.
#[inline]
pub fn dsb_sy() {
    barrier::dsb(barrier::SY);
}

/// Wakes CPUs that wait in WFE.
pub fn send_event() {
    barrier::dsb(barrier::SY);
    asm::sev();
}

/// Loads a table's entry in one access.
#[inline]
pub fn load_entry(entry: &AtomicU64) -> u64 {
    entry.load(Ordering::Relaxed)
}

/// Stores a table's entry in one access.
#[inline]
pub fn store_entry(entry: &AtomicU64, value: u64) {
    entry.store(value, Ordering::Relaxed);
}

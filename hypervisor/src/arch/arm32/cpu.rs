//! Hints and barriers.

use core::arch::asm;
use core::sync::atomic::AtomicU64;

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

/// Loads a table's entry in one access: with LPAE, LDRD of an aligned address is that for accesses to tables
/// (ARM ARM DDI 0406C A3.5.3), and unlike LDREXD it marks nothing.
#[inline]
pub fn load_entry(entry: &AtomicU64) -> u64 {
    let (low, high): (u32, u32);
    // SAFETY: the reference is to an aligned, readable word.
    unsafe {
        asm!("ldrd r2, r3, [{}]", in(reg) entry.as_ptr(), out("r2") low, out("r3") high,
             options(nostack, preserves_flags, readonly))
    }
    u64::from(high) << 32 | u64::from(low)
}

/// Stores a table's entry in one access, as [`load_entry`].
#[inline]
pub fn store_entry(entry: &AtomicU64, value: u64) {
    let [a, b, c, d, rest @ ..] = value.to_le_bytes();
    let (low, high) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes(rest));
    // SAFETY: the reference is to an aligned word that atomics may write.
    unsafe {
        asm!("strd r2, r3, [{}]", in(reg) entry.as_ptr(), in("r2") low, in("r3") high,
             options(nostack, preserves_flags))
    }
}

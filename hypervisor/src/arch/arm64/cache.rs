//! Cache maintenance by address, and bulk clearing and copying.

use core::arch::asm;
use types::VirtAddr;

/// Returns the bytes of the smallest data cache line (CTR_EL0.DminLine).
#[inline]
fn line_bytes() -> usize {
    let ctr: u64;
    // SAFETY: reads an identification register.
    unsafe { asm!("mrs {}, ctr_el0", out(reg) ctr, options(nomem, nostack, preserves_flags)) }
    4 << ((ctr >> 16) & 0xf)
}

/// Cleans and invalidates `[start, start + bytes)` to the point of coherency.
pub fn clean_invalidate(start: VirtAddr, bytes: usize) {
    let line = line_bytes();
    let end = start.raw().wrapping_add(bytes);
    let mut at = start.align_down(line).raw();
    while at < end {
        // SAFETY: maintenance by address changes no memory content that software sees; an unmapped
        // address faults in EL2, and callers pass mapped ones.
        unsafe { asm!("dc civac, {}", in(reg) at, options(nostack, preserves_flags)) }
        at = at.wrapping_add(line);
    }
    // SAFETY: a barrier.
    unsafe { asm!("dsb sy", options(nostack, preserves_flags)) }
}

/// Invalidates all instruction caches of the inner shareable domain.
pub fn invalidate_instructions() {
    // SAFETY: maintenance without effect on memory content.
    unsafe { asm!("ic ialluis", "dsb ish", "isb", options(nostack, preserves_flags)) }
}

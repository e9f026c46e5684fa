//! Cache maintenance by address, and bulk clearing and copying.

use core::arch::asm;
use types::{PAGE_BYTES, VirtAddr};

/// Bytes of a page.
const PAGE: usize = super::to_usize(PAGE_BYTES);

/// Returns the bytes of the smallest data cache line (CTR_EL0.DminLine).
#[inline]
fn line_bytes() -> usize {
    let ctr: u64;
    // SAFETY: reads an identification register.
    unsafe { asm!("mrs {}, ctr_el0", out(reg) ctr, options(nomem, nostack, preserves_flags)) }
    4 << ((ctr >> 16) & 0xf)
}

/// Lines that one turn of a loop handles: what a loop costs beside them is small.
const LINES_A_TURN: usize = 16;

/// Cleans and invalidates `[start, start + bytes)` to the point of coherency.
pub fn clean_invalidate(start: VirtAddr, bytes: usize) {
    let line = line_bytes();
    let end = start.raw().wrapping_add(bytes);
    let mut at = start.align_down(line).raw();
    while end.saturating_sub(at) >= LINES_A_TURN * line {
        // SAFETY: maintenance by address changes no memory content that software sees; an unmapped
        // address faults in EL2, and callers pass mapped ones.
        unsafe {
            asm!(
                ".rept {turn}", "dc civac, {at}", "add {at}, {at}, {line}", ".endr",
                turn = const LINES_A_TURN, at = inout(reg) at, line = in(reg) line,
                options(nostack, preserves_flags)
            );
        }
    }
    while at < end {
        // SAFETY: as above.
        unsafe { asm!("dc civac, {}", in(reg) at, options(nostack, preserves_flags)) }
        at = at.wrapping_add(line);
    }
    // SAFETY: a barrier.
    unsafe { asm!("dsb sy", options(nostack, preserves_flags)) }
}

/// Zeroes a page of Normal memory, of which nobody holds a reference, to the point of coherency.
pub fn scrub_page(page: VirtAddr) {
    let dczid: u64;
    // SAFETY: reads an identification register.
    unsafe { asm!("mrs {}, dczid_el0", out(reg) dczid, options(nomem, nostack, preserves_flags)) }
    let line = line_bytes();
    // Arm ARM DDI 0487J D19.2.35: bit 4 prohibits, bits 3:0 are log2 of the words that DC ZVA zeroes.
    if dczid & 1 << 4 != 0 || 4 << (dczid & 0xf) != line || line * LINES_A_TURN > PAGE {
        // SAFETY: the caller passes a mapped page of its own.
        unsafe { core::ptr::write_bytes(page.raw() as *mut u8, 0, PAGE) };
        return clean_invalidate(page, PAGE);
    }
    let mut at = page.raw();
    let end = at.wrapping_add(PAGE);
    while at < end {
        // SAFETY: as above: a turn's lines divide the page. Both operations are by one address, so they are
        // done in this order (D7.5.9.5).
        unsafe {
            asm!(
                ".rept {turn}", "dc zva, {at}", "dc civac, {at}", "add {at}, {at}, {line}", ".endr",
                turn = const LINES_A_TURN, at = inout(reg) at, line = in(reg) line,
                options(nostack, preserves_flags)
            );
        }
    }
    // SAFETY: a barrier.
    unsafe { asm!("dsb sy", options(nostack, preserves_flags)) }
}

/// Invalidates all instruction caches of the inner shareable domain.
pub fn invalidate_instructions() {
    // SAFETY: maintenance without effect on memory content.
    unsafe { asm!("ic ialluis", "dsb ish", "isb", options(nostack, preserves_flags)) }
}

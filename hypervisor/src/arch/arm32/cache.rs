//! Cache maintenance by address.

use super::cp15::word;
use super::cpu;
use core::arch::asm;
use types::{PAGE_BYTES, VirtAddr};

/// Returns the bytes of the smallest data cache line (CTR.DminLine).
#[inline]
fn line_bytes() -> usize {
    4 << (read!(ctr) >> 16 & 0xf)
}

/// Lines that one turn of a loop handles: what a loop costs beside them is small.
const LINES_A_TURN: usize = 16;

/// Cleans and invalidates `[start, start + bytes)` to the point of coherency (DCCIMVAC).
pub fn clean_invalidate(start: VirtAddr, bytes: usize) {
    let line = line_bytes();
    let end = start.raw().wrapping_add(bytes);
    let mut at = start.align_down(line).raw();
    while end.saturating_sub(at) >= LINES_A_TURN * line {
        // SAFETY: maintenance by address changes no memory content that software sees; an unmapped
        // address faults in Hyp mode, and callers pass mapped ones.
        unsafe {
            asm!(
                ".rept {turn}", "mcr p15, 0, {at}, c7, c14, 1", "add {at}, {at}, {line}", ".endr",
                turn = const LINES_A_TURN, at = inout(reg) at, line = in(reg) line,
                options(nostack, preserves_flags)
            );
        }
    }
    while at < end {
        write!(dccimvac, word(at));
        at = at.wrapping_add(line);
    }
    cpu::dsb_sy();
}

/// Zeroes a page of Normal memory, of which nobody holds a reference.
pub fn zero_page(page: VirtAddr) {
    // SAFETY: the caller passes a mapped page of its own.
    unsafe { core::ptr::write_bytes(page.raw() as *mut u8, 0, super::to_usize(PAGE_BYTES)) }
}

/// Invalidates all instruction caches and branch predictors of the inner shareable domain.
pub fn invalidate_instructions() {
    write!(icialluis, 0);
    write!(bpiallis, 0);
    cpu::dsb_ish();
    cpu::isb();
}

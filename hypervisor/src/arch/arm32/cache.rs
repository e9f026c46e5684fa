//! Cache maintenance by address.

use super::cp15::word;
use super::cpu;
use core::arch::asm;
use types::{PAGE_BYTES, VirtAddr};

/// Bytes of a page.
const PAGE: usize = super::to_usize(PAGE_BYTES);

/// Returns the bytes of the smallest data cache line (CTR.DminLine).
#[inline]
fn line_bytes() -> usize {
    4 << (read!(ctr) >> 16 & 0xf)
}

/// Lines that one turn of a loop handles: what a loop costs beside them is small.
const LINES_A_TURN: usize = 16;
/// Bytes that one STM stores.
const STORE_BYTES: usize = 32;

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
    let mut at = page.raw();
    let end = at.wrapping_add(PAGE);
    while at < end {
        // SAFETY: the caller passes a mapped page of its own, which a turn's stores divide.
        unsafe {
            asm!(
                ".rept {turn}", "stm {at}!, {{r0-r5, r8, r12}}", ".endr",
                turn = const LINES_A_TURN, at = inout(reg) at,
                in("r0") 0, in("r1") 0, in("r2") 0, in("r3") 0, in("r4") 0, in("r5") 0, in("r8") 0,
                in("r12") 0, options(nostack, preserves_flags)
            );
        }
    }
}

const _: () = assert!(PAGE.is_multiple_of(LINES_A_TURN * STORE_BYTES));

/// Invalidates all instruction caches and branch predictors of the inner shareable domain.
pub fn invalidate_instructions() {
    write!(icialluis, 0);
    write!(bpiallis, 0);
    cpu::dsb_ish();
    cpu::isb();
}

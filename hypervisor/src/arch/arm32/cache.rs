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

/// The line that [`scrub_page`] knows: sixteen words, as all of the v7 and v8 cores with Hyp mode have.
const SCRUBBED_LINE: usize = 64;

/// Zeroes a page of Normal memory, of which nobody holds a reference, to the point of coherency.
pub fn scrub_page(page: VirtAddr) {
    const PAGE: usize = super::to_usize(PAGE_BYTES);
    if line_bytes() != SCRUBBED_LINE {
        // SAFETY: the caller passes a mapped page of its own.
        unsafe { core::ptr::write_bytes(page.raw() as *mut u8, 0, PAGE) };
        return clean_invalidate(page, PAGE);
    }
    let mut at = page.raw().wrapping_add(PAGE);
    while at > page.raw() {
        // SAFETY: as above: a turn's lines divide the page, from its end down. A line is cleaned by the address
        // that it was stored to, so that is done in this order (Arm ARM DDI 0406C B2.2.8).
        unsafe {
            asm!(
                ".rept {turn}",
                "stmdb {at}!, {{r0-r5, r8, r10}}", "stmdb {at}!, {{r0-r5, r8, r10}}", "mcr p15, 0, {at}, c7, c14, 1",
                ".endr",
                turn = const LINES_A_TURN, at = inout(reg) at,
                in("r0") 0, in("r1") 0, in("r2") 0, in("r3") 0, in("r4") 0, in("r5") 0, in("r8") 0, in("r10") 0,
                options(nostack, preserves_flags)
            );
        }
    }
    cpu::dsb_sy();
}

/// Invalidates all instruction caches and branch predictors of the inner shareable domain.
pub fn invalidate_instructions() {
    write!(icialluis, 0);
    write!(bpiallis, 0);
    cpu::dsb_ish();
    cpu::isb();
}

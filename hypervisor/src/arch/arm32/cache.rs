//! Cache maintenance by address.

use super::cp15::word;
use super::cpu;
use types::VirtAddr;

/// Returns the bytes of the smallest data cache line (CTR.DminLine).
#[inline]
fn line_bytes() -> usize {
    4 << (read!(ctr) >> 16 & 0xf)
}

/// Cleans and invalidates `[start, start + bytes)` to the point of coherency (DCCIMVAC).
pub fn clean_invalidate(start: VirtAddr, bytes: usize) {
    let line = line_bytes();
    let end = start.raw().wrapping_add(bytes);
    let mut at = start.align_down(line).raw();
    while at < end {
        write!(dccimvac, word(at));
        at = at.wrapping_add(line);
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

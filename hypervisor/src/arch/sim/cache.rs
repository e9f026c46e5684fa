//! Caches: the host's are coherent.

use super::state::{self, Event};
use types::VirtAddr;

/// Cleans and invalidates `[start, start + bytes)` to the point of coherency.
pub fn clean_invalidate(_start: VirtAddr, _bytes: usize) {}

/// Zeroes a page, of which nobody holds a reference, to the point of coherency.
pub fn scrub_page(page: VirtAddr) {
    // SAFETY: the caller passes a page of its own.
    unsafe { core::ptr::write_bytes(page.raw() as *mut u8, 0, 4096) }
}

/// Invalidates all instruction caches of the inner shareable domain.
pub fn invalidate_instructions() {
    state::note(Event::InvalidateInstructions);
}

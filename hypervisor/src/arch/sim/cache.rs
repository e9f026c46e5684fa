//! Caches: the host's are coherent.

use super::state::{self, Event};
use types::VirtAddr;

/// Cleans and invalidates `[start, start + bytes)` to the point of coherency.
pub fn clean_invalidate(_start: VirtAddr, _bytes: usize) {}

/// Invalidates all instruction caches of the inner shareable domain.
pub fn invalidate_instructions() {
    state::note(Event::InvalidateInstructions);
}

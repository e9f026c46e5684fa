//! Pages of grant tables, through the frame window.

use crate::machine::frame_window;
use core::sync::atomic::Ordering;
use gnttab::Memory;
use types::Mfn;

/// Pages by frame number. They are EL2's own, or shared and EL2's for as long as the table is.
#[derive(Clone, Copy, Debug)]
pub struct FramePages;

impl Memory for FramePages {
    #[inline]
    fn load64(&self, page: Mfn, index: usize) -> u64 {
        frame_window::read_u64(page.addr().wrapping_add(index as u64 * 8))
    }

    #[inline]
    fn store64(&self, page: Mfn, index: usize, value: u64) {
        frame_window::write_u64(page.addr().wrapping_add(index as u64 * 8), value);
    }

    #[inline]
    fn load32(&self, page: Mfn, index: usize) -> u32 {
        frame_window::with_held_word(page, index, |word| word.load(Ordering::SeqCst))
    }

    #[inline]
    fn store32(&self, page: Mfn, index: usize, value: u32) {
        frame_window::with_held_word(page, index, |word| word.store(value, Ordering::SeqCst));
    }

    #[inline]
    fn compare_exchange(&self, page: Mfn, index: usize, current: u32, new: u32) -> Result<(), u32> {
        frame_window::with_held_word(page, index, |word| {
            word.compare_exchange(current, new, Ordering::SeqCst, Ordering::SeqCst).map(|_| ())
        })
    }
}

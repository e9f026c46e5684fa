//! A page that a guest shares with EL2 and both change at will.
//!
//! EL2 touches it by atomic words only, so that nothing a guest does meanwhile is undefined.

use crate::arch::window;
use crate::machine::frame_window;
use crate::mm::hyp_space;
use core::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use types::{Mfn, PAGE_BYTES, VirtAddr};

/// A mapped page of a guest's.
///
/// Whoever makes one holds a reference to the frame for as long as it lives.
#[derive(Debug)]
pub struct SharedPage {
    mfn: Mfn,
    va: VirtAddr,
}

/// The page cannot be shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The frame is not RAM.
    NotRam,
    /// EL2 has no address space left.
    NoSpace,
}

impl SharedPage {
    /// Maps frame `mfn`.
    ///
    /// # Errors
    /// If it is not RAM, or EL2's address space is full.
    pub fn map(mfn: Mfn) -> Result<Self, Error> {
        let pa = mfn.addr();
        if !frame_window::is_ram(pa, PAGE_BYTES) {
            return Err(Error::NotRam);
        }
        let va = match window::permanent(pa) {
            Some(va) => va,
            None => hyp_space::map_shared(pa).map_err(|_| Error::NoSpace)?,
        };
        Ok(Self { mfn, va })
    }

    /// Returns the frame.
    pub fn mfn(&self) -> Mfn {
        self.mfn
    }

    #[inline]
    fn word<T>(&self, offset: usize) -> Option<&T> {
        let fits = offset.checked_add(size_of::<T>())? <= PAGE_BYTES as usize;
        if !fits || offset % size_of::<T>() != 0 {
            return None;
        }
        // SAFETY: (1) the page is mapped while `self` lives; (2) the offset is aligned and inside it;
        // (3) T is an atomic integer (the callers below), for which every bit pattern is valid and
        // concurrent change by the guest is an atomic access of another observer.
        unsafe { Some(&*((self.va.raw() + offset) as *const T)) }
    }

    /// Returns the byte at `offset`.
    #[inline]
    pub fn u8(&self, offset: usize) -> Option<&AtomicU8> {
        self.word(offset)
    }

    /// Returns the aligned 32-bit word at `offset`.
    #[inline]
    pub fn u32(&self, offset: usize) -> Option<&AtomicU32> {
        self.word(offset)
    }

    /// Returns the aligned 64-bit word at `offset`.
    #[inline]
    pub fn u64(&self, offset: usize) -> Option<&AtomicU64> {
        self.word(offset)
    }

    /// Writes bytes one by one; what lies outside the page is dropped.
    pub fn write(&self, offset: usize, bytes: &[u8]) {
        for (at, byte) in bytes.iter().enumerate() {
            if let Some(cell) = self.u8(offset.wrapping_add(at)) {
                cell.store(*byte, Ordering::Relaxed);
            }
        }
    }

    /// Reads bytes one by one; what lies outside the page is left as it is.
    pub fn read(&self, offset: usize, bytes: &mut [u8]) {
        for (at, byte) in bytes.iter_mut().enumerate() {
            if let Some(cell) = self.u8(offset.wrapping_add(at)) {
                *byte = cell.load(Ordering::Relaxed);
            }
        }
    }
}

impl Drop for SharedPage {
    fn drop(&mut self) {
        if window::permanent(self.mfn.addr()).is_none() {
            hyp_space::unmap_shared(self.va);
        }
    }
}

//! A reference to a frame, as a value that gives it back when it goes.

use super::frames;
use core::num::NonZeroU64;
use types::{DomId, Mfn};

/// A reference to a frame: while it lives, the frame is nobody else's.
#[derive(Debug, PartialEq, Eq)]
pub struct Reference {
    /// The frame's number and one, so that `Option<Reference>` is a word.
    number: NonZeroU64,
}

impl Reference {
    /// Takes a reference to a frame of `owner`'s memory.
    ///
    /// # Errors
    /// If it is not a frame of that domain's memory, or all that can be counted are taken.
    pub fn take(mfn: Mfn, owner: DomId) -> Result<Self, frames::Error> {
        frames::get(mfn, owner)?;
        Ok(Self::adopt(mfn))
    }

    /// Makes a value of a reference that was counted before, and that the caller gives away by this.
    pub fn adopt(mfn: Mfn) -> Self {
        // A frame's number has 36 bits.
        Self { number: NonZeroU64::MIN.saturating_add(mfn.raw()) }
    }

    /// Returns the frame and leaves the reference counted: whoever holds the number now gives it back.
    pub fn leak(self) -> Mfn {
        let mfn = self.mfn();
        core::mem::forget(self);
        mfn
    }

    /// Returns the frame.
    #[inline]
    pub fn mfn(&self) -> Mfn {
        Mfn::new(self.number.get() - 1)
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        frames::put(self.mfn());
    }
}

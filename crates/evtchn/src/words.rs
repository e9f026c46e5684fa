//! The words a domain shares with the hypervisor, and how they are changed.

use types::{Mfn, PAGE_BYTES};

/// A 32-bit little-endian word of guest memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Word {
    /// The frame it is in.
    pub frame: Mfn,
    /// Its index in the frame, 0 to 1023.
    pub index: usize,
}

/// How guest memory is reached; the kernel implements it on its window to frames.
///
/// Frames given to this crate must stay mapped or mappable until it has let go of them. All accesses
/// are sequentially consistent with each other and with the guest's.
pub trait SharedWords {
    /// Reads a word.
    fn load(&self, word: Word) -> u32;

    /// Writes a word that only the hypervisor writes.
    fn store(&self, word: Word, value: u32);

    /// Tries once to change a word from `current` to `new`; may fail without a cause.
    ///
    /// # Errors
    /// The value that was seen.
    fn compare_exchange(&self, word: Word, current: u32, new: u32) -> Result<(), u32>;

    /// Replaces a word's value by `change` of it, as [`update`] does, and returns the value before and
    /// whether it was written.
    ///
    /// # Errors
    /// As [`update`].
    #[inline]
    fn update(&self, word: Word, change: impl Fn(u32) -> u32) -> Result<(u32, Change), Hostile> {
        update(self.load(word), change, |current, new| self.compare_exchange(word, current, new))
    }
}

/// The place of a structure in guest memory: 8-byte aligned and within one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    frame: Mfn,
    first: usize,
}

impl Place {
    /// Describes the place of a structure of `size_bytes` at `offset` of a frame, or returns `None`
    /// where it would not be aligned or would cross the frame's end.
    pub const fn new(frame: Mfn, offset: usize, size_bytes: usize) -> Option<Self> {
        let fits = match offset.checked_add(size_bytes) {
            Some(end) => end as u64 <= PAGE_BYTES,
            None => false,
        };
        if !fits || offset & 7 != 0 {
            return None;
        }
        Some(Self { frame, first: offset >> 2 })
    }

    /// Returns the frame.
    pub const fn frame(self) -> Mfn {
        self.frame
    }

    /// Returns the word at `bytes` into the structure.
    pub const fn word(self, bytes: usize) -> Word {
        Word { frame: self.frame, index: self.first.wrapping_add(bytes >> 2) }
    }
}

/// The guest kept a word from being updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hostile;

/// How often an update is tried. A failure takes a write by the guest to the same granule within a
/// few instructions, so that an honest guest causes a handful in a row at most.
pub(crate) const RETRIES: usize = 512;

/// Replaces a value, `current` when it was read, by `change` of it, and returns the value before and whether
/// it was written: where both are equal it is not. `exchange` tries once, and may fail without a cause.
///
/// # Errors
/// If the guest interferes 512 times in a row.
#[inline]
pub fn update(
    current: u32,
    change: impl Fn(u32) -> u32,
    exchange: impl Fn(u32, u32) -> Result<(), u32>,
) -> Result<(u32, Change), Hostile> {
    let new = change(current);
    if new == current {
        return Ok((current, Change::Unneeded));
    }
    // Nearly always nobody interferes.
    match exchange(current, new) {
        Ok(()) => Ok((current, Change::Made)),
        Err(seen) => update_again(seen, change, exchange),
    }
}

/// Goes on after a first attempt.
#[cold]
fn update_again(
    mut current: u32,
    change: impl Fn(u32) -> u32,
    exchange: impl Fn(u32, u32) -> Result<(), u32>,
) -> Result<(u32, Change), Hostile> {
    for _ in 1..RETRIES {
        let new = change(current);
        if new == current {
            return Ok((current, Change::Unneeded));
        }
        match exchange(current, new) {
            Ok(()) => return Ok((current, Change::Made)),
            Err(seen) => current = seen,
        }
    }
    Err(Hostile)
}

/// Whether a word had to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was.
    Made,
    /// It was already as wanted.
    Unneeded,
}

/// Sets the bits of `mask` and says whether any was clear.
#[inline]
pub(crate) fn set<W: SharedWords>(words: &W, word: Word, mask: u32) -> Result<Change, Hostile> {
    words.update(word, |w| w | mask).map(|(_, change)| change)
}

/// Clears the bits of `mask` and says whether any was set.
#[inline]
pub(crate) fn clear<W: SharedWords>(words: &W, word: Word, mask: u32) -> Result<Change, Hostile> {
    words.update(word, |w| w & !mask).map(|(_, change)| change)
}

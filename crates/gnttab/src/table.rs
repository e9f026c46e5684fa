//! The frames of a table.

use crate::active::{STATE_PAGES, State};
use crate::entry::{ENTRIES_PER_FRAME, Entry, GrantRef};
use crate::error::Error;
use alloc::vec::Vec;
use types::{Gfn, Mfn};

/// Frames that a table may have where nobody says otherwise: Xen's own default.
pub const DEFAULT_MAX_FRAMES: u32 = 64;

/// A frame of a table.
struct Frame {
    mfn: Mfn,
    /// Where the state of its entries is.
    state: [Mfn; STATE_PAGES],
    /// Where the guest has mapped it.
    gfn: Option<Gfn>,
}

/// A domain's grant table.
pub struct GrantTable {
    frames: Vec<Frame>,
    max_frames: u32,
    /// The lowest and the highest number where a frame ever was mapped.
    hull: Option<(Gfn, Gfn)>,
    /// How far the last frame that was mapped is from its number: those mapped in a row have the same.
    offset: u64,
}

impl GrantTable {
    /// Makes a table without a frame that may have up to `max_frames`.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn new(max_frames: u32) -> Result<Self, Error> {
        let mut frames = Vec::new();
        let wanted = usize::try_from(max_frames).map_err(|_| Error::OutOfMemory)?;
        frames.try_reserve_exact(wanted).map_err(|_| Error::OutOfMemory)?;
        Ok(Self { frames, max_frames, hull: None, offset: 0 })
    }

    /// Returns how many frames the table has (`GNTTABOP_query_size`).
    pub fn nr_frames(&self) -> u32 {
        // A table never has more than its maximum.
        u32::try_from(self.frames.len()).unwrap_or(self.max_frames)
    }

    /// Returns how many frames the table may have.
    pub const fn max_frames(&self) -> u32 {
        self.max_frames
    }

    /// Returns how many frames must be lent until the table has `nr_frames`
    /// (`GNTTABOP_setup_table`, and `XENMEM_add_to_physmap` of frame `nr_frames - 1`).
    ///
    /// # Errors
    /// If it may not have so many.
    pub fn missing(&self, nr_frames: u32) -> Result<u32, Error> {
        if nr_frames > self.max_frames {
            return Err(Error::TooManyFrames);
        }
        Ok(nr_frames.saturating_sub(self.nr_frames()))
    }

    /// Adds a zeroed frame at the table's end, and zeroed pages of the hypervisor's own for its entries.
    ///
    /// # Errors
    /// If the table has all it may have; the caller keeps all of them.
    pub fn lend(&mut self, frame: Mfn, state: [Mfn; STATE_PAGES]) -> Result<(), Error> {
        if self.nr_frames() >= self.max_frames {
            return Err(Error::TooManyFrames);
        }
        self.frames.push(Frame { mfn: frame, state, gfn: None });
        Ok(())
    }

    /// Returns a frame.
    ///
    /// # Errors
    /// If the table has no such frame.
    pub fn frame(&self, index: usize) -> Result<Mfn, Error> {
        self.frames.get(index).map(|frame| frame.mfn).ok_or(Error::NoFrame)
    }

    /// Returns where the guest has mapped a frame, as `GNTTABOP_setup_table` lists it.
    ///
    /// # Errors
    /// If the table has no such frame.
    pub fn gfn(&self, index: usize) -> Result<Option<Gfn>, Error> {
        self.frames.get(index).map(|frame| frame.gfn).ok_or(Error::NoFrame)
    }

    /// Records that the guest has mapped a frame at `gfn`, and returns where it was before: that
    /// mapping is to be removed.
    ///
    /// # Errors
    /// If the table has no such frame.
    pub fn set_gfn(&mut self, index: usize, gfn: Gfn) -> Result<Option<Gfn>, Error> {
        let frame = self.frames.get_mut(index).ok_or(Error::NoFrame)?;
        let (low, high) = self.hull.unwrap_or((gfn, gfn));
        self.hull = Some((low.min(gfn), high.max(gfn)));
        self.offset = gfn.raw().wrapping_sub(index as u64);
        Ok(frame.gfn.replace(gfn).filter(|old| *old != gfn))
    }

    /// Forgets what the guest has mapped from `first` to `last` (`XENMEM_remove_from_physmap`).
    pub fn clear_gfns(&mut self, first: Gfn, last: Gfn) {
        if self.hull.is_none_or(|(low, high)| last < low || first > high) {
            return;
        }
        // A frame number has one frame, and frames mostly follow each other.
        if let Some(frame) = self.likely(first).filter(|_| first == last) {
            frame.gfn = None;
            return;
        }
        for frame in &mut self.frames {
            frame.gfn = frame.gfn.filter(|gfn| *gfn < first || *gfn > last);
        }
    }

    /// The frame that is mapped at `gfn`, if frames are mapped one behind the other.
    fn likely(&mut self, gfn: Gfn) -> Option<&mut Frame> {
        let index = usize::try_from(gfn.raw().wrapping_sub(self.offset)).ok()?;
        self.frames.get_mut(index).filter(|frame| frame.gfn == Some(gfn))
    }

    /// Lists the frames, for their release at the domain's end.
    pub fn frames(&self) -> impl Iterator<Item = Mfn> {
        self.frames.iter().map(|frame| frame.mfn)
    }

    /// Lists the pages for the entries' state, for their release.
    pub fn state_pages(&self) -> impl Iterator<Item = Mfn> {
        self.frames.iter().flat_map(|frame| frame.state)
    }

    /// Finds an entry and its state.
    #[inline]
    pub(crate) fn place(&self, grant: GrantRef) -> Result<(Entry, State), Error> {
        let number = usize::try_from(grant.raw()).map_err(|_| Error::BadRef)?;
        let frame = self.frames.get(number / ENTRIES_PER_FRAME).ok_or(Error::BadRef)?;
        let index = number % ENTRIES_PER_FRAME;
        let state = State::of(&frame.state, index).ok_or(Error::BadRef)?;
        Ok((Entry { frame: frame.mfn, index }, state))
    }
}

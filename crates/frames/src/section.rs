//! The frames of one GiB of address space and their free blocks.
//!
//! A GiB is 512 chunks of 512 frames. While all frames of a chunk are alike, the chunk's own entry
//! says what each of them is and theirs are not even initialised: memory that is never told apart
//! costs an entry for 2 MiB, and blocks of a chunk and more live in the chunks' lists. The first
//! change to a part of a chunk splits it; a split chunk that is all free becomes one piece again, at
//! once if all of it is dirty or none, else when so large a block is asked for: scrubbing in small
//! steps would never end otherwise.
//!
//! No block reaches out of a section. An index counts from the GiB's first frame, whether or not that
//! is RAM.

use crate::blocks::{Blocks, TOP};
use crate::info::{FrameInfo, State};
use crate::{Contents, Usage};
use types::Mfn;

/// The largest block: 1 GiB.
pub const MAX_ORDER: u32 = 2 * TOP;
/// Entries that a section needs beside those of its frames: one for each chunk of its GiB.
pub const CHUNK_ENTRIES: usize = 1 << TOP;
/// Frames of a whole section.
pub(crate) const SECTION_FRAMES: u64 = 1 << MAX_ORDER;
/// Frames of a chunk.
const CHUNK_FRAMES: u32 = 1 << TOP;

pub(crate) struct Section<'a> {
    /// The GiB's first frame.
    base: u64,
    chunks: Blocks<'a>,
    /// The frames; initialised and linked are those of split chunks.
    frames: Blocks<'a>,
    free: u32,
    dirty: u32,
}

/// A part of a run of frames.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    /// Whole chunks, by number: first, one after the last.
    Chunks(u32, u32),
    /// Frames of one chunk: first, one after the last.
    Frames(u32, u32),
}

impl<'a> Section<'a> {
    /// Makes a section of absent frames from `first` on, which must not leave its GiB.
    pub fn new(first: Mfn, storage: &'a mut [FrameInfo]) -> Option<Self> {
        let base = first.raw() & !(SECTION_FRAMES - 1);
        let offset = u32::try_from(first.raw() - base).ok()?;
        let (chunks, frames) = storage.split_at_mut_checked(CHUNK_ENTRIES)?;
        if frames.is_empty() || u64::from(offset) + frames.len() as u64 > SECTION_FRAMES {
            return None;
        }
        chunks.fill(FrameInfo::default());
        let (chunks, frames) = (Blocks::new(0, chunks), Blocks::new(offset, frames));
        Some(Self { base, chunks, frames, free: 0, dirty: 0 })
    }

    #[inline]
    pub fn base(&self) -> u64 {
        self.base
    }

    pub fn free_frames(&self) -> u64 {
        self.free.into()
    }

    pub fn dirty_frames(&self) -> u64 {
        self.dirty.into()
    }

    /// The index of a frame of the section's GiB.
    pub fn index(&self, frame: u64) -> u32 {
        (frame & (SECTION_FRAMES - 1)) as u32
    }

    pub fn mfn(&self, index: u32) -> Mfn {
        Mfn::new(self.base + u64::from(index))
    }

    /// What is known of a frame: its own entry's word or its chunk's, which is then no head's.
    pub fn get(&self, index: u32) -> Option<FrameInfo> {
        let own = self.frames.get(index)?;
        let chunk = self.chunks.get(index >> TOP)?;
        Some(if chunk.state() == State::Split { *own } else { *chunk })
    }

    /// A frame's own entry, if its chunk is split.
    #[inline]
    pub fn own_mut(&mut self, index: u32) -> Option<&mut FrameInfo> {
        if !self.chunks.get(index >> TOP)?.is_split() {
            return None;
        }
        self.frames.get_mut(index)
    }

    /// A used frame's own entry, to be changed.
    pub fn used_mut(&mut self, index: u32) -> Option<&mut FrameInfo> {
        let State::Used(_) = self.get(index)?.state() else { return None };
        self.split(index >> TOP);
        self.frames.get_mut(index)
    }

    /// Checks that the section has all of `start..end` and that `accept` takes each.
    ///
    /// # Errors
    /// The first frame that is not there or not taken, with what `accept` says in the second case.
    pub fn check<E>(
        &self,
        start: u32,
        end: u32,
        accept: impl Fn(&FrameInfo) -> Result<(), E>,
    ) -> Result<(), (u32, Option<E>)> {
        self.frames.slice(start, end).ok_or((start, None))?;
        for chunk in start >> TOP..(end + CHUNK_FRAMES - 1) >> TOP {
            let from = start.max(chunk << TOP);
            match self.chunks.get(chunk) {
                Some(info) if info.state() != State::Split => accept(info).map_err(|e| (from, Some(e)))?,
                _ => {
                    let infos = self.frames.slice(from, end.min((chunk + 1) << TOP)).unwrap_or_default();
                    for (index, info) in (from..).zip(infos) {
                        accept(info).map_err(|e| (index, Some(e)))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes a block of `order`, the lowest of the smallest that are large enough by list order.
    pub fn alloc(&mut self, order: u32, usage: Usage) -> Option<u32> {
        if let Some(chunks) = order.checked_sub(TOP) {
            let chunk = self.chunks.take(chunks).or_else(|| {
                self.join_all();
                self.chunks.take(chunks)
            })?;
            self.use_part(Part::Chunks(chunk, chunk + (1 << chunks)), usage);
            return Some(chunk << TOP);
        }
        let head = self.frames.take(order).or_else(|| {
            let chunk = self.chunks.take(0)?;
            self.split(chunk);
            self.frames.keep_low(chunk << TOP, TOP, order);
            Some(chunk << TOP)
        })?;
        self.use_part(Part::Frames(head, head + (1 << order)), usage);
        Some(head)
    }

    /// Takes `start..end`, all of them free.
    pub fn alloc_at(&mut self, start: u32, end: u32, usage: Usage) {
        for part in parts(start, end) {
            match part {
                Part::Chunks(first, after) => self.take_chunks(first, after),
                Part::Frames(from, to) => self.take_frames(from, to),
            }
            self.use_part(part, usage);
        }
    }

    /// Takes whole chunks off the lists.
    fn take_chunks(&mut self, first: u32, after: u32) {
        for chunk in first..after {
            if self.is_split(chunk) {
                self.frames.take_at(chunk << TOP, (chunk + 1) << TOP);
                self.join(chunk);
            }
        }
        self.chunks.take_at(first, after);
    }

    /// Takes some of a chunk's frames off the lists.
    fn take_frames(&mut self, start: u32, end: u32) {
        let chunk = start >> TOP;
        if self.is_split(chunk) {
            return self.frames.take_at(start, end);
        }
        self.chunks.take_at(chunk, chunk + 1);
        self.split(chunk);
        self.frames.carve(chunk << TOP, TOP, (start, end));
    }

    /// Frees `start..end`, none of which is free, merging with free neighbours.
    pub fn free(&mut self, start: u32, end: u32, contents: Contents) {
        self.free += end - start;
        let dirty = contents == Contents::Dirty;
        if dirty {
            self.dirty += end - start;
        }
        for part in parts(start, end) {
            match part {
                Part::Chunks(first, after) => {
                    self.chunks.slice_mut(first, after).fill(FrameInfo::free_tail(contents));
                    self.give_chunks(first, after);
                }
                Part::Frames(from, to) => {
                    self.split(from >> TOP);
                    self.frames.slice_mut(from, to).fill(FrameInfo::free_tail(contents));
                    if dirty && let Some(chunk) = self.chunks.get_mut(from >> TOP) {
                        chunk.set_split_dirty(chunk.split_dirty() + to - from);
                    }
                    if let Some(head) = self.frames.give(from, to) {
                        self.join_alike(head);
                    }
                }
            }
        }
    }

    /// Makes one piece of a split chunk whose frames are all free, unless only some of them are dirty.
    fn join_alike(&mut self, head: u32) {
        match self.split_dirty(head >> TOP) {
            0 | CHUNK_FRAMES => self.join(head >> TOP),
            _ => self.frames.link(head, TOP),
        }
    }

    /// Makes one piece of each split chunk whose frames are all free.
    fn join_all(&mut self) {
        while let Some(head) = self.frames.take(TOP) {
            self.join(head >> TOP);
        }
    }

    fn split_dirty(&self, chunk: u32) -> u32 {
        self.chunks.get(chunk).map_or(0, |chunk| chunk.split_dirty())
    }

    /// Makes one piece of a split chunk whose frames are all free and unlinked; one dirty frame makes it dirty.
    fn join(&mut self, chunk: u32) {
        let dirty = self.split_dirty(chunk);
        let contents = if dirty == 0 { Contents::Clean } else { Contents::Dirty };
        if dirty > 0 {
            self.dirty += CHUNK_FRAMES - dirty;
        }
        self.chunks.slice_mut(chunk, chunk + 1).fill(FrameInfo::free_tail(contents));
        self.give_chunks(chunk, chunk + 1);
    }

    fn give_chunks(&mut self, first: u32, after: u32) {
        if let Some(all) = self.chunks.give(first, after) {
            self.chunks.link(all, TOP);
        }
    }

    /// Finds dirty free frames from `from` on: at most `max`, in one run, within `scan` frames.
    ///
    /// Returns the run, or where to go on.
    pub fn find_dirty(&self, from: u32, max: u32, scan: u32) -> Result<(u32, u32), u32> {
        let (first, after) = self.frames.bounds();
        let mut at = from.max(first);
        let stop = after.min(from.saturating_add(scan));
        while at < stop {
            let chunk_end = ((at >> TOP) + 1) << TOP;
            if !self.is_split(at >> TOP) && !self.is_dirty_free(at) {
                at = chunk_end;
                continue;
            }
            if self.is_dirty_free(at) {
                let most = chunk_end.min(after).min(at.saturating_add(max));
                return Ok((at, (at..most).find(|index| !self.is_dirty_free(*index)).unwrap_or(most)));
            }
            at += 1;
        }
        Err(at.min(stop))
    }

    fn is_dirty_free(&self, index: u32) -> bool {
        self.get(index).is_some_and(|info| {
            matches!(info.state(), State::FreeHead(_) | State::FreeTail) && info.contents() == Contents::Dirty
        })
    }

    /// Whether the section's frames end at or before `index`.
    pub fn ends_by(&self, index: u32) -> bool {
        index >= self.frames.bounds().1
    }

    fn is_split(&self, chunk: u32) -> bool {
        self.chunks.get(chunk).is_some_and(|info| info.state() == State::Split)
    }

    /// Gives a chunk's frames entries of their own. If the chunk is free it is on no list any more.
    fn split(&mut self, chunk: u32) {
        let Some(info) = self.chunks.get_mut(chunk) else { return };
        let (first, after) = self.frames.bounds();
        let each = match info.state() {
            State::Split => return,
            State::FreeHead(_) | State::FreeTail => FrameInfo::free_tail(info.contents()),
            State::Absent | State::Used(_) => *info,
        };
        let is_free = matches!(each.state(), State::FreeTail);
        let dirty = if is_free && each.contents() == Contents::Dirty { CHUNK_FRAMES } else { 0 };
        *info = FrameInfo::split(dirty);
        let (start, end) = ((chunk << TOP).max(first), ((chunk + 1) << TOP).min(after));
        self.frames.slice_mut(start, end).fill(each);
    }

    /// Notes that what has been taken off the lists is used.
    fn use_part(&mut self, part: Part, usage: Usage) {
        let used = FrameInfo::new_used(usage);
        let (infos, each) = match part {
            Part::Chunks(first, after) => (self.chunks.slice_mut(first, after), CHUNK_FRAMES),
            Part::Frames(start, end) => (self.frames.slice_mut(start, end), 1),
        };
        let mut dirty = 0;
        for info in infos.iter_mut() {
            dirty += if info.contents() == Contents::Dirty { each } else { 0 };
            info.set_used(used);
        }
        self.dirty -= dirty;
        match part {
            Part::Chunks(first, after) => self.free -= (after - first) << TOP,
            Part::Frames(start, end) => {
                self.free -= end - start;
                if let Some(chunk) = self.chunks.get_mut(start >> TOP) {
                    chunk.set_split_dirty(chunk.split_dirty() - dirty);
                }
            }
        }
    }
}

/// Cuts `start..end` into whole chunks and what is left at its ends.
fn parts(start: u32, end: u32) -> impl Iterator<Item = Part> {
    let mut at = start;
    core::iter::from_fn(move || {
        let from = at;
        let whole = end >> TOP << TOP;
        if from >= end {
            return None;
        }
        if from.trailing_zeros() >= TOP && from < whole {
            at = whole;
            return Some(Part::Chunks(from >> TOP, whole >> TOP));
        }
        at = end.min(((from >> TOP) + 1) << TOP);
        Some(Part::Frames(from, at))
    })
}

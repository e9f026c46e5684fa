//! All frames of the machine: allocation, ownership, references.

use crate::info::{FrameInfo, State};
use crate::section::{MAX_ORDER, SECTION_FRAMES, Section};
use crate::{Contents, FrameKind, Usage};
use alloc::collections::TryReserveError;
use alloc::vec::Vec;
use types::{DomId, Mfn, PhysAddr, PhysRange};

/// The frame table: sections in ascending order.
pub struct FrameTable<'a> {
    sections: Vec<Section<'a>>,
}

/// Why an operation was refused. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// A section beyond the capacity, one of a GiB that has one, or one that leaves its GiB.
    BadSection,
    /// No section has this frame.
    NoSection(Mfn),
    /// The frame is present already, is not free, or is not used, as the operation needs.
    State(Mfn),
    /// The frame is another owner's or of another kind.
    Owner(Mfn),
    /// Other references to the frame are left, or no more can be counted.
    References(Mfn),
    /// The order is beyond [`MAX_ORDER`], or the block is not aligned to it.
    BadOrder,
}

/// An error that names a frame.
type AtFrame = fn(Mfn) -> Error;

/// Where an allocation may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// Anywhere; the highest memory first, to leave what simple devices reach.
    Any,
    /// Below an address; one inside a GiB counts as that GiB's start.
    Below(PhysAddr),
}

/// A block just allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocated {
    /// The first frame, a multiple of the block's frames.
    pub mfn: Mfn,
    /// Whether any frame needs scrubbing before another domain sees it.
    pub contents: Contents,
}

/// What a used frame is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// Owner and purpose.
    pub usage: Usage,
    /// References; 0 once the last was put and the frame waits to be freed.
    pub references: u32,
}

/// What putting a reference left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// The frame has other references.
    Kept,
    /// That was the last: the caller frees the frame.
    Last,
}

/// How much is free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Free frames.
    pub free_frames: u64,
    /// Those of them that need scrubbing.
    pub dirty_frames: u64,
}

impl<'a> FrameTable<'a> {
    /// Makes a table with room for `sections` sections.
    ///
    /// # Errors
    /// If that memory cannot be had.
    pub fn with_capacity(sections: usize) -> Result<Self, TryReserveError> {
        let mut table = Self { sections: Vec::new() };
        table.sections.try_reserve_exact(sections)?;
        Ok(table)
    }

    /// Lends storage for the frames from `first` on, which may not leave their GiB; they are absent yet.
    ///
    /// Of the entries, whatever they hold, [`CHUNK_ENTRIES`](crate::CHUNK_ENTRIES) are for the chunks and
    /// each further one is for a frame.
    ///
    /// # Errors
    /// [`Error::BadSection`].
    pub fn add_section(&mut self, first: Mfn, storage: &'a mut [FrameInfo]) -> Result<(), Error> {
        let section = Section::new(first, storage).ok_or(Error::BadSection)?;
        match self.sections.binary_search_by_key(&section.base(), Section::base) {
            Err(at) if self.sections.len() < self.sections.capacity() => {
                self.sections.insert(at, section);
                Ok(())
            }
            _ => Err(Error::BadSection),
        }
    }

    /// Frees the whole pages inside `range` for the first time.
    ///
    /// # Errors
    /// [`Error::NoSection`], or [`Error::State`] for a frame that was added before.
    pub fn add_region(&mut self, range: PhysRange, contents: Contents) -> Result<(), Error> {
        let Some(range) = range.pages_inside() else { return Ok(()) };
        self.check(range, |info| if info.state() == State::Absent { Ok(()) } else { Err(Error::State) })?;
        self.each_section(range, |section, start, end| section.free(start, end, contents));
        Ok(())
    }

    /// Allocates 2^`order` frames with one reference each, or `None` if there are none together.
    pub fn alloc(&mut self, order: u32, within: Within, usage: Usage) -> Option<Allocated> {
        if order > MAX_ORDER {
            return None;
        }
        let end = match within {
            Within::Any => self.sections.len(),
            Within::Below(limit) => {
                self.sections.partition_point(|s| s.base() + SECTION_FRAMES <= limit.frame().raw())
            }
        };
        self.sections.get_mut(..end)?.iter_mut().rev().find_map(|section| {
            let dirty = section.dirty_frames();
            let index = section.alloc(order, usage)?;
            let contents = if section.dirty_frames() == dirty { Contents::Clean } else { Contents::Dirty };
            Some(Allocated { mfn: section.mfn(index), contents })
        })
    }

    /// Allocates exactly the pages that `range` touches, all of them free, with one reference each.
    ///
    /// # Errors
    /// [`Error::NoSection`], or [`Error::State`] naming the first frame that is not free.
    pub fn alloc_at(&mut self, range: PhysRange, usage: Usage) -> Result<(), Error> {
        let range = range.pages_touched().ok_or(Error::NoSection(range.start().frame()))?;
        self.check(range, |info| match info.state() {
            State::FreeHead(_) | State::FreeTail => Ok(()),
            _ => Err(Error::State),
        })?;
        self.each_section(range, |section, start, end| section.alloc_at(start, end, usage));
        Ok(())
    }

    /// Frees 2^`order` used frames, none of which has a reference but its first.
    ///
    /// # Errors
    /// [`Error::State`] for a frame not in use, [`Error::References`], [`Error::BadOrder`].
    pub fn free(&mut self, mfn: Mfn, order: u32, contents: Contents) -> Result<(), Error> {
        if order > MAX_ORDER || mfn.raw() & ((1 << order) - 1) != 0 {
            return Err(Error::BadOrder);
        }
        let range =
            PhysRange::new(mfn.checked_addr().ok_or(Error::NoSection(mfn))?, types::PAGE_BYTES << order)
                .map_err(|_| Error::NoSection(mfn))?;
        self.free_range(range, contents)
    }

    /// Frees the whole pages of `range`, as [`free`](Self::free).
    ///
    /// # Errors
    /// As [`free`](Self::free).
    pub fn free_range(&mut self, range: PhysRange, contents: Contents) -> Result<(), Error> {
        let range = range.pages_inside().ok_or(Error::BadOrder)?;
        self.check(range, |info| match info.state() {
            State::Used(_) if info.references() <= 1 => Ok(()),
            State::Used(_) => Err(Error::References),
            _ => Err(Error::State),
        })?;
        self.each_section(range, |section, start, end| section.free(start, end, contents));
        Ok(())
    }

    /// Returns what a frame is used for, or `None` if it is free or no memory of the table's.
    pub fn used(&self, mfn: Mfn) -> Option<Used> {
        let info = self.info(mfn)?;
        match info.state() {
            State::Used(kind) => {
                Some(Used { usage: Usage { owner: info.owner(), kind }, references: info.references() })
            }
            _ => None,
        }
    }

    /// Tells whether a frame has this use.
    pub fn is_used_as(&self, mfn: Mfn, usage: Usage) -> bool {
        self.info(mfn).is_some_and(|info| info.is_used_as(FrameInfo::new_used(usage)))
    }

    /// Tells whether every frame of whole pages has this use.
    pub fn all_used(&self, range: PhysRange, usage: Usage) -> bool {
        let used = FrameInfo::new_used(usage);
        let same = |info: &FrameInfo| {
            if info.is_used_as(used) { Ok(()) } else { Err(Error::Owner as AtFrame) }
        };
        self.check(range, same).is_ok()
    }

    /// Tells whether a used frame has not been scrubbed since its last owner.
    pub fn is_dirty(&self, mfn: Mfn) -> bool {
        self.info(mfn).is_some_and(|i| i.contents() == Contents::Dirty)
    }

    /// Takes another reference to a frame that `owner` owns and may share.
    ///
    /// # Errors
    /// [`Error::State`] if it is not in use or its last reference is put, [`Error::Owner`],
    /// [`Error::References`] if the count is full.
    #[inline]
    pub fn get(&mut self, mfn: Mfn, owner: DomId) -> Result<(), Error> {
        if let Some(info) = self.own_mut(mfn)
            && info.get_shared(owner)
        {
            return Ok(());
        }
        self.get_first(mfn, owner)
    }

    /// As [`get`](Self::get), for a frame that shares its entry with others, or that is refused.
    #[inline(never)]
    fn get_first(&mut self, mfn: Mfn, owner: DomId) -> Result<(), Error> {
        let info = self.info(mfn).ok_or(Error::NoSection(mfn))?;
        match info.state() {
            State::Used(_) if info.references() == 0 => return Err(Error::State(mfn)),
            State::Used(FrameKind::Ram | FrameKind::Shared) if info.owner() == owner => {}
            State::Used(_) => return Err(Error::Owner(mfn)),
            _ => return Err(Error::State(mfn)),
        }
        let more = info.references().checked_add(1).ok_or(Error::References(mfn))?;
        self.used_mut(mfn).ok_or(Error::NoSection(mfn))?.set_references(more);
        Ok(())
    }

    /// Gives a reference back.
    ///
    /// # Errors
    /// [`Error::State`] if the frame is not in use or has none.
    #[inline]
    pub fn put(&mut self, mfn: Mfn) -> Result<Put, Error> {
        if let Some(info) = self.own_mut(mfn)
            && info.put_one_of_several()
        {
            return Ok(Put::Kept);
        }
        self.put_last(mfn)
    }

    /// As [`put`](Self::put), for the last reference, or one that there is not.
    #[inline(never)]
    fn put_last(&mut self, mfn: Mfn) -> Result<Put, Error> {
        let info = self.info(mfn).ok_or(Error::NoSection(mfn))?;
        let State::Used(_) = info.state() else { return Err(Error::State(mfn)) };
        let fewer = info.references().checked_sub(1).ok_or(Error::State(mfn))?;
        self.used_mut(mfn).ok_or(Error::NoSection(mfn))?.set_references(fewer);
        Ok(if fewer == 0 { Put::Last } else { Put::Kept })
    }

    /// Gives a frame with no reference but its first to another use.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Owner`] if it is not used as `from` says, [`Error::References`].
    pub fn transfer(&mut self, mfn: Mfn, from: Usage, to: Usage) -> Result<(), Error> {
        let used = self.used(mfn).ok_or(Error::State(mfn))?;
        if used.usage != from {
            return Err(Error::Owner(mfn));
        }
        if used.references != 1 {
            return Err(Error::References(mfn));
        }
        let info = self.used_mut(mfn).ok_or(Error::NoSection(mfn))?;
        info.set_used(FrameInfo::new_used(to));
        Ok(())
    }

    /// Takes dirty free frames to be scrubbed: at most `max_frames` in one run, looking at `scan` frames.
    ///
    /// `cursor` remembers where to go on. The frames are in use until the caller frees them, clean.
    pub fn take_dirty(&mut self, cursor: &mut Mfn, max_frames: u32, scan: u32) -> Option<PhysRange> {
        let at = self.sections.partition_point(|s| s.base() + SECTION_FRAMES <= cursor.raw());
        let Some(section) = self.sections.get_mut(at) else {
            *cursor = Mfn::new(0);
            return None;
        };
        let next_section = Mfn::new(section.base() + SECTION_FRAMES);
        if section.dirty_frames() == 0 {
            *cursor = next_section;
            return None;
        }
        let from = if cursor.raw() > section.base() { section.index(cursor.raw()) } else { 0 };
        let (start, end) = match section.find_dirty(from, max_frames, scan) {
            Ok(run) => run,
            Err(go_on) => {
                *cursor = if section.ends_by(go_on) { next_section } else { section.mfn(go_on) };
                return None;
            }
        };
        *cursor = Mfn::new(section.base() + u64::from(end));
        section.alloc_at(start, end, Usage::HYPERVISOR);
        PhysRange::from_bounds(section.mfn(start).addr(), section.mfn(end).addr()).ok()
    }

    /// Returns how much is free.
    pub fn stats(&self) -> Stats {
        self.sections.iter().fold(Stats::default(), |sum, s| Stats {
            free_frames: sum.free_frames + s.free_frames(),
            dirty_frames: sum.dirty_frames + s.dirty_frames(),
        })
    }

    /// A frame's own entry, if it has one.
    #[inline]
    fn own_mut(&mut self, mfn: Mfn) -> Option<&mut FrameInfo> {
        let base = mfn.raw() & !(SECTION_FRAMES - 1);
        // There are few.
        let section = self.sections.iter_mut().find(|section| section.base() == base)?;
        section.own_mut(section.index(mfn.raw()))
    }

    fn position(&self, frame: u64) -> Option<usize> {
        self.sections.binary_search_by_key(&(frame & !(SECTION_FRAMES - 1)), Section::base).ok()
    }

    fn section(&self, frame: u64) -> Result<&Section<'a>, Error> {
        self.position(frame).and_then(|at| self.sections.get(at)).ok_or(Error::NoSection(Mfn::new(frame)))
    }

    fn info(&self, mfn: Mfn) -> Option<FrameInfo> {
        let section = self.section(mfn.raw()).ok()?;
        section.get(section.index(mfn.raw()))
    }

    fn used_mut(&mut self, mfn: Mfn) -> Option<&mut FrameInfo> {
        let section = self.position(mfn.raw()).and_then(|at| self.sections.get_mut(at))?;
        section.used_mut(section.index(mfn.raw()))
    }

    /// Checks that every frame of whole pages is there and that `accept` takes it.
    fn check(
        &self,
        range: PhysRange,
        accept: impl Fn(&FrameInfo) -> Result<(), AtFrame>,
    ) -> Result<(), Error> {
        for part in parts(range) {
            let section = self.section(part.0)?;
            let (start, end) = part_indexes(section, part);
            let wrong = |(index, error): (u32, Option<AtFrame>)| {
                error.unwrap_or(Error::NoSection)(section.mfn(index))
            };
            section.check(start, end, &accept).map_err(wrong)?;
        }
        Ok(())
    }

    /// Calls `act` with each section that `range` touches, all present, and the indexes in it.
    fn each_section(&mut self, range: PhysRange, mut act: impl FnMut(&mut Section<'a>, u32, u32)) {
        for part in parts(range) {
            if let Some(section) = self.position(part.0).and_then(|at| self.sections.get_mut(at)) {
                let (start, end) = part_indexes(section, part);
                act(section, start, end);
            }
        }
    }
}

/// Cuts whole pages at GiB boundaries, into frame numbers.
fn parts(range: PhysRange) -> impl Iterator<Item = (u64, u64)> {
    let end = range.end().frame().raw();
    let mut at = range.start().frame().raw();
    core::iter::from_fn(move || {
        let start = at;
        at = ((at & !(SECTION_FRAMES - 1)) + SECTION_FRAMES).min(end);
        (start < end).then_some((start, at))
    })
}

/// The indexes of one part in its section.
fn part_indexes(section: &Section<'_>, (start, end): (u64, u64)) -> (u32, u32) {
    (section.index(start), section.index(end - 1) + 1)
}

#[cfg(test)]
mod tests;

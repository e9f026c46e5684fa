//! The frames of one GiB of address space and their free blocks.
//!
//! A block of order `k` is 2^k frames at a multiple of 2^k; no block reaches out of a section, so
//! links are indexes into it. An index counts from the GiB's first frame, whether or not that is RAM.

use crate::info::{FrameInfo, NO_LINK, State};
use crate::{Contents, Usage};
use types::Mfn;

/// The largest block: 1 GiB.
pub const MAX_ORDER: u32 = 18;
/// Frames of a whole section.
pub(crate) const SECTION_FRAMES: u64 = 1 << MAX_ORDER;

pub(crate) struct Section<'a> {
    /// The GiB's first frame.
    base: u64,
    /// The index of the first frame in `frames`.
    first: u32,
    frames: &'a mut [FrameInfo],
    heads: [u32; MAX_ORDER as usize + 1],
    /// Bit k: there is a free block of order k.
    orders: u32,
    free: u32,
    dirty: u32,
}

impl<'a> Section<'a> {
    /// Makes a section of absent frames from `first` on, which must not leave its GiB.
    pub fn new(first: Mfn, frames: &'a mut [FrameInfo]) -> Option<Self> {
        let base = first.raw() & !(SECTION_FRAMES - 1);
        let offset = u32::try_from(first.raw() - base).ok()?;
        if frames.is_empty() || u64::from(offset) + frames.len() as u64 > SECTION_FRAMES {
            return None;
        }
        frames.fill(FrameInfo::default());
        let heads = [NO_LINK; MAX_ORDER as usize + 1];
        Some(Self { base, first: offset, frames, heads, orders: 0, free: 0, dirty: 0 })
    }

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

    pub fn get(&self, index: u32) -> Option<&FrameInfo> {
        self.frames.get(index.checked_sub(self.first)? as usize)
    }

    pub fn get_mut(&mut self, index: u32) -> Option<&mut FrameInfo> {
        self.frames.get_mut(index.checked_sub(self.first)? as usize)
    }

    /// Frames `start..end` if the section has them all.
    pub fn slice(&self, start: u32, end: u32) -> Option<&[FrameInfo]> {
        self.frames.get(start.checked_sub(self.first)? as usize..end.checked_sub(self.first)? as usize)
    }

    fn slice_mut(&mut self, start: u32, end: u32) -> &mut [FrameInfo] {
        let bounds = start.checked_sub(self.first).zip(end.checked_sub(self.first));
        bounds.and_then(|(a, b)| self.frames.get_mut(a as usize..b as usize)).unwrap_or_default()
    }

    /// Whether every frame of `start..end` is free; otherwise the first that is not.
    pub fn check_free(&self, start: u32, end: u32) -> Result<(), u32> {
        let mut at = start;
        while at < end {
            let (head, order) = self.free_block(at).ok_or(at)?;
            at = head + (1 << order);
        }
        Ok(())
    }

    /// Takes a block of `order`, the lowest of the smallest that are large enough by list order.
    pub fn alloc(&mut self, order: u32, usage: Usage) -> Option<u32> {
        let enough = self.orders >> order << order;
        if enough == 0 {
            return None;
        }
        let mut have = enough.trailing_zeros();
        let head = *self.heads.get(have as usize)?;
        self.unlink(head, have);
        while have > order {
            have -= 1;
            self.link(head + (1 << have), have);
        }
        self.use_frames(head, head + (1 << order), usage);
        Some(head)
    }

    /// Takes `start..end`, all of them free.
    pub fn alloc_at(&mut self, start: u32, end: u32, usage: Usage) {
        let mut at = start;
        while at < end {
            let Some((head, order)) = self.free_block(at) else { return };
            self.unlink(head, order);
            self.carve(head, order, (start, end));
            at = head + (1 << order);
        }
        self.use_frames(start, end, usage);
    }

    /// Frees `start..end`, none of which is free, merging with free neighbours.
    pub fn free(&mut self, start: u32, end: u32, contents: Contents) {
        self.slice_mut(start, end).fill(FrameInfo::free_tail(contents));
        self.free += end - start;
        if contents == Contents::Dirty {
            self.dirty += end - start;
        }
        let mut at = start;
        while at < end {
            let order = block_order(at, end);
            self.merge(at, order);
            at += 1 << order;
        }
    }

    /// Finds dirty free frames from `from` on: at most `max`, in one run, within `scan` frames.
    ///
    /// Returns the run, or where to go on.
    pub fn find_dirty(&self, from: u32, max: u32, scan: u32) -> Result<(u32, u32), u32> {
        let frames_end = self.first + u32::try_from(self.frames.len()).unwrap_or(0);
        let stop = frames_end.min(from.saturating_add(scan));
        let dirty = |index: u32| {
            self.get(index).is_some_and(|i| {
                matches!(i.state(), State::FreeHead(_) | State::FreeTail) && i.contents() == Contents::Dirty
            })
        };
        let start = (from.max(self.first)..stop).find(|i| dirty(*i)).ok_or(stop)?;
        let end = (start..frames_end.min(start + max)).find(|i| !dirty(*i));
        Ok((start, end.unwrap_or(frames_end.min(start + max))))
    }

    /// Whether the section's frames end at or before `index`.
    pub fn ends_by(&self, index: u32) -> bool {
        u64::from(index) >= u64::from(self.first) + self.frames.len() as u64
    }

    /// The free block that holds `index`.
    fn free_block(&self, index: u32) -> Option<(u32, u32)> {
        match self.get(index)?.state() {
            State::FreeHead(order) => return Some((index, order)),
            State::FreeTail => {}
            State::Absent | State::Used(_) => return None,
        }
        (1..=MAX_ORDER).find_map(|order| {
            let head = index >> order << order;
            (self.get(head)?.state() == State::FreeHead(order)).then_some((head, order))
        })
    }

    /// Gives back the parts of an unlinked block that lie outside `keep`.
    fn carve(&mut self, head: u32, order: u32, keep: (u32, u32)) {
        let end = head + (1 << order);
        if head >= keep.0 && end <= keep.1 {
            return;
        }
        if end <= keep.0 || head >= keep.1 {
            self.link(head, order);
            return;
        }
        self.carve(head, order - 1, keep);
        self.carve(head + (1 << (order - 1)), order - 1, keep);
    }

    /// Links a block after joining it with its buddies as far as they are free.
    fn merge(&mut self, mut head: u32, mut order: u32) {
        while order < MAX_ORDER {
            let buddy = head ^ (1 << order);
            if self.get(buddy).is_none_or(|b| b.state() != State::FreeHead(order)) {
                break;
            }
            self.unlink(buddy, order);
            head = head.min(buddy);
            order += 1;
        }
        self.link(head, order);
    }

    fn use_frames(&mut self, start: u32, end: u32, usage: Usage) {
        let used = FrameInfo::new_used(usage);
        let mut dirty = 0;
        for info in self.slice_mut(start, end) {
            if info.contents() == Contents::Dirty {
                dirty += 1;
            }
            info.set_used(used);
        }
        self.free -= end - start;
        self.dirty -= dirty;
    }

    /// Puts a block on its list. Its other frames are free tails already.
    fn link(&mut self, head: u32, order: u32) {
        let Some(slot) = self.heads.get_mut(order as usize) else { return };
        let next = core::mem::replace(slot, head);
        self.orders |= 1 << order;
        if let Some(info) = self.get_mut(head) {
            info.set_free_head(order, NO_LINK, next);
        }
        if let Some(info) = self.get_mut(next) {
            info.set_prev(head);
        }
    }

    /// Takes a block off its list; all its frames are free tails then.
    fn unlink(&mut self, head: u32, order: u32) {
        let Some(info) = self.get_mut(head) else { return };
        let (prev, next) = info.links();
        info.set_free_tail();
        if let Some(info) = self.get_mut(next) {
            info.set_prev(prev);
        }
        if let Some(info) = self.get_mut(prev) {
            info.set_next(next);
        } else if let Some(slot) = self.heads.get_mut(order as usize) {
            *slot = next;
            if next == NO_LINK {
                self.orders &= !(1 << order);
            }
        }
    }
}

/// The order of the largest block that starts at `start` and ends by `end`.
fn block_order(start: u32, end: u32) -> u32 {
    let room = (end - start).ilog2();
    start.trailing_zeros().min(room).min(MAX_ORDER)
}

//! Free blocks of powers of two in an array of entries, on lists within the array.
//!
//! A block of order `k` is 2^k entries at a multiple of 2^k; links are indexes. The same lists serve
//! frames and chunks of frames: both come in groups of 2^[`TOP`].

use crate::info::{FrameInfo, NO_LINK, State};

/// The order of a group: blocks do not join beyond it.
pub(crate) const TOP: u32 = 9;

/// Entries, and which of them are the heads of free blocks.
pub(crate) struct Blocks<'a> {
    /// The index of the first entry.
    first: u32,
    entries: &'a mut [FrameInfo],
    heads: [u32; TOP as usize + 1],
    /// Bit k: there is a free block of order k.
    orders: u32,
}

impl<'a> Blocks<'a> {
    /// Takes entries, indexed from `first` on; none of them is free.
    pub fn new(first: u32, entries: &'a mut [FrameInfo]) -> Self {
        Self { first, entries, heads: [NO_LINK; TOP as usize + 1], orders: 0 }
    }

    pub fn get(&self, index: u32) -> Option<&FrameInfo> {
        self.entries.get(index.checked_sub(self.first)? as usize)
    }

    pub fn get_mut(&mut self, index: u32) -> Option<&mut FrameInfo> {
        self.entries.get_mut(index.checked_sub(self.first)? as usize)
    }

    /// Entries `start..end` if they are all there.
    pub fn slice(&self, start: u32, end: u32) -> Option<&[FrameInfo]> {
        self.entries.get(start.checked_sub(self.first)? as usize..end.checked_sub(self.first)? as usize)
    }

    /// As [`slice`](Self::slice); none if they are not all there.
    pub fn slice_mut(&mut self, start: u32, end: u32) -> &mut [FrameInfo] {
        let bounds = start.checked_sub(self.first).zip(end.checked_sub(self.first));
        bounds.and_then(|(a, b)| self.entries.get_mut(a as usize..b as usize)).unwrap_or_default()
    }

    /// The index of the first entry, and the one after the last.
    pub fn bounds(&self) -> (u32, u32) {
        let len = u32::try_from(self.entries.len()).unwrap_or(0);
        (self.first, self.first.saturating_add(len))
    }

    /// Takes a block of `order`, the lowest of the smallest that are large enough by list order.
    pub fn take(&mut self, order: u32) -> Option<u32> {
        let enough = self.orders >> order << order;
        if enough == 0 {
            return None;
        }
        let have = enough.trailing_zeros();
        let head = *self.heads.get(have as usize)?;
        self.unlink(head, have);
        self.keep_low(head, have, order);
        Some(head)
    }

    /// Links all of an unlinked block of `have` but its lowest block of `order`.
    pub fn keep_low(&mut self, head: u32, have: u32, order: u32) {
        for order in (order..have).rev() {
            self.link(head + (1 << order), order);
        }
    }

    /// Takes `start..end`, all of them free.
    pub fn take_at(&mut self, start: u32, end: u32) {
        let mut at = start;
        while at < end {
            let Some((head, order)) = self.block_of(at) else { return };
            self.unlink(head, order);
            self.carve(head, order, (start, end));
            at = head + (1 << order);
        }
    }

    /// Links the parts of an unlinked block that lie outside `keep`.
    pub fn carve(&mut self, head: u32, order: u32, keep: (u32, u32)) {
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

    /// The free block that holds `index`.
    pub fn block_of(&self, index: u32) -> Option<(u32, u32)> {
        match self.get(index)?.state() {
            State::FreeHead(order) => return Some((index, order)),
            State::FreeTail => {}
            State::Absent | State::Split | State::Used(_) => return None,
        }
        (1..=TOP).find_map(|order| {
            let head = index >> order << order;
            (self.get(head)?.state() == State::FreeHead(order)).then_some((head, order))
        })
    }

    /// Links `start..end`, which are free tails, joined with free neighbours. A block that becomes a whole
    /// group is not linked but returned: at most one, if the range lies in one group.
    pub fn give(&mut self, start: u32, end: u32) -> Option<u32> {
        let mut whole = None;
        let mut at = start;
        while at < end {
            let order = block_order(at, end);
            let (head, joined) = self.join(at, order);
            if joined == TOP {
                whole = Some(head);
            } else {
                self.link(head, joined);
            }
            at += 1 << order;
        }
        whole
    }

    /// Joins an unlinked block with its buddies as far as they are free.
    fn join(&mut self, mut head: u32, mut order: u32) -> (u32, u32) {
        while order < TOP {
            let buddy = head ^ (1 << order);
            if self.get(buddy).is_none_or(|b| b.state() != State::FreeHead(order)) {
                break;
            }
            self.unlink(buddy, order);
            head = head.min(buddy);
            order += 1;
        }
        (head, order)
    }

    /// Puts a block on its list. Its other entries are free tails already.
    pub fn link(&mut self, head: u32, order: u32) {
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

    /// Takes a block off its list; all its entries are free tails then.
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
    start.trailing_zeros().min(room).min(TOP)
}

//! The mappings that a domain has of other domains' grants, each with a handle.
//!
//! A handle is the number of a slot; slots are two 64-bit words of the hypervisor's own memory. Free slots
//! wait in a queue, so that a number that was given back is not given out again at once.

use crate::entry::{Access, GrantRef};
use crate::error::Error;
use crate::granters::Granters;
use crate::memory::Memory;
use alloc::vec::Vec;
use types::{Gfn, Mfn, PAGE_SHIFT};

/// Pages of slots that a domain may have where nobody says otherwise: Xen's own default.
pub const DEFAULT_MAX_PAGES: u32 = 1024;

/// 64-bit words of a slot.
const WORDS: u32 = 2;
/// Slots in a page.
const PER_PAGE: u32 = (1 << PAGE_SHIFT) / (WORDS * 8);

/// The first word: the frame number's bits, and what else a slot in use says.
const GFN: u64 = (1 << 52) - 1;
const IN_USE: u64 = 1 << 63;
const WRITES: u64 = 1 << 62;

/// A mapping's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Handle(u32);

impl Handle {
    /// Wraps a number that a guest gave.
    pub const fn new(raw: u32) -> Self {
        Self(raw)
    }

    /// Returns the number.
    pub const fn raw(self) -> u32 {
        self.0
    }
}

/// A mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// The granter's entry.
    pub grant: GrantRef,
    /// How it is mapped.
    pub access: Access,
    /// Where it is mapped.
    pub gfn: Gfn,
}

/// What is in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    /// The next free slot, for any but the last one.
    Free(u32),
    /// A mapping, and which of the granters has the entry.
    Used(Mapped, u16),
}

/// The mappings of a domain; `G` is the granter's table, as the kernel holds it.
pub struct MapTrack<G> {
    pages: Vec<Mfn>,
    max_pages: u32,
    /// The first and the last free slot.
    free: Option<(u32, u32)>,
    /// Mappings there are.
    used: u32,
    granters: Granters<G>,
}

impl<G: PartialEq> MapTrack<G> {
    /// Makes an empty one that may have up to `max_pages` pages.
    pub const fn new(max_pages: u32) -> Self {
        Self { pages: Vec::new(), max_pages, free: None, used: 0, granters: Granters::new() }
    }

    /// Returns how many mappings there are.
    pub const fn len(&self) -> u32 {
        self.used
    }

    /// Tells whether there is no mapping.
    pub const fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Tells whether a page must be lent before there can be one more mapping.
    pub const fn is_full(&self) -> bool {
        self.free.is_none()
    }

    /// Adds a page for more slots; its content is arbitrary.
    ///
    /// # Errors
    /// If there may be no more; the caller keeps the page.
    pub fn lend<M: Memory>(&mut self, page: Mfn, memory: &M) -> Result<(), Error> {
        let first = self.slots();
        let pages = u32::try_from(self.pages.len()).map_err(|_| Error::NoHandle)?;
        if pages >= self.max_pages {
            return Err(Error::NoHandle);
        }
        self.pages.try_reserve(1).map_err(|_| Error::NoHandle)?;
        self.pages.push(page);
        for number in first..first.saturating_add(PER_PAGE) {
            self.set_free(number, memory);
        }
        Ok(())
    }

    /// Takes the handle that was free longest, to be [used](Self::insert) or [given back](Self::give_back).
    ///
    /// # Errors
    /// If none is free.
    pub fn reserve<M: Memory>(&mut self, memory: &M) -> Result<Handle, Error> {
        let (first, last) = self.free.ok_or(Error::NoHandle)?;
        let Some(Slot::Free(next)) = self.load(first, memory) else { return Err(Error::NoHandle) };
        self.free = if first == last { None } else { Some((next, last)) };
        Ok(Handle(first))
    }

    /// Takes a reserved handle back.
    pub fn give_back<M: Memory>(&mut self, reserved: Handle, memory: &M) {
        self.set_free(reserved.0, memory);
    }

    /// Notes a mapping under a reserved handle.
    ///
    /// # Errors
    /// If memory is short; the handle stays reserved then.
    pub fn insert<M: Memory>(
        &mut self,
        reserved: Handle,
        mapped: Mapped,
        granter: G,
        memory: &M,
    ) -> Result<(), Error> {
        let granter = self.granters.add(granter)?;
        self.store(reserved.0, Slot::Used(mapped, granter), memory);
        self.used = self.used.saturating_add(1);
        Ok(())
    }

    /// Returns a mapping and the granter's table.
    ///
    /// # Errors
    /// [`Error::BadHandle`].
    #[inline]
    pub fn get<M: Memory>(&self, handle: Handle, memory: &M) -> Result<(Mapped, &G), Error> {
        let Some(Slot::Used(mapped, granter)) = self.load(handle.0, memory) else {
            return Err(Error::BadHandle);
        };
        Ok((mapped, self.granters.get(granter).ok_or(Error::BadHandle)?))
    }

    /// Forgets a mapping; returns the granter's table if it was the last of that granter's.
    ///
    /// # Errors
    /// [`Error::BadHandle`].
    pub fn remove<M: Memory>(&mut self, handle: Handle, memory: &M) -> Result<Option<G>, Error> {
        let Some(Slot::Used(_, granter)) = self.load(handle.0, memory) else { return Err(Error::BadHandle) };
        self.set_free(handle.0, memory);
        self.used = self.used.saturating_sub(1);
        Ok(self.granters.remove(granter))
    }

    /// Finds the first mapping among the `count` slots from `from` on.
    ///
    /// # Errors
    /// Where to go on if there is none, or `None` at the end of all.
    pub fn next<M: Memory>(&self, from: Handle, count: u32, memory: &M) -> Result<Handle, Option<Handle>> {
        let end = from.0.saturating_add(count).min(self.slots());
        let is_used = |number: &u32| matches!(self.load(*number, memory), Some(Slot::Used(..)));
        match (from.0..end).find(is_used) {
            Some(number) => Ok(Handle(number)),
            None => Err(if end < self.slots() { Some(Handle(end)) } else { None }),
        }
    }

    /// Takes the pages back, if there is no mapping.
    pub fn take_pages(&mut self) -> Vec<Mfn> {
        if !self.is_empty() {
            return Vec::new();
        }
        self.free = None;
        core::mem::take(&mut self.pages)
    }

    /// Slots there are.
    fn slots(&self) -> u32 {
        // Pages times slots of a page is less than 2^32 by the check in `lend`.
        u32::try_from(self.pages.len()).unwrap_or(u32::MAX).saturating_mul(PER_PAGE)
    }

    /// Puts a slot at the end of the queue.
    fn set_free<M: Memory>(&mut self, number: u32, memory: &M) {
        self.store(number, Slot::Free(number), memory);
        let first = match self.free {
            Some((first, last)) => {
                self.store(last, Slot::Free(number), memory);
                first
            }
            None => number,
        };
        self.free = Some((first, number));
    }

    /// The page and the word of a slot.
    fn place(&self, number: u32) -> Option<(Mfn, usize)> {
        let page = usize::try_from(number.checked_div(PER_PAGE)?).ok()?;
        let word = number.checked_rem(PER_PAGE)?.wrapping_mul(WORDS);
        Some((*self.pages.get(page)?, usize::try_from(word).ok()?))
    }

    #[inline]
    fn load<M: Memory>(&self, number: u32, memory: &M) -> Option<Slot> {
        let (page, word) = self.place(number)?;
        let first = memory.load64(page, word);
        let [a, b, c, d, e, f, _, _] = memory.load64(page, word.wrapping_add(1)).to_le_bytes();
        let reference = u32::from_le_bytes([a, b, c, d]);
        if first & IN_USE == 0 {
            return Some(Slot::Free(reference));
        }
        let access = if first & WRITES != 0 { Access::Write } else { Access::Read };
        let mapped = Mapped { grant: GrantRef::new(reference), access, gfn: Gfn::new(first & GFN) };
        Some(Slot::Used(mapped, u16::from_le_bytes([e, f])))
    }

    #[inline]
    fn store<M: Memory>(&self, number: u32, slot: Slot, memory: &M) {
        let Some((page, word)) = self.place(number) else { return };
        let (first, second) = match slot {
            Slot::Free(next) => (0, u64::from(next)),
            Slot::Used(mapped, granter) => {
                let writes = if mapped.access == Access::Write { WRITES } else { 0 };
                let reference = u64::from(mapped.grant.raw());
                (IN_USE | writes | mapped.gfn.raw() & GFN, reference | u64::from(granter) << 32)
            }
        };
        memory.store64(page, word, first);
        memory.store64(page, word.wrapping_add(1), second);
    }
}

//! What is known of an entry while it is in use: two 64-bit words of the hypervisor's own memory.

use crate::entry::{Access, ENTRIES_PER_FRAME};
use crate::memory::Memory;
use types::{DomId, Mfn, PAGE_SHIFT};

/// 64-bit words of an entry's state.
const WORDS: usize = 2;
/// Entries whose state fits in a page.
const PER_PAGE: usize = (1 << PAGE_SHIFT) / (WORDS * 8);
/// Pages for the state of one frame's entries.
pub const STATE_PAGES: usize = ENTRIES_PER_FRAME / PER_PAGE;

/// The page may be written.
const WRITABLE: u64 = 1 << 63;
/// The bits of the first word that hold the frame's number, plus one.
const FRAME: u64 = (1 << 40) - 1;

/// Where an entry's state is.
#[derive(Clone, Copy)]
pub(crate) struct State {
    page: Mfn,
    word: usize,
}

/// An entry in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Active {
    /// The page, to which the entry holds one reference.
    pub mfn: Mfn,
    /// What its owner may do with it.
    pub may: Access,
    /// Who uses it.
    pub grantee: DomId,
    /// How often it is used for reading only, and for writing too.
    pub readers: u16,
    /// How often it is used for writing.
    pub writers: u16,
}

impl Active {
    /// Counts one more use; false if no more can be counted.
    pub fn add(&mut self, access: Access) -> bool {
        let count = self.count_mut(access);
        let more = count.checked_add(1);
        *count = more.unwrap_or(*count);
        more.is_some()
    }

    /// Counts one use less; false if there is none.
    pub fn remove(&mut self, access: Access) -> bool {
        let count = self.count_mut(access);
        let fewer = count.checked_sub(1);
        *count = fewer.unwrap_or(*count);
        fewer.is_some()
    }

    fn count_mut(&mut self, access: Access) -> &mut u16 {
        match access {
            Access::Read => &mut self.readers,
            Access::Write => &mut self.writers,
        }
    }

    /// What is done with the page.
    pub const fn used_for(&self) -> Option<Access> {
        match (self.readers, self.writers) {
            (0, 0) => None,
            (_, 0) => Some(Access::Read),
            _ => Some(Access::Write),
        }
    }
}

impl State {
    /// The state of entry `index` of a frame that has these pages.
    pub fn of(pages: &[Mfn; STATE_PAGES], index: usize) -> Option<Self> {
        let page = *pages.get(index.checked_div(PER_PAGE)?)?;
        Some(Self { page, word: index.checked_rem(PER_PAGE)?.wrapping_mul(WORDS) })
    }

    /// Reads it; `None` if the entry is not in use.
    #[inline]
    pub fn load<M: Memory>(self, memory: &M) -> Option<Active> {
        let first = memory.load64(self.page, self.word);
        let mfn = Mfn::new((first & FRAME).checked_sub(1)?);
        let may = if first & WRITABLE != 0 { Access::Write } else { Access::Read };
        let [a, b, c, d, e, f, _, _] = memory.load64(self.page, self.word.wrapping_add(1)).to_le_bytes();
        Some(Active {
            mfn,
            may,
            grantee: DomId::new(u16::from_le_bytes([e, f])),
            readers: u16::from_le_bytes([a, b]),
            writers: u16::from_le_bytes([c, d]),
        })
    }

    /// Writes it.
    #[inline]
    pub fn store<M: Memory>(self, active: Option<&Active>, memory: &M) {
        let Some(active) = active else { return memory.store64(self.page, self.word, 0) };
        let writable = if active.may == Access::Write { WRITABLE } else { 0 };
        memory.store64(self.page, self.word, active.mfn.raw().wrapping_add(1) & FRAME | writable);
        let counts = u64::from(active.readers) | u64::from(active.writers) << 16;
        let users = u64::from(active.grantee.raw()) << 32;
        memory.store64(self.page, self.word.wrapping_add(1), counts | users);
    }
}

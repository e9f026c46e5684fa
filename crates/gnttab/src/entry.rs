//! Entries of version 1: two words that the guest writes, in which the hypervisor marks what is in use.
//!
//! The first word holds flags and the domain that may access, the second the guest's frame number. The
//! guest changes them at any time: a mark is set by compare-exchange on what was checked.

use crate::error::Error;
use crate::memory::Memory;
use types::{DomId, Gfn, Mfn, PAGE_SHIFT};
use xen_abi::Field;
use xen_abi::grant_table::{
    GTF_PERMIT_ACCESS, GTF_READING, GTF_READONLY, GTF_TYPE_MASK, GTF_WRITING, GrantEntryV1,
};

/// Entries of a frame.
pub const ENTRIES_PER_FRAME: usize = (1 << PAGE_SHIFT) / GrantEntryV1::SIZE;

/// 32-bit words of an entry.
const ENTRY_WORDS: usize = 2;
/// `GTF_sub_page`: a part of a page, which only entries of version 2 can grant.
const SUB_PAGE: u16 = 1 << 8;
/// Attempts to set a mark against a guest that changes the entry.
const MARK_RETRIES: u32 = 5;
/// Attempts to take a mark back.
const CLEAR_RETRIES: u32 = 512;

/// An entry's number in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GrantRef(u32);

impl GrantRef {
    /// Wraps a number that a guest gave.
    pub const fn new(raw: u32) -> Self {
        Self(raw)
    }

    /// Returns the number.
    pub const fn raw(self) -> u32 {
        self.0
    }
}

/// What is done with a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It is read.
    Read,
    /// It is read and written.
    Write,
}

/// The guest keeps an entry from being updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hostile;

/// Where an entry is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub frame: Mfn,
    /// Its number within the frame.
    pub index: usize,
}

/// The flags and the domain in an entry's first word.
const fn fields(word: u32) -> (u16, DomId) {
    let [flags_low, flags_high, dom_low, dom_high] = word.to_le_bytes();
    (u16::from_le_bytes([flags_low, flags_high]), DomId::new(u16::from_le_bytes([dom_low, dom_high])))
}

/// The marks that an access sets.
const fn marks(access: Access) -> u16 {
    match access {
        Access::Read => GTF_READING,
        Access::Write => GTF_READING | GTF_WRITING,
    }
}

impl Entry {
    const fn word(self) -> usize {
        self.index.wrapping_mul(ENTRY_WORDS)
    }

    /// Checks that the entry grants `access` to `grantee`, and marks it as used so.
    pub fn mark<M: Memory>(self, grantee: DomId, access: Access, memory: &M) -> Result<(), Error> {
        let mut word = memory.load32(self.frame, self.word());
        for _ in 0..MARK_RETRIES {
            let (flags, domain) = fields(word);
            if flags & (GTF_TYPE_MASK | SUB_PAGE) != GTF_PERMIT_ACCESS || domain != grantee {
                return Err(Error::NotGranted);
            }
            if access == Access::Write && flags & GTF_READONLY != 0 {
                return Err(Error::ReadOnly);
            }
            let marked = word | u32::from(marks(access));
            match memory.compare_exchange(self.frame, self.word(), word, marked) {
                Ok(()) => return Ok(()),
                Err(seen) => word = seen,
            }
        }
        Err(Error::Unstable)
    }

    /// Takes back the marks that are not needed for what `left` says is still done.
    pub fn clear<M: Memory>(self, left: Option<Access>, memory: &M) -> Result<(), Hostile> {
        let clear = u32::from(marks(Access::Write) & !left.map_or(0, marks));
        let mut word = memory.load32(self.frame, self.word());
        for _ in 0..CLEAR_RETRIES {
            match memory.compare_exchange(self.frame, self.word(), word, word & !clear) {
                Ok(()) => return Ok(()),
                Err(seen) => word = seen,
            }
        }
        Err(Hostile)
    }

    /// Reads which page is granted; after [`mark`](Self::mark), for a guest writes it first.
    pub fn gfn<M: Memory>(self, memory: &M) -> Gfn {
        Gfn::new(memory.load32(self.frame, self.word().wrapping_add(1)).into())
    }

    /// Exchanges two entries that are not in use.
    pub fn swap<M: Memory>(self, other: Self, memory: &M) {
        for word in 0..ENTRY_WORDS {
            let (own, others) = (self.word().wrapping_add(word), other.word().wrapping_add(word));
            let value = memory.load32(self.frame, own);
            memory.store32(self.frame, own, memory.load32(other.frame, others));
            memory.store32(other.frame, others, value);
        }
    }
}

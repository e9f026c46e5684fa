//! Entries of version 1.

use crate::error::Error;
use crate::table::GrantTable;
use types::{Mfn, PAGE_SHIFT};
use xen_abi::grant_table::GrantEntryV1;
use xen_abi::{Field, GuestStruct};

/// Entries of a frame.
pub const ENTRIES_PER_FRAME: usize = (1 << PAGE_SHIFT) / GrantEntryV1::SIZE;

/// An entry's number in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// How the frames of a table are read; the kernel implements it on its window to frames.
pub trait EntryMemory {
    /// Reads the 8 bytes at `index * 8` of a frame at once.
    fn load64(&self, frame: Mfn, index: usize) -> u64;
}

impl GrantTable {
    /// Copies an entry as it is at one instant.
    ///
    /// # Errors
    /// If the table has no such entry.
    pub fn entry<M: EntryMemory>(&self, grant: GrantRef, memory: &M) -> Result<GrantEntryV1, Error> {
        let number = usize::try_from(grant.raw()).map_err(|_| Error::BadRef)?;
        let frame = self.frame(number / ENTRIES_PER_FRAME).map_err(|_| Error::BadRef)?;
        let bytes = memory.load64(frame, number % ENTRIES_PER_FRAME).to_le_bytes();
        Ok(GrantEntryV1::decode(&bytes))
    }
}

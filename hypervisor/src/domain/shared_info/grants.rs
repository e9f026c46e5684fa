//! A domain's grant table: the lock around crates/gnttab, and its frames. Lock rank: GNTTAB.

use super::alloc_shared;
use crate::machine::sync::{Lock, rank};
use crate::mm::frames;
use gnttab::{Error, GrantTable};
use types::DomId;

/// A domain's grant table.
pub struct Grants(Lock<GrantTable, { rank::GNTTAB }>);

impl Grants {
    /// Makes a table without frames, which may have up to `max_frames`.
    ///
    /// # Errors
    /// If memory is short.
    pub fn new(max_frames: u32) -> Result<Self, Error> {
        Ok(Self(Lock::new(GrantTable::new(max_frames)?)))
    }

    /// Runs `f` on the table, locked.
    pub fn with<R>(&self, f: impl FnOnce(&mut GrantTable) -> R) -> R {
        f(&mut self.0.lock())
    }

    /// Gives the table of domain `dom` frames until it has `count`.
    ///
    /// # Errors
    /// If it may not have so many, or memory is short.
    pub fn grow(&self, dom: DomId, count: u32) -> Result<(), Error> {
        let mut table = self.0.lock();
        for _ in 0..table.missing(count)? {
            let frame = alloc_shared(dom).ok_or(Error::OutOfMemory)?;
            if let Err(error) = table.lend(frame) {
                frames::put(frame);
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Drop for Grants {
    fn drop(&mut self) {
        self.with(|table| table.frames().for_each(frames::put));
    }
}

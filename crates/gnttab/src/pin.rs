//! Using what an entry grants, and giving it back.
//!
//! An entry in use is pinned: its page is remembered, with one reference, so that nothing that the
//! granter does to the entry or to its memory changes what is used. The marks in the entry tell the
//! granter. Uses are counted by kind; the last one's end clears the mark and returns the reference.

use crate::active::Active;
use crate::entry::{Access, Entry, GrantRef, Hostile};
use crate::error::Error;
use crate::memory::Memory;
use crate::table::GrantTable;
use types::{DomId, Gfn, Mfn};

/// Who wants to use what an entry grants, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The entry.
    pub grant: GrantRef,
    /// Who uses it.
    pub grantee: DomId,
    /// How.
    pub access: Access,
}

/// The page of a use that ends before anything else happens to the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnePage {
    /// A page that is in use anyway.
    InUse(Mfn),
    /// The granter's page, to be looked up.
    Named(Gfn),
}

/// What the end of a use leaves to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Unpinned {
    /// The page whose reference is to be dropped: nobody uses the entry any more.
    pub drop: Option<Mfn>,
    /// The granter keeps the entry from being updated.
    pub hostile: bool,
}

impl GrantTable {
    /// Begins a use of what an entry grants, and returns the page.
    ///
    /// `hold` takes a reference to a page of the granter's own memory, if the granter itself has the access
    /// wanted, and tells what access it has; it is called for the first use. The reference is kept until
    /// the last use ends ([`unpin`](Self::unpin)).
    ///
    /// # Errors
    /// If the entry does not grant this, or not to this domain; nothing is changed then.
    pub fn pin<M: Memory>(
        &mut self,
        wanted: Wanted,
        memory: &M,
        hold: impl FnOnce(Gfn, Access) -> Option<(Mfn, Access)>,
    ) -> Result<Mfn, Error> {
        let (entry, state) = self.place(wanted.grant)?;
        let active = match state.load(memory) {
            Some(active) => pin_again(active, wanted, entry, memory)?,
            None => pin_first(wanted, entry, memory, hold)?,
        };
        state.store(Some(&active), memory);
        Ok(active.mfn)
    }

    /// Ends a use that [`pin`](Self::pin) began.
    ///
    /// # Errors
    /// If there is no such use.
    pub fn unpin<M: Memory>(
        &mut self,
        grant: GrantRef,
        access: Access,
        memory: &M,
    ) -> Result<Unpinned, Error> {
        let (entry, state) = self.place(grant)?;
        let mut active = state.load(memory).ok_or(Error::NotGranted)?;
        let before = active.used_for();
        if !active.remove(access) {
            return Err(Error::NotGranted);
        }
        let left = active.used_for();
        state.store(left.map(|_| &active), memory);
        let hostile = before != left && entry.clear(left, memory) == Err(Hostile);
        Ok(Unpinned { drop: if left.is_none() { Some(active.mfn) } else { None }, hostile })
    }

    /// Uses what an entry grants while `f` runs; returns what `f` returns, and whether the granter keeps the
    /// entry from being updated. As nothing else is done with the table meanwhile, nothing is counted.
    ///
    /// # Errors
    /// As [`pin`](Self::pin); `f` has not run then.
    pub fn use_once<M: Memory, R>(
        &mut self,
        wanted: Wanted,
        memory: &M,
        f: impl FnOnce(OnePage) -> R,
    ) -> Result<(R, Result<(), Hostile>), Error> {
        let (entry, state) = self.place(wanted.grant)?;
        let (page, left) = match state.load(memory) {
            Some(active) => {
                let before = active.used_for();
                let during = pin_again(active, wanted, entry, memory)?;
                if during.used_for() == before {
                    return Ok((f(OnePage::InUse(active.mfn)), Ok(())));
                }
                (OnePage::InUse(active.mfn), before)
            }
            None => {
                entry.mark(wanted.grantee, wanted.access, memory)?;
                (OnePage::Named(entry.gfn(memory)), None)
            }
        };
        let result = f(page);
        Ok((result, entry.clear(left, memory)))
    }

    /// Returns the page of an entry in use.
    pub fn pinned<M: Memory>(&self, grant: GrantRef, memory: &M) -> Option<Mfn> {
        let (_, state) = self.place(grant).ok()?;
        Some(state.load(memory)?.mfn)
    }

    /// Looks for a use of a page by a domain among the `count` entries from `from` on.
    ///
    /// # Errors
    /// Where to go on if there is none, or `None` at the end of all.
    pub fn find_use<M: Memory>(
        &self,
        from: GrantRef,
        count: u32,
        (page, grantee): (Mfn, DomId),
        memory: &M,
    ) -> Result<GrantRef, Option<GrantRef>> {
        for number in from.raw()..from.raw().saturating_add(count) {
            let (_, state) = self.place(GrantRef::new(number)).map_err(|_| None)?;
            if state.load(memory).is_some_and(|active| active.mfn == page && active.grantee == grantee) {
                return Ok(GrantRef::new(number));
            }
        }
        Err(Some(GrantRef::new(from.raw().saturating_add(count))))
    }

    /// Exchanges two entries (`GNTTABOP_swap_grant_ref`).
    ///
    /// # Errors
    /// [`Error::BadRef`], and [`Error::InUse`] if either is in use.
    pub fn swap<M: Memory>(&mut self, a: GrantRef, b: GrantRef, memory: &M) -> Result<(), Error> {
        let (own, state) = self.place(a)?;
        let (other, others_state) = self.place(b)?;
        if a == b {
            return Ok(());
        }
        if state.load(memory).is_some() || others_state.load(memory).is_some() {
            return Err(Error::InUse);
        }
        own.swap(other, memory);
        Ok(())
    }
}

/// Begins the first use.
fn pin_first<M: Memory>(
    wanted: Wanted,
    entry: Entry,
    memory: &M,
    hold: impl FnOnce(Gfn, Access) -> Option<(Mfn, Access)>,
) -> Result<Active, Error> {
    entry.mark(wanted.grantee, wanted.access, memory)?;
    let Some((mfn, may)) = hold(entry.gfn(memory), wanted.access) else {
        // A granter that keeps its own mark harms itself only.
        let _ = entry.clear(None, memory);
        return Err(Error::BadPage);
    };
    let mut active = Active { mfn, may, grantee: wanted.grantee, readers: 0, writers: 0 };
    active.add(wanted.access);
    Ok(active)
}

/// Begins one more use.
fn pin_again<M: Memory>(
    mut active: Active,
    wanted: Wanted,
    entry: Entry,
    memory: &M,
) -> Result<Active, Error> {
    if active.grantee != wanted.grantee {
        return Err(Error::NotGranted);
    }
    let before = active.used_for();
    if !active.add(wanted.access) {
        return Err(Error::TooManyUses);
    }
    if active.used_for() != before {
        // Now it is written: the entry must grant that.
        if active.may == Access::Read {
            return Err(Error::BadPage);
        }
        entry.mark(wanted.grantee, wanted.access, memory)?;
    }
    Ok(active)
}

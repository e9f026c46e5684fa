//! What domains share by grants: the locks around crates/gnttab, and its memory.
//!
//! A domain has a table of what it grants ([`Grants`]) and a list of what it maps of others' ([`Maps`]).
//! A mapping's way leads through both: the mapper's list is locked, then the granter's table, then stage
//! 2; never two lists, never two tables. A mapper keeps the tables of its granters alive, so that a
//! mapping outlives its granter and is undone like any other. Lock ranks: MAPTRACK, GNTTAB.

mod copy;
mod map;
mod pages;

pub use copy::{Copy, Page, Side, copy};
pub use map::{Request, check, map, release_all, unmap};

use self::pages::FramePages;
use super::shared_info::alloc_shared;
use super::{Domain, find, psci};
use crate::machine::sync::{Guard, Lock, rank};
use crate::mm::frames;
use crate::mm::reference::Reference;
use alloc::sync::Arc;
use gnttab::{Access, Error, GrantRef, GrantTable, Handle, MapTrack, STATE_PAGES, Wanted};
use pagetable::PageType;
use types::{DomId, Mfn};

/// What a domain grants.
pub struct Grants {
    owner: DomId,
    table: Lock<GrantTable, { rank::GNTTAB }>,
}

/// A granter's table, as its mappers know it.
struct Granter(Arc<Grants>);

impl PartialEq for Granter {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// What a domain maps of others' pages.
pub struct Maps(Lock<List, { rank::MAPTRACK }>);

struct List {
    track: MapTrack<Granter>,
    /// How far the mappings of a dying domain are undone.
    undone: Handle,
}

impl Maps {
    /// Makes an empty list that may have up to `max_pages` pages.
    pub fn new(max_pages: u32) -> Self {
        Self(Lock::new(List { track: MapTrack::new(max_pages), undone: Handle::new(0) }))
    }

    /// Returns how many mappings there are.
    pub fn len(&self) -> u32 {
        self.0.lock().track.len()
    }

    /// Tells whether there is no mapping.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Drop for Maps {
    fn drop(&mut self) {
        let pages = self.0.lock().track.take_pages();
        pages.into_iter().for_each(|page| frames::free_table(page.addr()));
    }
}

impl Grants {
    /// Makes the table of domain `owner`, without frames; it may have up to `max_frames`.
    ///
    /// # Errors
    /// If memory is short.
    pub fn new(owner: DomId, max_frames: u32) -> Result<Self, Error> {
        Ok(Self { owner, table: Lock::new(GrantTable::new(max_frames)?) })
    }

    /// Runs `f` on the table, locked.
    pub fn with<R>(&self, f: impl FnOnce(&mut GrantTable) -> R) -> R {
        f(&mut self.table.lock())
    }

    /// Gives the table frames until it has `count`.
    ///
    /// # Errors
    /// If it may not have so many, or memory is short.
    pub fn grow(&self, count: u32) -> Result<(), Error> {
        let mut table = self.table.lock();
        for _ in 0..table.missing(count)? {
            let state = alloc_state().ok_or(Error::OutOfMemory)?;
            let lent = match alloc_shared(self.owner) {
                Some(frame) => table.lend(frame, state).inspect_err(|_| frames::put(frame)),
                None => Err(Error::OutOfMemory),
            };
            lent.inspect_err(|_| state.into_iter().for_each(free_page))?;
        }
        Ok(())
    }

    /// Exchanges two entries (`GNTTABOP_swap_grant_ref`).
    ///
    /// # Errors
    /// If one of them is not there, or in use.
    pub fn swap(&self, a: GrantRef, b: GrantRef) -> Result<(), Error> {
        self.table.lock().swap(a, b, &FramePages)
    }

    /// Looks for a use of a page by a domain among the `count` entries from `from` on.
    ///
    /// # Errors
    /// Where to go on if there is none, or `None` at the end of all.
    pub fn find_use(
        &self,
        from: GrantRef,
        count: u32,
        used: (Mfn, DomId),
    ) -> Result<GrantRef, Option<GrantRef>> {
        self.table.lock().find_use(from, count, used, &FramePages)
    }
}

impl Drop for Grants {
    fn drop(&mut self) {
        let table = self.table.lock();
        table.frames().for_each(frames::put);
        table.state_pages().for_each(free_page);
    }
}

/// A granter's table, locked, to use what it grants.
struct Using<'a> {
    table: Guard<'a, GrantTable, { rank::GNTTAB }>,
}

impl<'a> Using<'a> {
    fn new(grants: &'a Grants) -> Self {
        Self { table: grants.table.lock() }
    }

    /// Begins a use of one of `granter`'s entries, whose table this is.
    fn pin(&mut self, granter: &Domain, wanted: Wanted) -> Result<Mfn, Error> {
        self.table.pin(wanted, &FramePages, |gfn, access| {
            let (page, may) = granter.p2m.hold_page(gfn, granter.id)?;
            let may = if may == PageType::RamRw { Access::Write } else { Access::Read };
            if access == Access::Write && may == Access::Read {
                return None;
            }
            Some((page.leak(), may))
        })
    }

    /// Ends a use; tells whether the granter keeps its entry from being updated.
    #[must_use]
    fn unpin(&mut self, grant: GrantRef, access: Access) -> bool {
        // There is such a use: who ends it has begun it.
        let Ok(unpinned) = self.table.unpin(grant, access, &FramePages) else { return false };
        drop(unpinned.drop.map(Reference::adopt));
        unpinned.hostile
    }
}

/// Ends a domain that keeps its entries from being updated; no lock is held.
#[cold]
fn crash(granter: DomId) {
    if let Some(domain) = find(granter) {
        psci::crash(&domain, "keeps its grants from being updated");
    }
}

/// Allocates zeroed pages of EL2's own for the state of a frame's entries.
fn alloc_state() -> Option<[Mfn; STATE_PAGES]> {
    let mut pages = [None; STATE_PAGES];
    for page in &mut pages {
        *page = frames::alloc_table().map(|pa| pa.frame());
    }
    if pages.contains(&None) {
        pages.into_iter().flatten().for_each(free_page);
        return None;
    }
    Some(pages.map(|page| page.unwrap_or(Mfn::new(0))))
}

fn free_page(page: Mfn) {
    frames::free_table(page.addr());
}

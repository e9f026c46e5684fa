//! Copying between pages that domains grant or own.

use super::pages::FramePages;
use super::{Using, crash};
use crate::domain::Domain;
use crate::machine::frame_window;
use crate::mm::reference::Reference;
use gnttab::{Access, GrantRef, OnePage, Wanted};
use pagetable::PageType;
use types::{Gfn, Mfn, PAGE_BYTES};
use xen_abi::grant_table::GrantStatus;

/// One side of a copy.
pub struct Side<'a> {
    /// Whose page it is.
    pub owner: &'a Domain,
    /// Which page.
    pub page: Page,
    /// From where in the page.
    pub offset: u16,
}

/// How a page is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// By an entry of its owner's table.
    Grant(GrantRef),
    /// By its number; it is the caller's own.
    Own(Gfn),
}

/// A copy.
pub struct Copy<'a> {
    /// From where.
    pub source: Side<'a>,
    /// To where.
    pub dest: Side<'a>,
    /// Bytes.
    pub len: u16,
}

/// Copies for domain `copier`, within one page on each side. Where one side is the copier's own, the page of
/// the other is used under its table's lock; else both are in use for a while.
///
/// # Errors
/// The status to report.
pub fn copy(copier: &Domain, copy: &Copy<'_>) -> Result<(), GrantStatus> {
    let (source, dest) = (&copy.source, &copy.dest);
    match (source.page, dest.page) {
        (Page::Own(from), Page::Own(to)) => {
            let from = source.own(from, Access::Read)?;
            let to = dest.own(to, Access::Write)?;
            copy.between(from.mfn(), to.mfn())
        }
        (Page::Grant(grant), Page::Own(to)) => {
            let to = dest.own(to, Access::Write);
            let wanted = Wanted { grant, grantee: copier.id, access: Access::Read };
            source.use_once(wanted, |from| copy.between(from, to?.mfn()))
        }
        (Page::Own(from), Page::Grant(grant)) => {
            let from = source.own(from, Access::Read)?;
            let wanted = Wanted { grant, grantee: copier.id, access: Access::Write };
            dest.use_once(wanted, |to| copy.between(from.mfn(), to))
        }
        (Page::Grant(from), Page::Grant(to)) => {
            let wanted = |grant, access| Wanted { grant, grantee: copier.id, access };
            let page = source.pin(wanted(from, Access::Read))?;
            let copied = dest.use_once(wanted(to, Access::Write), |to| copy.between(page, to));
            source.unpin(from, Access::Read);
            copied
        }
    }
}

impl Copy<'_> {
    fn between(&self, source: Mfn, dest: Mfn) -> Result<(), GrantStatus> {
        let (from, to) = (u64::from(self.source.offset), u64::from(self.dest.offset));
        let len = u64::from(self.len);
        if from + len > PAGE_BYTES || to + len > PAGE_BYTES {
            return Err(GrantStatus::BadCopyArg);
        }
        let (from, to) = (source.addr().wrapping_add(from), dest.addr().wrapping_add(to));
        frame_window::copy_held(from, to, self.len.into());
        Ok(())
    }
}

impl Side<'_> {
    /// Holds the copier's own page.
    fn own(&self, gfn: Gfn, access: Access) -> Result<Reference, GrantStatus> {
        match self.owner.p2m.hold_page(gfn, self.owner.id) {
            Some((page, may)) if allows(may, access) => Ok(page),
            _ => Err(GrantStatus::BadPage),
        }
    }

    /// Runs `f` on the page that an entry grants, under the table's lock and that of the owner's stage 2.
    fn use_once(
        &self,
        wanted: Wanted,
        f: impl FnOnce(Mfn) -> Result<(), GrantStatus>,
    ) -> Result<(), GrantStatus> {
        let owner = self.owner;
        let access = wanted.access;
        let used =
            Using::new(&owner.shared_info.grants).table.use_once(wanted, &FramePages, |page| match page {
                OnePage::InUse(mfn) => f(mfn),
                OnePage::Named(gfn) => owner
                    .p2m
                    .with_page(
                        gfn,
                        |mfn, may| if allows(may, access) { f(mfn) } else { Err(GrantStatus::BadPage) },
                    )
                    .unwrap_or(Err(GrantStatus::BadPage)),
            });
        let (result, marked) = used?;
        if marked.is_err() {
            crash(owner.id);
        }
        result
    }

    fn pin(&self, wanted: Wanted) -> Result<Mfn, GrantStatus> {
        Ok(Using::new(&self.owner.shared_info.grants).pin(self.owner, wanted)?)
    }

    fn unpin(&self, grant: GrantRef, access: Access) {
        let hostile = Using::new(&self.owner.shared_info.grants).unpin(grant, access);
        if hostile {
            crash(self.owner.id);
        }
    }
}

/// Tells whether an owner's page of this type allows an access.
fn allows(page: PageType, access: Access) -> bool {
    access == Access::Read || page == PageType::RamRw
}

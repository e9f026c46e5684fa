//! Copying between pages that domains grant or own.

use super::{Using, crash};
use crate::domain::Domain;
use crate::machine::frame_window;
use crate::mm::reference::Reference;
use gnttab::{Access, GrantRef, Wanted};
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

/// A page that stays while it is used.
enum Held {
    /// In use by an entry.
    Pinned(Mfn),
    /// Referenced.
    Own(Reference),
}

/// Copies for domain `copier`, within one page on each side.
///
/// # Errors
/// The status to report.
pub fn copy(copier: &Domain, copy: &Copy<'_>) -> Result<(), GrantStatus> {
    let source = copy.source.hold(copier, Access::Read)?;
    let copied = copy.dest.hold(copier, Access::Write).and_then(|dest| {
        let copied = copy.between(&source, &dest);
        copy.dest.release(dest, Access::Write);
        copied
    });
    copy.source.release(source, Access::Read);
    copied
}

impl Copy<'_> {
    fn between(&self, source: &Held, dest: &Held) -> Result<(), GrantStatus> {
        let (from, to) = (u64::from(self.source.offset), u64::from(self.dest.offset));
        let len = u64::from(self.len);
        if from + len > PAGE_BYTES || to + len > PAGE_BYTES {
            return Err(GrantStatus::BadCopyArg);
        }
        let (from, to) = (source.mfn().addr().wrapping_add(from), dest.mfn().addr().wrapping_add(to));
        frame_window::copy(from, to, len).map_err(|_| GrantStatus::BadPage)
    }
}

impl Held {
    fn mfn(&self) -> Mfn {
        match self {
            Self::Pinned(mfn) => *mfn,
            Self::Own(page) => page.mfn(),
        }
    }
}

impl Side<'_> {
    fn hold(&self, copier: &Domain, access: Access) -> Result<Held, GrantStatus> {
        match self.page {
            Page::Grant(grant) => {
                let wanted = Wanted { grant, grantee: copier.id, access };
                Ok(Held::Pinned(Using::new(&self.owner.shared_info.grants).pin(self.owner, wanted)?))
            }
            Page::Own(gfn) => match self.owner.p2m.hold_page(gfn, self.owner.id) {
                Some((page, may)) if access == Access::Read || may == PageType::RamRw => Ok(Held::Own(page)),
                _ => Err(GrantStatus::BadPage),
            },
        }
    }

    fn release(&self, held: Held, access: Access) {
        if let (Held::Pinned(_), Page::Grant(grant)) = (held, self.page) {
            let hostile = Using::new(&self.owner.shared_info.grants).unpin(grant, access);
            if hostile {
                crash(self.owner.id);
            }
        }
    }
}

//! What stands behind single guest frames: `XENMEM_add_to_physmap`, its batch, and the way back.
//!
//! What was mapped before goes; memory of a 1:1 domain that is covered so stays its own and comes back
//! by `XENMEM_populate_physmap`.

use super::Progress;
use crate::domain::Domain;
use crate::hypercall::{Budget, Reply, guest, target};
use crate::mm::p2m::{Error, Share};
use crate::mm::reference::Reference;
use crate::trap::Cx;
use alloc::sync::Arc;
use pagetable::{Mapping, PageType};
use types::{DomId, Gfn, IpaRange, Mfn, PAGE_BYTES};
use xen_abi::memory::{AddToPhysmap, AddToPhysmapBatch, GRANT_TABLE_STATUS, MapSpace, RemoveFromPhysmap};
use xen_abi::{DOMID_IO, DOMID_XEN, XenErrno};

/// What a page costs: two walks of stage 2, flushes, and zeroing a frame of the grant table.
const PAGE_STEPS: u32 = 12;

/// The frame that is none.
const INVALID_GFN: Gfn = Gfn::new(u64::MAX);

/// A page that is to appear at a guest frame.
struct Wanted {
    space: u32,
    index: u64,
    gfn: Gfn,
}

/// Maps one page.
///
/// # Errors
/// EFAULT, ESRCH, EPERM, EINVAL, EBUSY, ENOMEM, ENOSYS.
pub fn add(cx: &Cx<'_>, arg: u64) -> Result<i64, XenErrno> {
    let request: AddToPhysmap = guest::read(arg)?;
    // Another domain's page is only mapped by the batch, which names the domain.
    if request.space == MapSpace::GmfnForeign.raw() {
        return Err(XenErrno::Enosys);
    }
    let domain = target(cx, request.domid)?;
    let wanted = Wanted { space: request.space, index: request.idx, gfn: Gfn::new(request.gpfn) };
    wanted.map(&domain, DomId::SELF)?;
    Ok(0)
}

/// Maps a list of pages, each with its own result.
///
/// # Errors
/// EFAULT, ESRCH, EPERM, EINVAL, EOPNOTSUPP.
pub fn add_batch(cx: &Cx<'_>, progress: Progress, budget: &mut Budget) -> Result<Reply, XenErrno> {
    let request: AddToPhysmapBatch = guest::read(progress.args[1])?;
    let domain = target(cx, request.domid)?;
    if MapSpace::from_raw(request.space.into()) == Some(MapSpace::GmfnRange) {
        return Err(XenErrno::Eopnotsupp);
    }
    for done in progress.start..request.size.into() {
        if !budget.spend(PAGE_STEPS) {
            return Ok(progress.again(done));
        }
        let index = guest::read_u64(request.idxs, done.into())?;
        let gfn = Gfn::new(guest::read_u64(request.gpfns, done.into())?);
        if gfn == INVALID_GFN {
            return Err(XenErrno::Einval);
        }
        let wanted = Wanted { space: request.space.into(), index, gfn };
        let result = wanted.map(&domain, request.foreign_domid).map_or_else(XenErrno::neg, |()| 0);
        guest::write_bytes(guest::element(request.errs, done.into(), 4)?, &result.to_le_bytes())?;
    }
    Ok(Reply::Done(0))
}

impl Wanted {
    fn map(&self, domain: &Arc<Domain>, foreign: DomId) -> Result<(), XenErrno> {
        match MapSpace::from_raw(self.space).ok_or(XenErrno::Enosys)? {
            MapSpace::SharedInfo if self.index != 0 => Err(XenErrno::Einval),
            MapSpace::SharedInfo => self.place(domain, domain.shared_info.mfn()),
            MapSpace::GrantTable => self.grant_frame(domain),
            MapSpace::GmfnForeign => self.foreign_page(domain, foreign),
            MapSpace::Gmfn | MapSpace::GmfnRange | MapSpace::DevMmio => Err(XenErrno::Enosys),
        }
    }

    fn place(&self, domain: &Domain, mfn: Mfn) -> Result<(), XenErrno> {
        let old = domain.p2m.replace(self.gfn, mfn.addr(), PageType::RamRw).map_err(errno)?;
        if old.is_some() {
            domain.shared_info.grants.with(|table| table.clear_gfns(self.gfn, self.gfn));
        }
        Ok(())
    }

    /// Maps a page of another domain's memory; the caller is dom0.
    fn foreign_page(&self, domain: &Domain, foreign: DomId) -> Result<(), XenErrno> {
        // By their names the caller and what is no domain are known, and have no pages to map.
        if [DomId::SELF, DOMID_IO, DOMID_XEN].contains(&foreign) {
            return Err(XenErrno::Einval);
        }
        let other = crate::domain::find(foreign).filter(|other| other.id != domain.id);
        let other = other.ok_or(XenErrno::Esrch)?;
        if !domain.is_hardware() {
            return Err(XenErrno::Eperm);
        }
        let (page, kind) = other.p2m.hold_page(Gfn::new(self.index), other.id).ok_or(XenErrno::Einval)?;
        let share = if kind.is_writable() { Share::ForeignRw } else { Share::ForeignRo };
        map_share(domain, self.gfn, page, share)
    }

    fn grant_frame(&self, domain: &Domain) -> Result<(), XenErrno> {
        let index = u32::try_from(self.index).map_err(|_| XenErrno::Einval)?;
        // Status frames belong to version 2 of the table.
        if self.index & GRANT_TABLE_STATUS != 0 {
            return Err(XenErrno::Einval);
        }
        let grants = &domain.shared_info.grants;
        let count = index.checked_add(1).ok_or(XenErrno::Einval)?;
        grants.grow(count)?;
        let slot = crate::arch::to_usize(index.into());
        let (mfn, old) =
            grants.with(|table| table.frame(slot).and_then(|mfn| Ok((mfn, table.gfn(slot)?))))?;
        // A frame of the table is in one place at a time.
        if old.is_some_and(|old| old != self.gfn) {
            return Err(XenErrno::Ebusy);
        }
        self.place(domain, mfn)?;
        let old = grants.with(|table| table.set_gfn(slot, self.gfn))?;
        // Another vCPU was faster.
        if let Some(range) = old.and_then(page_at) {
            domain.p2m.unmap(range).map_err(errno)?;
        }
        Ok(())
    }
}

/// Removes the memory at one guest frame (`XENMEM_remove_from_physmap`).
///
/// # Errors
/// EFAULT, ESRCH, EPERM, ENOENT if there is none.
pub fn remove(cx: &Cx<'_>, arg: u64) -> Result<i64, XenErrno> {
    let request: RemoveFromPhysmap = guest::read(arg)?;
    let domain = target(cx, request.domid)?;
    let gfn = Gfn::new(request.gpfn);
    let is_page = |mapping: &Mapping| {
        mapping.attrs.page_type().is_some_and(|page| page.is_ram() || page.is_grant() || page.is_foreign())
    };
    match domain.p2m.take(gfn, is_page) {
        Ok(Some(_)) => {}
        Ok(None) | Err(Error::OutOfRange) => return Err(XenErrno::Enoent),
        Err(error) => return Err(errno(error)),
    }
    domain.shared_info.grants.with(|table| table.clear_gfns(gfn, gfn));
    Ok(0)
}

/// Maps another domain's page over whatever is at a guest frame.
pub(super) fn map_share(domain: &Domain, gfn: Gfn, page: Reference, share: Share) -> Result<(), XenErrno> {
    if domain.p2m.share(gfn, page, share).map_err(errno)?.is_some() {
        domain.shared_info.grants.with(|table| table.clear_gfns(gfn, gfn));
    }
    Ok(())
}

fn page_at(gfn: Gfn) -> Option<IpaRange> {
    IpaRange::new(gfn.checked_addr()?, PAGE_BYTES).ok()
}

fn errno(error: Error) -> XenErrno {
    match error {
        Error::OutOfTables => XenErrno::Enomem,
        _ => XenErrno::Einval,
    }
}

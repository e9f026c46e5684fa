//! Mapping what another domain grants into a domain's stage 2, and back.

use super::pages::FramePages;
use super::{Granter, List, Using, crash};
use crate::domain::Domain;
use crate::hypercall::Budget;
use crate::mm::frames;
use crate::mm::p2m::Share;
use crate::mm::reference::Reference;
use gnttab::{Access, Error, GrantRef, Handle, Mapped, Wanted};
use pagetable::PageType;
use types::{Gfn, Mfn};
use xen_abi::grant_table::GrantStatus;

/// A guest frame number that no stage 2 has.
const NOWHERE: Gfn = Gfn::new(u64::MAX);

/// A mapping that a domain asks for.
pub struct Request<'a> {
    /// Who grants the page.
    pub granter: &'a Domain,
    /// By which entry.
    pub grant: GrantRef,
    /// How it is to be mapped.
    pub access: Access,
    /// Where; `None` if it asks for what cannot be done.
    pub gfn: Option<Gfn>,
}

/// Maps what another domain, or the mapper itself, grants; returns the handle and the page.
///
/// # Errors
/// The status to report.
pub fn map(mapper: &Domain, request: &Request<'_>) -> Result<(Handle, Mfn), GrantStatus> {
    let (handle, mfn, old) = map_locked(mapper, request)?;
    if let Some(gfn) = request.gfn.filter(|_| old.is_some_and(PageType::is_ram)) {
        // A frame of its own table may have been there.
        mapper.shared_info.grants.with(|table| table.clear_gfns(gfn, gfn));
    }
    Ok((handle, mfn))
}

/// Maps a page and returns what kind of page was mapped at its place.
fn map_locked(
    mapper: &Domain,
    request: &Request<'_>,
) -> Result<(Handle, Mfn, Option<PageType>), GrantStatus> {
    let list = &mut *mapper.shared_info.maps.0.lock();
    list.make_room()?;
    let handle = list.track.reserve(&FramePages)?;
    let grants = &request.granter.shared_info.grants;
    let wanted = Wanted { grant: request.grant, grantee: mapper.id, access: request.access };
    let mut using = Using::new(grants);
    let mfn = match using.pin(request.granter, wanted) {
        Ok(mfn) => mfn,
        Err(error) => {
            list.track.give_back(handle, &FramePages);
            return Err(error.into());
        }
    };
    let done = place(mapper, list, (handle, mfn), request);
    if done.is_err() {
        // A granter that keeps its own mark harms itself only.
        let _ = using.unpin(request.grant, request.access);
    }
    done.map(|old| (handle, mfn, old))
}

/// Notes the mapping of a page in use under a reserved handle, which is free again on an error, and maps it.
fn place(
    mapper: &Domain,
    list: &mut List,
    (handle, mfn): (Handle, Mfn),
    request: &Request<'_>,
) -> Result<Option<PageType>, GrantStatus> {
    let granter = Granter(request.granter.shared_info.grants.clone());
    let gfn = request.gfn.unwrap_or(NOWHERE);
    let mapped = Mapped { grant: request.grant, access: request.access, gfn };
    if let Err(error) = list.track.insert(handle, mapped, granter, &FramePages) {
        list.track.give_back(handle, &FramePages);
        return Err(error.into());
    }
    let share = match request.access {
        Access::Read => Share::GrantRo,
        Access::Write => Share::GrantRw,
    };
    let shared = Reference::take(mfn, request.granter.id)
        .map_err(|_| Error::BadPage)
        .and_then(|page| mapper.p2m.share(gfn, page, share).map_err(|_| Error::NotPlaced));
    Ok(shared.inspect_err(|_| drop(list.track.remove(handle, &FramePages)))?)
}

/// Tells whether a handle is that of a mapping.
///
/// # Errors
/// The status that says that it is not.
pub fn check(mapper: &Domain, handle: Handle) -> Result<(), GrantStatus> {
    let list = mapper.shared_info.maps.0.lock();
    list.track.get(handle, &FramePages)?;
    Ok(())
}

/// Undoes a mapping; `gfn` is where its owner says that it is.
///
/// # Errors
/// The status to report; the mapping stays then.
pub fn unmap(mapper: &Domain, handle: Handle, gfn: Gfn) -> Result<(), GrantStatus> {
    let mut locked = mapper.shared_info.maps.0.lock();
    let list = &mut *locked;
    let (mapped, granter) = list.track.get(handle, &FramePages)?;
    let mut using = Using::new(&granter.0);
    let mfn = using.table.pinned(mapped.grant, &FramePages).ok_or(GrantStatus::BadHandle)?;
    // As on Xen the page goes from where the owner says, if nothing else is there; and from where it was
    // mapped by this handle, so that nothing is left of a mapping that is not counted any more.
    for place in [Some(gfn), Some(mapped.gfn).filter(|own| *own != gfn)].into_iter().flatten() {
        if mapper.p2m.take_grant(place, mfn) != Ok(true) && place == gfn {
            return Err(GrantStatus::GeneralError);
        }
    }
    let hostile = using.unpin(mapped.grant, mapped.access);
    drop(using);
    let owner = granter.0.owner;
    let last = list.track.remove(handle, &FramePages)?;
    drop(locked);
    drop(last);
    if hostile {
        crash(owner);
    }
    Ok(())
}

/// What undoing a mapping costs.
const UNDO_STEPS: u32 = 6;
/// Handles that are looked at in a step.
const HANDLES_A_STEP: u32 = 16;

/// Undoes all mappings of a domain that never runs again; false: call again.
pub fn release_all(mapper: &Domain, budget: &mut Budget) -> bool {
    loop {
        if !budget.spend(1) {
            return false;
        }
        let mut locked = mapper.shared_info.maps.0.lock();
        match locked.track.next(locked.undone, HANDLES_A_STEP, &FramePages) {
            Ok(handle) => {
                locked.undone = handle;
                drop(locked);
                undo(mapper, handle);
                budget.spend(UNDO_STEPS);
            }
            Err(Some(next)) => locked.undone = next,
            Err(None) => return true,
        }
    }
}

/// Undoes a mapping of a domain that never runs again.
fn undo(mapper: &Domain, handle: Handle) {
    let gfn = mapper.shared_info.maps.0.lock().track.get(handle, &FramePages).map(|(mapped, _)| mapped.gfn);
    if gfn.is_ok_and(|gfn| unmap(mapper, handle, gfn).is_ok()) {
        return;
    }
    let mut locked = mapper.shared_info.maps.0.lock();
    let Ok((mapped, granter)) = locked.track.get(handle, &FramePages) else { return };
    // Something else is mapped in its place, which goes with all of stage 2.
    let _ = Using::new(&granter.0).unpin(mapped.grant, mapped.access);
    let last = locked.track.remove(handle, &FramePages);
    drop(locked);
    drop(last);
}

impl List {
    /// Makes sure that there is a free handle.
    fn make_room(&mut self) -> Result<(), Error> {
        if !self.track.is_full() {
            return Ok(());
        }
        let page = frames::alloc_table().ok_or(Error::NoHandle)?;
        self.track.lend(page.frame(), &FramePages).inspect_err(|_| frames::free_table(page))
    }
}

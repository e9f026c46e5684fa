//! `XENMEM_acquire_resource`: pages of EL2's that a control domain maps: the frames of a grant table.

use super::Progress;
use super::physmap::map_share;
use crate::domain::{self, Domain};
use crate::hypercall::{Budget, Reply, guest, privileged};
use crate::mm::p2m::Share;
use crate::mm::reference::Reference;
use crate::trap::Cx;
use types::{DomId, Gfn};
use xen_abi::XenErrno;
use xen_abi::memory::{
    AcquireResource, GRANT_TABLE_ID_SHARED, RESOURCE_GRANT_TABLE, RESOURCE_IOREQ_SERVER, RESOURCE_VMTRACE_BUF,
};

/// What a page costs.
const PAGE_STEPS: u32 = 12;

/// Tells how many frames a resource has, or maps some of them where the caller says.
///
/// # Errors
/// EFAULT, EINVAL, EPERM, ESRCH, EOPNOTSUPP, ENOMEM.
pub fn acquire(cx: &Cx<'_>, progress: Progress, budget: &mut Budget) -> Result<Reply, XenErrno> {
    let mut request: AcquireResource = guest::read(progress.args[1])?;
    if request.pad != 0 {
        return Err(XenErrno::Einval);
    }
    // The caller's own are no resource of another's.
    if request.domid == DomId::SELF || request.domid == cx.vcpu.domain.id {
        return Err(XenErrno::Esrch);
    }
    let owner = domain::find(request.domid).ok_or(XenErrno::Esrch)?;
    privileged(cx)?;
    let most = frames_of(&owner, &request)?;
    if (request.frame_list.raw() == 0) != (request.nr_frames == 0) {
        return Err(XenErrno::Einval);
    }
    if request.nr_frames == 0 {
        request.nr_frames = most;
        guest::write(progress.args[1], &request)?;
        return Ok(Reply::Done(0));
    }
    let end = request.frame.checked_add(request.nr_frames.into()).ok_or(XenErrno::Einval)?;
    if end > most.into() {
        return Err(XenErrno::Einval);
    }
    for done in progress.start..request.nr_frames {
        if !budget.spend(PAGE_STEPS) {
            return Ok(progress.again(done));
        }
        let index = u32::try_from(request.frame + u64::from(done)).map_err(|_| XenErrno::Einval)?;
        let gfn = Gfn::new(guest::read_u64(request.frame_list, done.into())?);
        map_frame(&cx.vcpu.domain, &owner, index, gfn)?;
    }
    Ok(Reply::Done(0))
}

/// The frames that a resource may have.
fn frames_of(owner: &Domain, request: &AcquireResource) -> Result<u32, XenErrno> {
    match (request.resource_type, request.id) {
        (RESOURCE_GRANT_TABLE, GRANT_TABLE_ID_SHARED) => {
            Ok(owner.shared_info.grants.with(|table| table.max_frames()))
        }
        // No version 2, no request servers, no traces.
        (RESOURCE_GRANT_TABLE | RESOURCE_IOREQ_SERVER | RESOURCE_VMTRACE_BUF, _) => Err(XenErrno::Einval),
        _ => Err(XenErrno::Eopnotsupp),
    }
}

fn map_frame(domain: &Domain, owner: &Domain, index: u32, gfn: Gfn) -> Result<(), XenErrno> {
    if owner.life.is_dying() {
        return Err(XenErrno::Einval);
    }
    let grants = &owner.shared_info.grants;
    grants.grow(index.checked_add(1).ok_or(XenErrno::Einval)?)?;
    let mfn = grants.with(|table| table.frame(crate::arch::to_usize(index.into())))?;
    let page = Reference::take(mfn, owner.id).map_err(|_| XenErrno::Einval)?;
    map_share(domain, gfn, page, Share::ForeignRw)
}

//! The table itself: its size, its frames, its version, the places of its entries.

use super::{Call, ELEMENT_STEPS, raw_status};
use crate::domain::Domain;
use crate::hypercall::{Budget, Reply, guest, target};
use crate::trap::Cx;
use gnttab::GrantRef;
use xen_abi::XenErrno;
use xen_abi::grant_table::rare::{GetStatusFrames, SwapGrantRef};
use xen_abi::grant_table::{GetVersion, GrantStatus, QuerySize, SetVersion, SetupTable};

/// Converts the refusal of a domain to the status that tells it.
fn refused(error: XenErrno) -> GrantStatus {
    if error == XenErrno::Esrch { GrantStatus::BadDomain } else { GrantStatus::PermissionDenied }
}

/// Gives a table frames and lists where the guest has them (GNTTABOP_setup_table).
///
/// # Errors
/// EFAULT, EINVAL.
pub fn setup(cx: &Cx<'_>, call: &Call) -> Result<i64, XenErrno> {
    call.is_one()?;
    let at = call.list.raw();
    let mut request: SetupTable = guest::read(at)?;
    let result = target(cx, request.dom).map_err(refused).and_then(|domain| list_frames(&domain, &request));
    request.status = raw_status(result);
    guest::write(at, &request)?;
    Ok(0)
}

fn list_frames(domain: &Domain, request: &SetupTable) -> Result<(), GrantStatus> {
    let grants = &domain.shared_info.grants;
    grants.grow(request.nr_frames)?;
    for index in 0..request.nr_frames {
        let slot = crate::arch::to_usize(index.into());
        // Where the guest has not mapped a frame there is none to name.
        let gfn = grants.with(|table| table.gfn(slot)).ok().flatten().map_or(u64::MAX, |gfn| gfn.raw());
        guest::element(request.frame_list, index.into(), 8)
            .and_then(|at| guest::write_u64(at, gfn))
            .map_err(|_| GrantStatus::BadVirtAddr)?;
    }
    Ok(())
}

/// Tells how many frames a table has and may have (GNTTABOP_query_size).
///
/// # Errors
/// EFAULT, EINVAL.
pub fn query_size(cx: &Cx<'_>, call: &Call) -> Result<i64, XenErrno> {
    call.is_one()?;
    let at = call.list.raw();
    let mut question: QuerySize = guest::read(at)?;
    let result = target(cx, question.dom).map_err(refused).map(|domain| {
        domain.shared_info.grants.with(|table| {
            question.nr_frames = table.nr_frames();
            question.max_nr_frames = table.max_frames();
        });
    });
    question.status = raw_status(result);
    guest::write(at, &question)?;
    Ok(0)
}

/// Chooses the version of the caller's table (GNTTABOP_set_version); the number of elements is ignored.
///
/// # Errors
/// EFAULT, EINVAL, ENOSYS.
pub fn set_version(cx: &Cx<'_>, at: u64) -> Result<i64, XenErrno> {
    let mut request: SetVersion = guest::read(at)?;
    let grants = &cx.vcpu.domain.shared_info.grants;
    let result = grants.with(|table| table.set_version(request.version));
    // Whatever happened, the caller learns the version that it has.
    request.version = grants.with(|table| table.version());
    guest::write(at, &request)?;
    result.map(|_| 0).map_err(XenErrno::from)
}

/// Tells the version of a table (GNTTABOP_get_version); the number of elements is ignored.
///
/// # Errors
/// EFAULT, ESRCH, EPERM.
pub fn get_version(cx: &Cx<'_>, at: u64) -> Result<i64, XenErrno> {
    let question: GetVersion = guest::read(at)?;
    let version = target(cx, question.dom)?.shared_info.grants.with(|table| table.version());
    guest::write(at, &GetVersion { version, ..question })?;
    Ok(0)
}

/// Lists status frames (GNTTABOP_get_status_frames): a table of version 1 has none.
///
/// # Errors
/// EFAULT.
pub fn get_status_frames(cx: &Cx<'_>, at: u64) -> Result<i64, XenErrno> {
    let mut request: GetStatusFrames = guest::read(at)?;
    let result = target(cx, request.dom).map_err(refused).and(Err(GrantStatus::GeneralError));
    request.status = raw_status(result);
    guest::write(at, &request)?;
    Ok(0)
}

/// Exchanges entries of the caller's table (GNTTABOP_swap_grant_ref).
///
/// # Errors
/// EFAULT.
pub fn swap(cx: &Cx<'_>, call: &Call, budget: &mut Budget) -> Result<Reply, XenErrno> {
    let grants = &cx.vcpu.domain.shared_info.grants;
    call.each(budget, ELEMENT_STEPS, |request: &mut SwapGrantRef| {
        let (a, b) = (GrantRef::new(request.ref_a), GrantRef::new(request.ref_b));
        request.status = raw_status(grants.swap(a, b).map_err(GrantStatus::from));
    })
}

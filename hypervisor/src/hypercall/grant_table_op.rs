//! `grant_table_op`: setting up the table (`xen/include/public/grant_table.h`).
//!
//! Mapping and copying other domains' pages comes with other domains; Linux asks at boot for the size,
//! the version and, on old kernels, the table.

use super::{Args, Budget, Reply, guest, low32, target};
use crate::domain::Domain;
use crate::trap::Cx;
use types::GuestVa;
use xen_abi::grant_table::{GetVersion, GnttabOp, GrantStatus, QuerySize, SetVersion, SetupTable};
use xen_abi::{Field, GuestStruct, XenErrno};

/// What an element of a list costs.
const ELEMENT_STEPS: u32 = 16;

/// Performs an operation on a list of arguments.
///
/// # Errors
/// EFAULT, EINVAL, ENOSYS.
#[inline(never)]
pub fn handle(cx: &mut Cx<'_>, args: Args, budget: &mut Budget) -> Result<Reply, XenErrno> {
    let [op, list, count, ..] = args;
    let count = low32(count);
    if i32::try_from(count).is_err() {
        return Err(XenErrno::Einval);
    }
    match GnttabOp::from_raw(low32(op)).ok_or(XenErrno::Enosys)? {
        GnttabOp::SetupTable if count != 1 => Err(XenErrno::Einval),
        GnttabOp::SetupTable => setup_table(cx, list).map(Reply::from),
        GnttabOp::QuerySize if count != 1 => Err(XenErrno::Einval),
        GnttabOp::QuerySize => query_size(cx, list).map(Reply::from),
        GnttabOp::SetVersion if count != 1 => Err(XenErrno::Einval),
        GnttabOp::SetVersion => set_version(cx, list).map(Reply::from),
        GnttabOp::GetVersion => get_version(cx, args, count, budget),
        GnttabOp::MapGrantRef
        | GnttabOp::UnmapGrantRef
        | GnttabOp::DumpTable
        | GnttabOp::Transfer
        | GnttabOp::Copy
        | GnttabOp::UnmapAndReplace
        | GnttabOp::GetStatusFrames
        | GnttabOp::SwapGrantRef
        | GnttabOp::CacheFlush => Err(XenErrno::Enosys),
    }
}

/// Converts the refusal of a domain to the status that tells it.
fn refused(error: XenErrno) -> GrantStatus {
    if error == XenErrno::Esrch { GrantStatus::BadDomain } else { GrantStatus::PermissionDenied }
}

fn setup_table(cx: &Cx<'_>, at: u64) -> Result<i64, XenErrno> {
    let mut request: SetupTable = guest::read(at)?;
    let status = match target(cx, request.dom) {
        Ok(domain) => list_frames(&domain, &request)?,
        Err(error) => refused(error),
    };
    request.status = status.raw();
    guest::write(at, &request)?;
    Ok(0)
}

fn list_frames(domain: &Domain, request: &SetupTable) -> Result<GrantStatus, XenErrno> {
    let grants = &domain.shared_info.grants;
    if let Err(error) = grants.grow(domain.id, request.nr_frames) {
        return Ok(error.into());
    }
    for index in 0..request.nr_frames {
        let slot = crate::arch::to_usize(index.into());
        // Where the guest has not mapped a frame there is none to name.
        let gfn = grants.with(|table| table.gfn(slot)).ok().flatten().map_or(u64::MAX, |gfn| gfn.raw());
        guest::write_bytes(guest::element(request.frame_list, index.into(), 8)?, &gfn.to_le_bytes())?;
    }
    Ok(GrantStatus::Okay)
}

fn query_size(cx: &Cx<'_>, at: u64) -> Result<i64, XenErrno> {
    let mut question: QuerySize = guest::read(at)?;
    question.status = match target(cx, question.dom) {
        Ok(domain) => {
            domain.shared_info.grants.with(|table| {
                question.nr_frames = table.nr_frames();
                question.max_nr_frames = table.max_frames();
            });
            GrantStatus::Okay
        }
        Err(error) => refused(error),
    }
    .raw();
    guest::write(at, &question)?;
    Ok(0)
}

fn set_version(cx: &Cx<'_>, at: u64) -> Result<i64, XenErrno> {
    let mut request: SetVersion = guest::read(at)?;
    let grants = &cx.vcpu.domain.shared_info.grants;
    let result = grants.with(|table| table.set_version(request.version));
    // Whatever happened, the caller learns the version that it has.
    request.version = grants.with(|table| table.version());
    guest::write(at, &request)?;
    result.map(|_| 0).map_err(XenErrno::from)
}

fn get_version(cx: &Cx<'_>, args: Args, count: u32, budget: &mut Budget) -> Result<Reply, XenErrno> {
    let [op, list, _, d, e] = args;
    for done in 0..count {
        let at = guest::element(GuestVa::new(list), done.into(), GetVersion::SIZE as u64)?;
        if !budget.spend(ELEMENT_STEPS) {
            return Ok(Reply::Continue([op, at, count.wrapping_sub(done).into(), d, e]));
        }
        let question: GetVersion = guest::read(at)?;
        let version = target(cx, question.dom)?.shared_info.grants.with(|table| table.version());
        guest::write_bytes(at, GetVersion { version, ..question }.encode().as_ref())?;
    }
    Ok(Reply::Done(0))
}

//! `domctl`: the toolstack's control of domains. Its version is checked; no operation exists yet.

use super::{Args, guest, privileged};
use crate::trap::Cx;
use xen_abi::XenErrno;
use xen_abi::domctl::{INTERFACE_VERSION, XenDomctl};

/// Refuses a toolstack of another version as Xen does, so that it says so itself.
///
/// # Errors
/// EFAULT, EACCES for another version, EPERM, ENOSYS.
#[inline(never)]
pub fn handle(cx: &mut Cx<'_>, [op, ..]: Args) -> Result<i64, XenErrno> {
    let op: XenDomctl = guest::read(op)?;
    if op.interface_version != INTERFACE_VERSION {
        return Err(XenErrno::Eacces);
    }
    privileged(cx)?;
    Err(XenErrno::Enosys)
}

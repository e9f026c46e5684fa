//! `XENMEM_claim_pages`: memory that is promised to a domain before it is populated.

use crate::domain;
use crate::domain::memory::{self, ClaimError};
use crate::hypercall::{guest, privileged};
use crate::trap::Cx;
use xen_abi::XenErrno;
use xen_abi::memory::MemoryReservation;

/// Promises a domain so much memory in all, or takes a promise back.
///
/// # Errors
/// EFAULT, EPERM, EINVAL, also if there is no such domain, ENOMEM.
pub fn claim(cx: &Cx<'_>, arg: u64) -> Result<i64, XenErrno> {
    privileged(cx)?;
    let request: MemoryReservation = guest::read(arg)?;
    if request.extent_start.raw() != 0 || request.extent_order != 0 || request.mem_flags != 0 {
        return Err(XenErrno::Einval);
    }
    let domain = domain::find(request.domid).ok_or(XenErrno::Einval)?;
    memory::claim(&domain, request.nr_extents).map_err(|error| match error {
        ClaimError::Twice | ClaimError::TooFew => XenErrno::Einval,
        ClaimError::NoMemory => XenErrno::Enomem,
    })?;
    Ok(0)
}

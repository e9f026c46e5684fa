//! What Arm has none of: frames that are exchanged, virtual NUMA, memory that devices reserve. Their arguments
//! are looked at all the same, so that a caller learns which of them is wrong.

use crate::hypercall::{guest, target};
use crate::trap::Cx;
use xen_abi::XenErrno;
use xen_abi::memory::MemoryExchange;
use xen_abi::memory::topology::{RDM_ALL, ReservedDeviceMemoryMap, VnumaTopologyInfo};

/// Exchanges nothing: no guest frame changes its machine frame (`XENMEM_exchange`).
///
/// # Errors
/// EFAULT, EINVAL if some is said to be done, EOPNOTSUPP if there is something to do.
pub fn exchange(arg: u64) -> Result<i64, XenErrno> {
    let request: MemoryExchange = guest::read(arg)?;
    if request.nr_exchanged > request.given.nr_extents {
        return Err(XenErrno::Einval);
    }
    if request.nr_exchanged == request.given.nr_extents { Ok(0) } else { Err(XenErrno::Eopnotsupp) }
}

/// Tells that a domain has no virtual NUMA topology (`XENMEM_get_vnumainfo`).
///
/// # Errors
/// EFAULT, EINVAL, ESRCH, EPERM, EOPNOTSUPP.
pub fn virtual_numa(cx: &Cx<'_>, arg: u64) -> Result<i64, XenErrno> {
    let question: VnumaTopologyInfo = guest::read(arg)?;
    if question.pad != 0 {
        return Err(XenErrno::Einval);
    }
    target(cx, question.domid)?;
    Err(XenErrno::Eopnotsupp)
}

/// Finds no region that a device reserves (`XENMEM_reserved_device_memory_map`).
///
/// # Errors
/// EFAULT, EINVAL for unknown flags.
pub fn reserved_memory(arg: u64) -> Result<i64, XenErrno> {
    let mut question: ReservedDeviceMemoryMap = guest::read(arg)?;
    if question.flags & !RDM_ALL != 0 {
        return Err(XenErrno::Einval);
    }
    question.nr_entries = 0;
    guest::write(arg, &question)?;
    Ok(0)
}

//! `hvm_op`: numbers that are left for a guest (`xen/include/public/hvm/hvm_op.h`, params.h).

use super::{Args, guest, low32, target};
use crate::domain::Domain;
use crate::trap::Cx;
use xen_abi::XenErrno;
use xen_abi::hvm::{HvmOp, HvmParam, XenHvmParam};

/// Reads or sets a parameter.
///
/// # Errors
/// EFAULT, ESRCH, EPERM, EINVAL, ENOSYS.
#[inline(never)]
pub fn handle(cx: &mut Cx<'_>, [op, arg, ..]: Args) -> Result<i64, XenErrno> {
    match HvmOp::from_raw(low32(op)).ok_or(XenErrno::Enosys)? {
        HvmOp::GetParam => get(cx, arg),
        HvmOp::SetParam => set(cx, arg),
        // It has no argument, and nobody listens.
        HvmOp::GuestRequestVmEvent if arg != 0 => Err(XenErrno::Einval),
        HvmOp::GuestRequestVmEvent => Ok(0),
    }
}

fn get(cx: &Cx<'_>, arg: u64) -> Result<i64, XenErrno> {
    let question: XenHvmParam = guest::read(arg)?;
    let domain = target(cx, question.domid)?;
    let param = HvmParam::from_raw(question.index).ok_or(XenErrno::Einval)?;
    let value = value(cx, &domain, param).ok_or(XenErrno::Eperm)?;
    guest::write(arg, &XenHvmParam { value, ..question })?;
    Ok(0)
}

/// Returns a parameter's value; a domain may not see its own monitor ring.
fn value(cx: &Cx<'_>, domain: &Domain, param: HvmParam) -> Option<u64> {
    let own = cx.vcpu.domain.id == domain.id;
    match param {
        HvmParam::MonitorRingPfn if own => None,
        _ => domain.settings.with(|values| values.param(param)),
    }
}

/// Dom0 sets them for its guests; nobody his own.
fn set(cx: &Cx<'_>, arg: u64) -> Result<i64, XenErrno> {
    let request: XenHvmParam = guest::read(arg)?;
    let domain = target(cx, request.domid)?;
    let param = HvmParam::from_raw(request.index).ok_or(XenErrno::Einval)?;
    if domain.id == cx.vcpu.domain.id {
        return Err(XenErrno::Eperm);
    }
    if domain.settings.with(|values| values.set_param(param, request.value)) {
        Ok(0)
    } else {
        Err(XenErrno::Eperm)
    }
}

//! `vm_assist`: behaviour that a domain switches on or off (`xen/include/public/xen.h`, VMASST_*).

use super::{Args, low32};
use crate::trap::Cx;
use core::sync::atomic::Ordering;
use xen_abi::XenErrno;
use xen_abi::vm_assist::{RUNSTATE_UPDATE_FLAG, VmAssistCmd};

/// Switches an assist.
///
/// # Errors
/// EINVAL for one that Arm has not, ENOSYS for an unknown command.
#[inline(never)]
pub fn handle(cx: &mut Cx<'_>, [command, assist, ..]: Args) -> Result<i64, XenErrno> {
    if low32(assist) != RUNSTATE_UPDATE_FLAG {
        return Err(XenErrno::Einval);
    }
    let enable = match VmAssistCmd::from_raw(low32(command)).ok_or(XenErrno::Enosys)? {
        VmAssistCmd::Enable => true,
        VmAssistCmd::Disable => false,
    };
    cx.vcpu.domain.shared_info.marks_runstate.store(enable, Ordering::Relaxed);
    Ok(0)
}

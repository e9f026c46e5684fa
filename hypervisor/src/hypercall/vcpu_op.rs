//! `vcpu_op`: where a vCPU's events and run state are told (`xen/include/public/vcpu.h`).

use super::{Args, guest, low32};
use crate::domain::events::{self, FrameWords};
use crate::domain::{Vcpu, shared_info};
use crate::mm::frames;
use crate::trap::Cx;
use core::sync::atomic::Ordering;
use evtchn::Place;
use types::{Gfn, VcpuId};
use xen_abi::XenErrno;
use xen_abi::shared_info::VCPU_INFO_BYTES;
use xen_abi::vcpu::{RegisterRunstateMemoryArea, RegisterVcpuInfo, VcpuOp};

/// Performs an operation on a vCPU of the caller's domain.
///
/// # Errors
/// ENOENT if there is no such vCPU, EINVAL for an unknown operation, EFAULT, ENXIO.
#[inline(never)]
pub fn handle(cx: &mut Cx<'_>, [op, vcpu, arg, ..]: Args) -> Result<i64, XenErrno> {
    let id = u16::try_from(low32(vcpu)).map(VcpuId::new).map_err(|_| XenErrno::Enoent)?;
    let vcpu = cx.vcpu.domain.vcpu(id).ok_or(XenErrno::Enoent)?;
    match VcpuOp::from_raw(low32(op)).ok_or(XenErrno::Einval)? {
        VcpuOp::RegisterVcpuInfo => register_info(cx, vcpu, guest::read(arg)?)?,
        VcpuOp::RegisterRunstateMemoryArea => {
            let area: RegisterRunstateMemoryArea = guest::read(arg)?;
            shared_info::register(vcpu, types::GuestVa::new(area.addr))?;
        }
    }
    Ok(0)
}

/// Moves the vCPU's `vcpu_info` to a place in its own memory, once.
fn register_info(cx: &Cx<'_>, vcpu: &Vcpu, wanted: RegisterVcpuInfo) -> Result<(), XenErrno> {
    let domain = &cx.vcpu.domain;
    let offset = usize::try_from(wanted.offset).map_err(|_| XenErrno::Enxio)?;
    // Whether it fits does not depend on the frame.
    Place::new(domain.shared_info.mfn(), offset, VCPU_INFO_BYTES).ok_or(XenErrno::Enxio)?;
    // A vCPU does it for itself or for one that is off.
    if vcpu.id != cx.vcpu.id && vcpu.online.load(Ordering::SeqCst) {
        return Err(XenErrno::Einval);
    }
    let mfn = events::hold_frame(domain, Gfn::new(wanted.gfn))?;
    let place = Place::new(mfn, offset, VCPU_INFO_BYTES).ok_or(XenErrno::Enxio)?;
    match domain.events.with(|channels| channels.register_vcpu_info(vcpu.id, place, &FrameWords)) {
        Ok(delivery) => {
            events::perform(domain, delivery);
            Ok(())
        }
        Err(error) => {
            frames::put(mfn);
            Err(error.into())
        }
    }
}

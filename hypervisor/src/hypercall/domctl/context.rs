//! A vCPU's registers, set and read by the toolstack.

use super::{Answer, Command, Outcome, guest};
use crate::domain::{Domain, Vcpu};
use crate::sched;
use core::sync::atomic::Ordering;
use types::VcpuId;
use xen_abi::XenErrno;
use xen_abi::domctl::context::{VGCF_ONLINE, VcpuGuestContext, Vcpucontext};

fn vcpu(domain: &Domain, raw: u32) -> Result<&Vcpu, XenErrno> {
    let id = u16::try_from(raw).map_err(|_| XenErrno::Einval)?;
    if id >= u16::from(domain.vgic.model.vcpus()) {
        return Err(XenErrno::Einval);
    }
    domain.vcpu(VcpuId::new(id)).map(AsRef::as_ref).ok_or(XenErrno::Esrch)
}

/// Sets the registers of a vCPU of a domain that is paused, and lets the vCPU be.
pub fn set(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let request: Vcpucontext = work.payload()?;
    let vcpu = vcpu(domain, request.vcpu)?;
    if domain.id == work.cx.vcpu.domain.id {
        return Err(XenErrno::Einval);
    }
    if request.ctxt.raw() == 0 {
        return reset(vcpu);
    }
    let context: VcpuGuestContext = guest::read(request.ctxt.raw())?;
    // Nobody but a domain that stands still lets its registers be changed.
    if !domain.life.state().is_held() || !sched::is_stopped(vcpu) {
        return Err(XenErrno::Ebusy);
    }
    vcpu.set_registers(&context).map_err(|_| XenErrno::Einval)?;
    if context.flags & VGCF_ONLINE != 0 && !vcpu.online.load(Ordering::SeqCst) {
        sched::bring_online(vcpu);
    }
    Ok(Answer::Done)
}

/// Takes a vCPU off, until it is started anew.
fn reset(vcpu: &Vcpu) -> Outcome {
    if vcpu.online.swap(false, Ordering::SeqCst) {
        sched::pause_vcpu(vcpu);
    }
    Ok(Answer::Done)
}

/// Reads the registers of a vCPU that has stopped.
pub fn get(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let request: Vcpucontext = work.payload()?;
    let vcpu = vcpu(domain, request.vcpu)?;
    if core::ptr::eq(vcpu, work.cx.vcpu) {
        return Err(XenErrno::Einval);
    }
    if !vcpu.online.load(Ordering::SeqCst) {
        return Err(XenErrno::Enodata);
    }
    if !domain.life.state().is_held() {
        return read_running(work, vcpu, request);
    }
    if !sched::is_stopped(vcpu) {
        return Ok(Answer::Continue);
    }
    guest::write(request.ctxt.raw(), &vcpu.registers())?;
    Ok(Answer::Copy)
}

/// Stops a vCPU of a domain that runs, for as long as it takes to read its registers.
fn read_running(work: &mut Command<'_, '_>, vcpu: &Vcpu, request: Vcpucontext) -> Outcome {
    sched::pause_vcpu(vcpu);
    let stopped = sched::is_stopped(vcpu);
    let result = if stopped { guest::write(request.ctxt.raw(), &vcpu.registers()) } else { Ok(()) };
    sched::unpause_vcpu(vcpu);
    result?;
    let _ = work;
    Ok(if stopped { Answer::Copy } else { Answer::Continue })
}

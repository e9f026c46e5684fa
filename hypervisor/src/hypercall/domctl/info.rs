//! What is known of domains and vCPUs.

use super::{Command, Outcome};
use crate::domain::{Domain, Vcpu};
use crate::mm::p2m;
use crate::sched;
use ::sched::Place;
use core::sync::atomic::Ordering;
use types::VcpuId;
use xen_abi::domctl::create::CDF_XS_DOMAIN;
use xen_abi::domctl::info::{
    BLOCKED, DEBUGGED, DYING, Getdomaininfo, HAP, HVM_GUEST, INVALID_MAX_VCPU_ID, PAUSED, RUNNING, SHUTDOWN,
    SHUTDOWN_MASK, SHUTDOWN_SHIFT, XS_DOMAIN,
};
use xen_abi::domctl::vcpu::Getvcpuinfo;
use xen_abi::{Field, XenErrno};

/// `XEN_DOMCTL_getdomaininfo`.
pub fn domain(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let info = of_domain(domain);
    work.op.domain = info.domain;
    work.answer(&info)
}

/// Says everything about a domain.
pub fn of_domain(domain: &Domain) -> Getdomaininfo {
    let settings = domain.settings.with(|values| *values);
    let vcpus = domain.vcpus();
    let online = vcpus.iter().filter(|vcpu| vcpu.online.load(Ordering::Relaxed));
    let last = u32::try_from(vcpus.len()).ok().and_then(|count| count.checked_sub(1));
    Getdomaininfo {
        domain: domain.id,
        flags: flags(domain, settings.flags, settings.debugged),
        tot_pages: domain.owned_pages(),
        max_pages: domain.pages.max.load(Ordering::Relaxed),
        outstanding_pages: domain.pages.claimed.load(Ordering::Relaxed),
        shared_info_frame: u64::MAX,
        cpu_time: vcpus.iter().map(|vcpu| sched::cpu_time_ns(vcpu)).sum(),
        nr_online_vcpus: u32::try_from(online.count()).unwrap_or(0),
        max_vcpu_id: last.unwrap_or(INVALID_MAX_VCPU_ID),
        handle: settings.handle,
        cpupool: 0,
        gpaddr_bits: p2m::shape().geometry.input_bits(),
        ..Getdomaininfo::ZERO
    }
}

fn flags(domain: &Domain, creation: u32, debugged: bool) -> u32 {
    let life = domain.life.state();
    let code = u32::from(life.shutdown_code.unwrap_or(if life.shut_down { 0 } else { NO_CODE }));
    let (running, blocked) = activity(domain);
    let flag = |is_set: bool, flag: u32| if is_set { flag } else { 0 };
    HVM_GUEST
        | HAP
        | flag(life.dying, DYING)
        | flag(life.shut_down, SHUTDOWN)
        | flag(life.pauses > 0, PAUSED)
        | flag(debugged, DEBUGGED)
        | flag(creation & CDF_XS_DOMAIN != 0, XS_DOMAIN)
        | flag(running, RUNNING)
        | flag(blocked, BLOCKED)
        | (code & SHUTDOWN_MASK) << SHUTDOWN_SHIFT
}

/// The code of a domain that has not said why it would shut down (-1, in a byte).
const NO_CODE: u8 = 0xff;

/// Tells whether a vCPU is on a CPU, and whether there are vCPUs and none could go on.
fn activity(domain: &Domain) -> (bool, bool) {
    let online = || domain.vcpus().iter().filter(|vcpu| vcpu.online.load(Ordering::Relaxed));
    let running = online().any(|vcpu| is_running(vcpu));
    (running, online().next().is_some() && online().all(|vcpu| is_blocked(vcpu)))
}

fn is_running(vcpu: &Vcpu) -> bool {
    matches!(sched::place(vcpu), Some(Place::Running(_)))
}

/// The CPU where it runs or ran last.
fn last_cpu(vcpu: &Vcpu) -> u32 {
    vcpu.interrupt_home.load(Ordering::Relaxed).saturating_sub(1)
}

fn is_blocked(vcpu: &Vcpu) -> bool {
    vcpu.info.waits()
}

/// `XEN_DOMCTL_getvcpuinfo`.
pub fn vcpu(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let question: Getvcpuinfo = work.payload()?;
    let id = u16::try_from(question.vcpu).map_err(|_| XenErrno::Einval)?;
    if id >= u16::from(domain.vgic.model.vcpus()) {
        return Err(XenErrno::Einval);
    }
    let vcpu = domain.vcpu(VcpuId::new(id)).ok_or(XenErrno::Esrch)?;
    let online = vcpu.online.load(Ordering::Relaxed);
    work.answer(&Getvcpuinfo {
        vcpu: question.vcpu,
        online: online.into(),
        blocked: is_blocked(vcpu).into(),
        running: is_running(vcpu).into(),
        cpu_time: sched::cpu_time_ns(vcpu),
        cpu: last_cpu(vcpu),
        ..Getvcpuinfo::ZERO
    })
}

//! Where a domain's vCPUs run: affinity to CPUs, and to the one node.

use super::{Answer, Command, Outcome};
use crate::domain::{Domain, Vcpu};
use crate::hypercall::cpus;
use crate::sched::{self, Affinity, CpuSet};
use ::sched::Error;
use types::{GuestVa, VcpuId};
use xen_abi::XenErrno;
use xen_abi::domctl::memory::Nodeaffinity;
use xen_abi::domctl::vcpu::{AFFINITY_FORCE, AFFINITY_HARD, AFFINITY_SOFT, Vcpuaffinity, XenctlBitmap};

/// The nodes of the machine: one.
const NODES: CpuSet = CpuSet::from_bits(1);

/// `XEN_DOMCTL_setvcpuaffinity`: sets what is asked for, and answers what comes of it with the CPUs there
/// are.
pub fn set_vcpu(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let request = request(work)?;
    let vcpu = vcpu(domain, request.vcpu)?;
    let mut affinity = sched::affinity(vcpu);
    if request.flags & AFFINITY_FORCE != 0 && affinity.pinned.take().is_some() {
        sched::set_affinity(vcpu, affinity).map_err(errno)?;
    }
    let online = sched::online_cpus();
    if request.flags & AFFINITY_HARD != 0 {
        affinity.hard = cpus::read(&request.cpumap_hard)?;
        if affinity.hard.and(online).is_empty() {
            return Err(XenErrno::Einval);
        }
    }
    if request.flags & AFFINITY_SOFT != 0 {
        affinity.soft = cpus::read(&request.cpumap_soft)?;
    }
    if request.flags & (AFFINITY_HARD | AFFINITY_SOFT) == 0 {
        return Ok(Answer::Done);
    }
    if affinity.pinned.is_some() {
        return Err(XenErrno::Ebusy);
    }
    sched::set_affinity(vcpu, affinity).map_err(errno)?;
    tell(&request, &affinity, online)
}

/// `XEN_DOMCTL_getvcpuaffinity`.
pub fn get_vcpu(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let request = request(work)?;
    let Affinity { hard, soft, .. } = sched::affinity(vcpu(domain, request.vcpu)?);
    let online = sched::online_cpus();
    if request.flags & AFFINITY_HARD != 0 {
        cpus::write(&request.cpumap_hard, hard.and(online))?;
    }
    if request.flags & AFFINITY_SOFT != 0 {
        cpus::write(&request.cpumap_soft, soft.and(online))?;
    }
    Ok(Answer::Done)
}

/// Reads a request that asks for something, and says where.
fn request(work: &Command<'_, '_>) -> Result<Vcpuaffinity, XenErrno> {
    let request: Vcpuaffinity = work.payload()?;
    let lacks = |flag, map: &XenctlBitmap| request.flags & flag != 0 && map.bitmap == GuestVa::new(0);
    let is_incomplete =
        lacks(AFFINITY_HARD, &request.cpumap_hard) || lacks(AFFINITY_SOFT, &request.cpumap_soft);
    if request.flags == 0 || is_incomplete { Err(XenErrno::Einval) } else { Ok(request) }
}

/// Answers with what was set, as far as there are CPUs.
fn tell(request: &Vcpuaffinity, affinity: &Affinity, online: CpuSet) -> Outcome {
    let hard = affinity.hard.and(online);
    if request.flags & AFFINITY_HARD != 0 {
        cpus::write(&request.cpumap_hard, hard)?;
    }
    if request.flags & AFFINITY_SOFT != 0 {
        cpus::write(&request.cpumap_soft, affinity.soft.and(hard))?;
    }
    Ok(Answer::Done)
}

/// `XEN_DOMCTL_setnodeaffinity`: there is one node, and a domain is on one.
pub fn set_node(work: &mut Command<'_, '_>) -> Outcome {
    let request: Nodeaffinity = work.payload()?;
    if cpus::read(&request.nodemap)?.and(NODES).is_empty() { Err(XenErrno::Einval) } else { Ok(Answer::Done) }
}

/// `XEN_DOMCTL_getnodeaffinity`.
pub fn get_node(work: &mut Command<'_, '_>) -> Outcome {
    let request: Nodeaffinity = work.payload()?;
    cpus::write(&request.nodemap, NODES).map(|()| Answer::Done)
}

/// Finds a vCPU.
fn vcpu(domain: &Domain, number: u32) -> Result<&Vcpu, XenErrno> {
    let id = u16::try_from(number).map(VcpuId::new).map_err(|_| XenErrno::Einval)?;
    if number >= u32::from(domain.vgic.model.vcpus()) {
        return Err(XenErrno::Einval);
    }
    domain.vcpu(id).map(|vcpu| &**vcpu).ok_or(XenErrno::Esrch)
}

fn errno(error: Error) -> XenErrno {
    match error {
        Error::NoEntity => XenErrno::Esrch,
        _ => XenErrno::Einval,
    }
}

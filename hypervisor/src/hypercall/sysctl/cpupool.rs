//! Pools of CPUs: there is one, with all CPUs and domains.

use super::{Answer, Command, Outcome, scheduler_id};
use crate::domain;
use crate::hypercall::cpus;
use crate::machine::percpu;
use crate::sched::{self, CpuSet};
use types::DomId;
use xen_abi::XenErrno;
use xen_abi::domctl::scheduler::SchedulerId;
use xen_abi::sysctl::cpupool::{CPUPOOL_PAR_ANY, CpupoolCmd, CpupoolOp};

/// The pool.
pub const POOL: u32 = 0;

/// `XEN_SYSCTL_cpupool_op`.
pub fn perform(work: &mut Command<'_, '_>) -> Outcome {
    let mut request: CpupoolOp = work.payload()?;
    match CpupoolCmd::from_raw(request.op).ok_or(XenErrno::Enosys)? {
        CpupoolCmd::Info => {
            known(&request)?;
            request.sched_id = scheduler_id().raw();
            let mut count = 0;
            domain::for_each(|_| count += 1);
            request.n_dom = count;
            cpus::write(&request.cpumap, sched::online_cpus())?;
            work.answer(&request)
        }
        CpupoolCmd::Freeinfo => {
            cpus::write(&request.cpumap, CpuSet::EMPTY)?;
            Ok(Answer::Done)
        }
        CpupoolCmd::Movedomain => {
            let id = u16::try_from(request.domid).map(DomId::new).map_err(|_| XenErrno::Esrch)?;
            domain::find(id).ok_or(XenErrno::Esrch)?;
            known(&request).map(|()| Answer::Done)
        }
        // There is no room for another.
        CpupoolCmd::Create if SchedulerId::from_raw(request.sched_id).is_none() => Err(XenErrno::Enoent),
        CpupoolCmd::Create if request.cpupool_id == POOL => Err(XenErrno::Eexist),
        CpupoolCmd::Create => Err(XenErrno::Enomem),
        CpupoolCmd::Destroy => known(&request).and(Err(XenErrno::Ebusy)),
        // All CPUs are in the pool.
        CpupoolCmd::Addcpu => cpu(&request).and(Err(XenErrno::Enodev)),
        CpupoolCmd::Rmcpu if percpu::all().count() == 1 => cpu(&request).and(Err(XenErrno::Einval)),
        CpupoolCmd::Rmcpu => cpu(&request).and(Err(XenErrno::Ebusy)),
    }
}

/// Refuses a pool that does not exist.
fn known(request: &CpupoolOp) -> Result<(), XenErrno> {
    if request.cpupool_id == POOL { Ok(()) } else { Err(XenErrno::Enoent) }
}

/// Refuses a pool, then a CPU that does not exist; any is one.
fn cpu(request: &CpupoolOp) -> Result<(), XenErrno> {
    known(request)?;
    let exists = percpu::all().any(|cpu| u32::from(cpu.id.raw()) == request.cpu);
    if exists || request.cpu == CPUPOOL_PAR_ANY { Ok(()) } else { Err(XenErrno::Einval) }
}

//! Pools of CPUs: there is one, with all CPUs and domains.

use super::{Answer, Command, Outcome, scheduler_id};
use crate::domain;
use crate::hypercall::cpus;
use crate::sched::{self, CpuSet};
use types::DomId;
use xen_abi::XenErrno;
use xen_abi::sysctl::cpupool::{CPUPOOL_PAR_ANY, CpupoolCmd, CpupoolOp};

/// The pool.
pub const POOL: u32 = 0;

/// `XEN_SYSCTL_cpupool_op`.
pub fn perform(work: &mut Command<'_, '_>) -> Outcome {
    let mut request: CpupoolOp = work.payload()?;
    match CpupoolCmd::from_raw(request.op).ok_or(XenErrno::Enosys)? {
        CpupoolCmd::Info => {
            // Of this pool or the next.
            if request.cpupool_id != POOL && request.cpupool_id != CPUPOOL_PAR_ANY {
                return Err(XenErrno::Enoent);
            }
            request.cpupool_id = POOL;
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
            if request.cpupool_id == POOL { Ok(Answer::Done) } else { Err(XenErrno::Enoent) }
        }
        // All CPUs are in the pool, which is there for good.
        CpupoolCmd::Create => Err(XenErrno::Enomem),
        CpupoolCmd::Destroy | CpupoolCmd::Addcpu | CpupoolCmd::Rmcpu => Err(XenErrno::Ebusy),
    }
}

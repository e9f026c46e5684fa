//! The scheduler: which, its parameters, and for how long CPUs had nothing to do.

use super::{Command, Outcome};
use crate::hypercall::guest;
use crate::sched::{self, Policy};
use xen_abi::domctl::scheduler::SchedulerId;
use xen_abi::sysctl::machine::{Cpuinfo, Getcpuinfo};
use xen_abi::sysctl::scheduler::{
    Credit2Schedule, RATELIMIT_MAX, RATELIMIT_MIN, SchedId, SchedulerCmd, SchedulerOp,
};
use xen_abi::{Field, GuestStruct, XenErrno};

/// Returns the number of the scheduler.
pub fn scheduler_id() -> SchedulerId {
    match sched::policy() {
        Policy::Fair => SchedulerId::Credit2,
        Policy::Null => SchedulerId::Null,
    }
}

/// `XEN_SYSCTL_sched_id`.
pub fn id(work: &mut Command<'_, '_>) -> Outcome {
    work.answer(&SchedId { sched_id: scheduler_id().raw() })
}

/// `XEN_SYSCTL_scheduler_op`: reads or sets the parameters of all domains.
pub fn perform(work: &mut Command<'_, '_>) -> Outcome {
    let mut request: SchedulerOp = work.payload()?;
    let command = SchedulerCmd::from_raw(request.cmd).ok_or(XenErrno::Einval)?;
    if request.cpupool_id != super::cpupool::POOL {
        return Err(XenErrno::Esrch);
    }
    if request.sched_id != scheduler_id().raw() {
        return Err(XenErrno::Einval);
    }
    if sched::policy() == Policy::Null {
        return work.answer(&request);
    }
    if command == SchedulerCmd::Putinfo {
        let wanted = Credit2Schedule::decode_prefix(&request.u).ok_or(XenErrno::Einval)?.ratelimit_us;
        if wanted != 0 && !(RATELIMIT_MIN..=RATELIMIT_MAX).contains(&wanted) {
            return Err(XenErrno::Einval);
        }
        sched::set_ratelimit_us(wanted);
    }
    let bytes = Credit2Schedule { ratelimit_us: sched::ratelimit_us() }.encode();
    for (to, from) in request.u.iter_mut().zip(bytes.as_ref()) {
        *to = *from;
    }
    work.answer(&request)
}

/// `XEN_SYSCTL_getcpuinfo`.
pub fn idle_times(work: &mut Command<'_, '_>) -> Outcome {
    let mut request: Getcpuinfo = work.payload()?;
    let mut count = 0;
    for (index, cpu) in (0..request.max_cpus).zip(sched::online_cpus().iter()) {
        let at = guest::element(request.info, index.into(), Cpuinfo::SIZE as u64)?;
        guest::write(at, &Cpuinfo { idletime: sched::idle_time_ns(cpu) })?;
        count = index + 1;
    }
    request.nr_cpus = count;
    work.answer(&request)
}

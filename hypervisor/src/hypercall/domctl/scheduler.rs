//! A domain's share of the CPUs: `XEN_DOMCTL_scheduler_op`.

use super::{Answer, Command, Outcome};
use crate::domain::Domain;
use crate::hypercall::sysctl::scheduler_id;
use crate::sched::{self, Policy, Share};
use ::sched::Error;
use xen_abi::domctl::scheduler::{SchedCredit2, SchedulerCmd, SchedulerOp};
use xen_abi::{GuestStruct, XenErrno};

/// Reads or sets a domain's weight and cap.
pub fn perform(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let mut request: SchedulerOp = work.payload()?;
    if request.sched_id != scheduler_id().raw() {
        return Err(XenErrno::Einval);
    }
    let command = SchedulerCmd::from_raw(request.cmd).ok_or(XenErrno::Einval)?;
    if sched::policy() == Policy::Null {
        // It has no parameters; asking for them is no error.
        return Ok(Answer::Done);
    }
    let share = sched::share(domain.id).ok_or(XenErrno::Esrch)?;
    match command {
        SchedulerCmd::Getinfo => {
            let bytes = SchedCredit2 { weight: share.weight, cap: share.cap }.encode();
            for (to, from) in request.u.iter_mut().zip(bytes.as_ref()) {
                *to = *from;
            }
            work.answer(&request)
        }
        SchedulerCmd::Putinfo => {
            let wanted = SchedCredit2::decode_prefix(&request.u).ok_or(XenErrno::Einval)?;
            // A weight of zero stays as it is. One that is sound is set though the cap is not.
            let weight = if wanted.weight == 0 { share.weight } else { wanted.weight };
            let most = u32::from(domain.vgic.model.vcpus()) * 100;
            let cap = Some(wanted.cap).filter(|cap| u32::from(*cap) <= most);
            let set = Share { weight, cap: cap.unwrap_or(share.cap) };
            sched::set_share(domain.id, set).map_err(errno)?;
            if cap.is_some() { Ok(Answer::Done) } else { Err(XenErrno::Einval) }
        }
        // All vCPUs of a domain are alike.
        SchedulerCmd::Putvcpuinfo | SchedulerCmd::Getvcpuinfo => Err(XenErrno::Einval),
    }
}

fn errno(error: Error) -> XenErrno {
    match error {
        Error::NoDomain => XenErrno::Esrch,
        _ => XenErrno::Einval,
    }
}

//! A domain's share of the CPUs: `XEN_DOMCTL_scheduler_op`.

use super::{Answer, Command, Outcome};
use crate::domain::Domain;
use xen_abi::domctl::scheduler::{SchedCredit2, SchedulerCmd, SchedulerId, SchedulerOp};
use xen_abi::{GuestStruct, XenErrno};

/// Reads or sets a domain's weight and cap.
pub fn perform(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let mut request: SchedulerOp = work.payload()?;
    if request.sched_id != SchedulerId::Credit2.raw() {
        return Err(XenErrno::Einval);
    }
    match SchedulerCmd::from_raw(request.cmd).ok_or(XenErrno::Einval)? {
        SchedulerCmd::Getinfo => {
            let share = domain.settings.with(|values| values.share);
            let bytes = share.encode();
            for (to, from) in request.u.iter_mut().zip(bytes.as_ref()) {
                *to = *from;
            }
            work.answer(&request)
        }
        SchedulerCmd::Putinfo => {
            let wanted = SchedCredit2::decode_prefix(&request.u).ok_or(XenErrno::Einval)?;
            domain.settings.with(|values| {
                if wanted.weight != 0 {
                    values.share.weight = wanted.weight;
                }
                if wanted.cap != u16::MAX {
                    values.share.cap = wanted.cap;
                }
            });
            Ok(Answer::Done)
        }
        SchedulerCmd::Putvcpuinfo | SchedulerCmd::Getvcpuinfo => Err(XenErrno::Einval),
    }
}

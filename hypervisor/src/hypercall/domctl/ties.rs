//! What ties a domain to others: whom it serves, who hears of its end, what is watched in it.

use super::{Answer, Command, Outcome};
use crate::domain::{self, Domain};
use xen_abi::XenErrno;
use xen_abi::domctl::control::{SetTarget, Subscribe};
use xen_abi::domctl::monitor::{MonitorCmd, MonitorEvent, MonitorOp};

/// `XEN_DOMCTL_subscribe`.
pub fn subscribe(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let request: Subscribe = work.payload()?;
    domain.ties.set_shutdown_port(request.port);
    Ok(Answer::Done)
}

/// `XEN_DOMCTL_set_target`.
pub fn set_target(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let request: SetTarget = work.payload()?;
    let target = domain::find(request.target).ok_or(XenErrno::Esrch)?;
    if target.id == domain.id {
        return Err(XenErrno::Einval);
    }
    domain.ties.set_target(&target)?;
    Ok(Answer::Done)
}

/// `XEN_DOMCTL_monitor_op`. Nobody can listen, as there are no rings (vm_event_op): what is watched is only
/// kept.
pub fn monitor(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let mut request: MonitorOp = work.payload()?;
    let watched = match MonitorCmd::from_raw(request.op).ok_or(XenErrno::Eopnotsupp)? {
        MonitorCmd::GetCapabilities => {
            request.event = 1 << MonitorEvent::GuestRequest.raw() | 1 << MonitorEvent::PrivilegedCall.raw();
            return work.answer(&request);
        }
        MonitorCmd::Enable => true,
        MonitorCmd::Disable => false,
        MonitorCmd::EmulateEachRep | MonitorCmd::ControlRegisters => return Err(XenErrno::Eopnotsupp),
    };
    let event = MonitorEvent::from_raw(request.event).ok_or(XenErrno::Eopnotsupp)?;
    domain.ties.watch(event.raw(), watched)?;
    Ok(Answer::Done)
}

//! Settings of one number each.

use super::{Answer, Command, Outcome};
use crate::domain::Domain;
use alloc::sync::Arc;
use xen_abi::XenErrno;
use xen_abi::domctl::control::{SetVirqHandler, Setdebugging, Setdomainhandle, Settimeoffset};
use xen_abi::virq::{Virq, VirqScope};

/// `XEN_DOMCTL_setdomainhandle`.
pub fn set_handle(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let request: Setdomainhandle = work.payload()?;
    domain.settings.with(|values| values.handle = request.handle);
    Ok(Answer::Done)
}

/// `XEN_DOMCTL_setdebugging`: remembered, and told.
pub fn set_debugging(work: &mut Command<'_, '_>, domain: &Arc<Domain>) -> Outcome {
    let request: Setdebugging = work.payload()?;
    if Arc::ptr_eq(&work.cx.vcpu.domain, domain) {
        return Err(XenErrno::Einval);
    }
    domain.settings.with(|values| values.debugged = request.enable != 0);
    Ok(Answer::Done)
}

/// `XEN_DOMCTL_settimeoffset`.
pub fn set_time_offset(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let request: Settimeoffset = work.payload()?;
    domain.settings.with(|values| values.clock_offset_s = request.time_offset_seconds);
    domain.renew_wall_clock();
    Ok(Answer::Done)
}

/// `XEN_DOMCTL_set_virq_handler`: dom0 handles all global ones.
pub fn set_virq_handler(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let request: SetVirqHandler = work.payload()?;
    let virq = Virq::from_raw(request.virq).ok_or(XenErrno::Einval)?;
    if virq.scope() != VirqScope::Global {
        return Err(XenErrno::Einval);
    }
    if domain.is_hardware() { Ok(Answer::Done) } else { Err(XenErrno::Enosys) }
}

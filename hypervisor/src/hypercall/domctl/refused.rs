//! Commands that ask for what is not there: their arguments are checked, so that a caller learns of a mistake of
//! his own first.

use super::{Command, Outcome, guest};
use crate::domain::Domain;
use types::GuestVa;
use xen_abi::XenErrno;
use xen_abi::domctl::memory::Vnuma;

/// `XEN_DOMCTL_setvnumainfo`: the machine is one node, and so is a guest.
pub fn virtual_numa(work: &Command<'_, '_>, domain: &Domain) -> Outcome {
    let request: Vnuma = work.payload()?;
    let vcpus = domain.vgic.model.vcpus().into();
    if request.nr_vnodes == 0 || request.nr_vcpus != vcpus || request.pad != 0 {
        return Err(XenErrno::Einval);
    }
    readable(request.vdistance)?;
    readable(request.vcpu_to_vnode)?;
    readable(request.vnode_to_pnode)?;
    readable(request.vmemrange)?;
    Err(XenErrno::Eopnotsupp)
}

fn readable(list: GuestVa) -> Result<(), XenErrno> {
    guest::read_bytes(list.raw(), &mut [0; 4])
}

/// `XEN_DOMCTL_soft_reset`: a domain starts anew only by being made anew.
pub fn soft_reset(domain: &Domain) -> Outcome {
    Err(if domain.life.state().shut_down { XenErrno::Enosys } else { XenErrno::Einval })
}

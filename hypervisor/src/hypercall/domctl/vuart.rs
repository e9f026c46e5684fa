//! The emulated UART of a guest.

use super::{Command, Outcome};
use crate::domain::Domain;
use types::Gfn;
use xen_abi::XenErrno;
use xen_abi::domctl::device::{VUART_OP_INIT, VUART_TYPE_VPL011, VuartOp};

/// `XEN_DOMCTL_vuart_op`: gives a guest that has not run yet its UART.
pub fn init(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let mut request: VuartOp = work.payload()?;
    if request.cmd != VUART_OP_INIT {
        return Err(XenErrno::Einval);
    }
    if domain.life.state().begun {
        return Err(XenErrno::Eperm);
    }
    if request.device != VUART_TYPE_VPL011 {
        return Err(XenErrno::Eopnotsupp);
    }
    request.evtchn = domain.make_vuart(Gfn::new(request.gfn), request.console_domid)?;
    work.answer(&request)
}

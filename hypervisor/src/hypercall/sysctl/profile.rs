//! Traces, of which there are none: they are off, and cannot be switched on.

use super::{Answer, Command, Outcome};
use core::sync::atomic::{AtomicU32, Ordering};
use xen_abi::XenErrno;
use xen_abi::sysctl::profile::{TbufCmd, TbufOp};

/// The events that a toolstack would trace.
static EVENTS: AtomicU32 = AtomicU32::new(0);

/// `XEN_SYSCTL_tbuf_op`.
pub fn trace(work: &mut Command<'_, '_>) -> Outcome {
    let mut request: TbufOp = work.payload()?;
    match TbufCmd::from_raw(request.cmd).ok_or(XenErrno::Einval)? {
        TbufCmd::GetInfo => {
            request.evt_mask = EVENTS.load(Ordering::Relaxed);
            request.buffer_mfn = 0;
            request.size = 0;
            work.answer(&request)
        }
        TbufCmd::SetEvtMask => {
            EVENTS.store(request.evt_mask, Ordering::Relaxed);
            Ok(Answer::Done)
        }
        TbufCmd::SetSize if request.size == 0 => Err(XenErrno::Einval),
        TbufCmd::SetCpuMask | TbufCmd::SetSize | TbufCmd::Enable => Err(XenErrno::Eopnotsupp),
        TbufCmd::Disable => Ok(Answer::Done),
    }
}

//! `sched_op`: giving up the CPU, waiting, shutting down (`xen/include/public/sched.h`).

use super::{Args, guest, low32, numbered, privileged};
use crate::arch::timer;
use crate::domain::{psci, vgic};
use crate::drivers::timer as clock;
use crate::sched::{self, Affinity, CpuSet};
use crate::trap::Cx;
use types::{CpuId, Port};
use xen_abi::XenErrno;
use xen_abi::sched::{
    SchedOp, SchedPinOverride, SchedPoll, SchedRemoteShutdown, SchedShutdown, SchedWatchdog,
};

/// The most ports that can be polled at once.
const MAX_POLLED: usize = 128;

/// Performs an operation.
///
/// # Errors
/// EFAULT, EINVAL, ESRCH, EPERM, ENOSYS.
#[inline(never)]
pub fn handle(cx: &mut Cx<'_>, [op, arg, ..]: Args) -> Result<i64, XenErrno> {
    match SchedOp::from_raw(low32(op)).ok_or(XenErrno::Enosys)? {
        SchedOp::Yield => sched::yield_now(cx.cpu),
        SchedOp::Block => {
            cx.regs.unmask_interrupts();
            sched::wait_for_interrupt(cx.cpu, cx.vcpu);
        }
        SchedOp::Shutdown => {
            let request: SchedShutdown = guest::read(arg)?;
            psci::shut_down(&cx.vcpu.domain, request.reason);
        }
        SchedOp::Poll => poll(cx, guest::read(arg)?)?,
        SchedOp::RemoteShutdown => {
            let request: SchedRemoteShutdown = guest::read(arg)?;
            let domain = numbered(cx, request.domain_id)?;
            psci::shut_down(&domain, request.reason);
        }
        SchedOp::PinOverride => {
            privileged(cx)?;
            pin(cx, guest::read(arg)?)?;
        }
        SchedOp::ShutdownCode => {
            let request: SchedShutdown = guest::read(arg)?;
            cx.vcpu.domain.set_shutdown_code((request.reason & 0xff) as u8);
        }
        SchedOp::Watchdog => {
            let request: SchedWatchdog = guest::read(arg)?;
            let id = cx.vcpu.domain.set_watchdog(cx.cpu, request.id, request.timeout)?;
            sched::watch(cx.cpu);
            return Ok(id.into());
        }
    }
    Ok(0)
}

/// Lets the caller's vCPU run on one CPU only, until it says otherwise: a negative number.
fn pin(cx: &Cx<'_>, request: SchedPinOverride) -> Result<(), XenErrno> {
    let mut affinity = sched::affinity(cx.vcpu);
    let Ok(cpu) = u16::try_from(request.pcpu) else {
        let undo = request.pcpu < 0 && affinity.pinned.take().is_some();
        return if undo { set_affinity(cx, affinity) } else { Err(XenErrno::Einval) };
    };
    let cpu = CpuSet::of(CpuId::new(cpu));
    if !sched::online_cpus().contains_any(cpu) {
        return Err(XenErrno::Einval);
    }
    if affinity.pinned.replace(cpu).is_some() {
        return Err(XenErrno::Ebusy);
    }
    set_affinity(cx, affinity)
}

fn set_affinity(cx: &Cx<'_>, affinity: Affinity) -> Result<(), XenErrno> {
    sched::set_affinity(cx.vcpu, affinity).map_err(|_| XenErrno::Einval)
}

/// Waits until an event is pending on one of the ports, masked or not, or something else wakes the
/// vCPU, or the time is over.
fn poll(cx: &Cx<'_>, request: SchedPoll) -> Result<(), XenErrno> {
    let mut ports = [Port::new(0); MAX_POLLED];
    let count = usize::try_from(request.nr_ports).unwrap_or(usize::MAX);
    let ports = ports.get_mut(..count).ok_or(XenErrno::Einval)?;
    for (index, port) in (0..).zip(ports.iter_mut()) {
        let mut bytes = [0; 4];
        guest::read_bytes(guest::element(request.ports, index, 4)?, &mut bytes)?;
        *port = Port::new(u32::from_le_bytes(bytes));
    }
    let events = &cx.vcpu.domain.events;
    // From here on a wake is remembered, so that no event is lost between the look and the wait.
    sched::prepare_block(cx.vcpu);
    events.add_poller(cx.vcpu.id);
    let pending = events.is_any_pending(ports);
    let deadline = (request.timeout != 0).then(|| clock::system_time_to_count(request.timeout));
    let is_over = deadline.is_some_and(|count| count <= timer::counter());
    if pending != Ok(false) || is_over || vgic::has_deliverable(cx.vcpu) {
        events.remove_poller(cx.vcpu.id);
        return pending.map(|_| ());
    }
    sched::block_until(cx.cpu, cx.vcpu, deadline);
    Ok(())
}

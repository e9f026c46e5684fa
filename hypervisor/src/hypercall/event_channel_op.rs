//! `event_channel_op`: event channels (`xen/include/public/event_channel.h`).
//!
//! crates/evtchn does the work under the domain's lock; here the arguments are copied, the domains that
//! are named are looked up, and frames are referenced before they are handed over.

use super::{Args, Budget, Reply, guest, low32, target};
use crate::domain::events::{self, FrameWords, hold_frame};
use crate::domain::{self, Domain, policy};
use crate::mm::frames;
use crate::trap::Cx;
use evtchn::{Delivery, Place};
use types::{DomId, Gfn, VcpuId};
use xen_abi::event_channel::{
    EvtchnAllocUnbound, EvtchnBindInterdomain, EvtchnBindIpi, EvtchnBindPirq, EvtchnBindVcpu, EvtchnBindVirq,
    EvtchnClose, EvtchnExpandArray, EvtchnInitControl, EvtchnOp, EvtchnReset, EvtchnSend, EvtchnSetPriority,
    EvtchnStatus, EvtchnUnmask, FifoControlBlock,
};
use xen_abi::{Field, XenErrno};

/// Performs an operation.
///
/// # Errors
/// Those of the operation, EFAULT, ENOSYS.
#[inline(never)]
pub fn handle(cx: &mut Cx<'_>, args: Args, budget: &mut Budget) -> Result<Reply, XenErrno> {
    let [op, arg, ..] = args;
    if let Some(result) = frequent(cx, op, arg) {
        return result.map(|()| Reply::Done(0));
    }
    let domain = &cx.vcpu.domain;
    match EvtchnOp::from_raw(low32(op)).ok_or(XenErrno::Enosys)? {
        EvtchnOp::AllocUnbound => alloc_unbound(cx, arg),
        EvtchnOp::BindInterdomain => bind_interdomain(cx, arg),
        EvtchnOp::BindVirq => bind_virq(domain, arg),
        EvtchnOp::BindIpi => bind_ipi(domain, arg),
        EvtchnOp::BindPirq => bind_pirq(domain, arg),
        EvtchnOp::Close => Ok(events::close(domain, guest::read::<EvtchnClose>(arg)?.port)?),
        // They are frequent.
        EvtchnOp::Send | EvtchnOp::Status | EvtchnOp::Unmask => Err(XenErrno::Enosys),
        EvtchnOp::BindVcpu => bind_vcpu(domain, arg),
        EvtchnOp::Reset => return reset(cx, args, budget),
        EvtchnOp::InitControl => init_control(domain, arg),
        EvtchnOp::ExpandArray => expand_array(domain, arg),
        EvtchnOp::SetPriority => set_priority(domain, arg),
    }
    .map(|()| Reply::Done(0))
}

/// Performs one of the operations that a guest makes while it works, or tells that it is another.
#[inline(always)]
pub fn frequent(cx: &mut Cx<'_>, op: u64, arg: u64) -> Option<Result<(), XenErrno>> {
    // Sending most.
    if low32(op) == EvtchnOp::Send.raw() {
        return Some(send(cx, arg));
    }
    Some(match EvtchnOp::from_raw(low32(op))? {
        EvtchnOp::Unmask => unmask(cx, arg),
        EvtchnOp::Status => status(cx, arg),
        _ => return None,
    })
}

#[inline(never)]
fn send(cx: &Cx<'_>, arg: u64) -> Result<(), XenErrno> {
    let request: EvtchnSend = guest::read(arg)?;
    Ok(events::send(cx.vcpu, request.port)?)
}

#[inline(never)]
fn unmask(cx: &Cx<'_>, arg: u64) -> Result<(), XenErrno> {
    let request: EvtchnUnmask = guest::read(arg)?;
    Ok(events::unmask(cx.vcpu, request.port)?)
}

fn vcpu_id(raw: u32) -> Result<VcpuId, XenErrno> {
    u16::try_from(raw).map(VcpuId::new).map_err(|_| XenErrno::Enoent)
}

fn alloc_unbound(cx: &Cx<'_>, arg: u64) -> Result<(), XenErrno> {
    let mut request: EvtchnAllocUnbound = guest::read(arg)?;
    let domain = target(cx, request.dom)?;
    if domain.life.is_dying() {
        return Err(XenErrno::Esrch);
    }
    let remote = remote_end(cx, &domain, request.remote_dom)?;
    request.port = domain.events.bind(|channels| channels.alloc_unbound(remote, &FrameWords))?;
    guest::write(arg, &request)
}

/// Finds the domain that a port of `domain`'s may wait for.
fn remote_end(cx: &Cx<'_>, domain: &Domain, id: DomId) -> Result<DomId, XenErrno> {
    let own = &cx.vcpu.domain;
    let remote = if id == DomId::SELF { own.id } else { id };
    if remote != own.id && remote != domain.id {
        let other = domain::find(remote).ok_or(XenErrno::Esrch)?;
        if !own.is_hardware() && !policy::may_share(domain, &other) {
            return Err(XenErrno::Eperm);
        }
    }
    Ok(remote)
}

fn bind_interdomain(cx: &Cx<'_>, arg: u64) -> Result<(), XenErrno> {
    let mut request: EvtchnBindInterdomain = guest::read(arg)?;
    let domain = &cx.vcpu.domain;
    let port = request.remote_port;
    let own = request.remote_dom == DomId::SELF || request.remote_dom == domain.id;
    let (local, delivery) = if own {
        domain.events.bind(|channels| channels.bind_loopback(port, &FrameWords))?
    } else {
        let other = domain::find(request.remote_dom).filter(|other| !other.life.is_dying());
        let other = other.ok_or(XenErrno::Esrch)?;
        if !policy::may_share(domain, &other) {
            return Err(XenErrno::Eperm);
        }
        let connect =
            |local: &mut _, remote: &mut _| evtchn::bind_interdomain(local, remote, port, &FrameWords);
        domain.events.bind_both(&other.events, connect)?
    };
    events::perform(domain, delivery);
    request.local_port = local;
    guest::write(arg, &request)
}

fn bind_virq(domain: &Domain, arg: u64) -> Result<(), XenErrno> {
    let mut request: EvtchnBindVirq = guest::read(arg)?;
    let vcpu = vcpu_id(request.vcpu)?;
    request.port = domain.events.bind(|channels| channels.bind_virq(request.virq, vcpu, &FrameWords))?;
    guest::write(arg, &request)
}

fn bind_ipi(domain: &Domain, arg: u64) -> Result<(), XenErrno> {
    let mut request: EvtchnBindIpi = guest::read(arg)?;
    let vcpu = vcpu_id(request.vcpu)?;
    request.port = domain.events.bind(|channels| channels.bind_ipi(vcpu, &FrameWords))?;
    guest::write(arg, &request)
}

fn bind_pirq(domain: &Domain, arg: u64) -> Result<(), XenErrno> {
    let mut request: EvtchnBindPirq = guest::read(arg)?;
    request.port = domain.events.with(|channels| channels.bind_pirq())?;
    guest::write(arg, &request)
}

fn bind_vcpu(domain: &Domain, arg: u64) -> Result<(), XenErrno> {
    let request: EvtchnBindVcpu = guest::read(arg)?;
    let vcpu = vcpu_id(request.vcpu)?;
    Ok(domain.events.with(|channels| channels.bind_vcpu(request.port, vcpu))?)
}

#[inline(never)]
fn status(cx: &Cx<'_>, arg: u64) -> Result<(), XenErrno> {
    let question: EvtchnStatus = guest::read(arg)?;
    let domain = target(cx, question.dom)?;
    let answer = domain.events.with(|channels| channels.status(question))?;
    guest::write(arg, &answer)
}

fn set_priority(domain: &Domain, arg: u64) -> Result<(), XenErrno> {
    let request: EvtchnSetPriority = guest::read(arg)?;
    Ok(domain.events.with(|channels| channels.set_priority(request.port, request.priority))?)
}

/// Closes all ports of a domain and goes back to the 2-level ABI.
fn reset(cx: &Cx<'_>, args: Args, budget: &mut Budget) -> Result<Reply, XenErrno> {
    let request: EvtchnReset = guest::read(args[1])?;
    let domain = target(cx, request.dom)?;
    if events::close_all(&domain, budget) { Ok(Reply::Done(0)) } else { Ok(Reply::Continue(args)) }
}

fn init_control(domain: &Domain, arg: u64) -> Result<(), XenErrno> {
    let mut request: EvtchnInitControl = guest::read(arg)?;
    let vcpu = vcpu_id(request.vcpu)?;
    domain.vcpu(vcpu).ok_or(XenErrno::Enoent)?;
    let offset = usize::try_from(request.offset).map_err(|_| XenErrno::Einval)?;
    let mfn = hold_frame(domain, Gfn::new(request.control_gfn))?;
    let registered =
        Place::new(mfn, offset, FifoControlBlock::SIZE).ok_or(XenErrno::Einval).and_then(|block| {
            Ok(domain.events.with(|channels| channels.init_control(vcpu, block, &FrameWords))?)
        });
    request.link_bits = registered.inspect_err(|_| frames::put(mfn))?;
    guest::write(arg, &request)
}

fn expand_array(domain: &Domain, arg: u64) -> Result<(), XenErrno> {
    let request: EvtchnExpandArray = guest::read(arg)?;
    let mfn = hold_frame(domain, Gfn::new(request.array_gfn))?;
    let expanded = domain.events.with(|channels| channels.expand_array(mfn, &FrameWords));
    let expanded = expanded.inspect_err(|_| frames::put(mfn))?;
    for vcpu in expanded.notify.iter() {
        events::perform(domain, Delivery::Notify(vcpu));
    }
    if expanded.hostile {
        events::perform(domain, Delivery::Hostile);
    }
    Ok(())
}

//! Ports: their kinds, their states, and what is refused.

use crate::ops::{self, Status};
use rt::check::{check, check_eq, check_with};
use rt::xen::{DOMID_SELF, EEXIST, EINVAL, ENOENT, ENOSYS, ESRCH};

const CLOSED: u32 = 0;
const UNBOUND: u32 = 1;
const INTERDOMAIN: u32 = 2;
const VIRQ: u32 = 4;
const IPI: u32 = 5;
/// A domain that does not exist.
const NOBODY: u16 = 4321;
/// A port far beyond the 2-level limit.
const FAR: u32 = 0x00ff_ffff;
const VIRQ_TIMER: u32 = 0;
const VIRQ_PCPU_STATE: u32 = 9;
/// A vCPU that does not exist.
const NO_VCPU: u32 = 4000;

fn kind(port: u32) -> Option<u32> {
    ops::status(port).ok().map(|status| status.kind)
}

/// A channel of the domain with itself.
pub fn interdomain() {
    let unbound = ops::alloc_unbound(DOMID_SELF);
    check_with("alloc_unbound gives a port", matches!(unbound, Ok(1..)), format_args!("{unbound:?}"));
    let Ok(local) = unbound else { return };
    let status = ops::status(local);
    let wanted = Ok(Status { kind: UNBOUND, vcpu: 0, first: 0, second: 0 });
    check_with(
        "it is unbound, for domain 0",
        status.map(|s| Status { second: 0, first: s.first & 0xffff, ..s }) == wanted,
        format_args!("{status:?}"),
    );
    check_eq("sending on an unbound port is no error", ops::send(local), 0);
    let bound = ops::bind_interdomain(DOMID_SELF, local);
    check_with(
        "bind_interdomain gives another port",
        bound.is_ok_and(|port| port != local && port != 0),
        format_args!("{bound:?}"),
    );
    let Ok(peer) = bound else { return };
    let status = ops::status(local);
    let right = status.is_ok_and(|s| s.kind == INTERDOMAIN && s.first & 0xffff == 0 && s.second == peer);
    check_with("the first is connected to the second", right, format_args!("{status:?}"));
    let status = ops::status(peer);
    check_with(
        "the second to the first",
        status.is_ok_and(|s| s.kind == INTERDOMAIN && s.second == local),
        format_args!("{status:?}"),
    );
    check_eq(
        "a connected port cannot be bound again",
        ops::bind_interdomain(DOMID_SELF, local).err().unwrap_or(0),
        EINVAL,
    );
    check_eq("closing one end", ops::close(peer), 0);
    check_eq("leaves it closed", kind(peer).unwrap_or(99), CLOSED);
    check_eq("and the other unbound", kind(local).unwrap_or(99), UNBOUND);
    check_eq("closing that too", ops::close(local), 0);
    check_eq("closing it twice is EINVAL", ops::close(local), EINVAL);
    let again = ops::alloc_unbound(DOMID_SELF);
    check_with(
        "a closed port is given out again",
        again == Ok(local) || again == Ok(peer),
        format_args!("{again:?}"),
    );
    if let Ok(port) = again {
        ops::close(port);
    }
}

pub fn virqs() {
    let timer = ops::bind_virq(VIRQ_TIMER, 0);
    check_with("bind_virq of VIRQ_TIMER", timer.is_ok(), format_args!("{timer:?}"));
    check_eq("binding it twice is EEXIST", ops::bind_virq(VIRQ_TIMER, 0).err().unwrap_or(0), EEXIST);
    if let Ok(port) = timer {
        let status = ops::status(port);
        let right = status.is_ok_and(|s| s.kind == VIRQ && s.first == VIRQ_TIMER && s.vcpu == 0);
        check_with("its status is a VIRQ", right, format_args!("{status:?}"));
        check_eq("a guest cannot send on it", ops::send(port), EINVAL);
        check_eq("closing it", ops::close(port), 0);
        let freed = ops::bind_virq(VIRQ_TIMER, 0);
        check_with("it can be bound again", freed.is_ok(), format_args!("{freed:?}"));
        freed.map(ops::close).ok();
    }
    let global = ops::bind_virq(VIRQ_PCPU_STATE, 0);
    check_with("dom0 binds a global VIRQ", global.is_ok(), format_args!("{global:?}"));
    if let Ok(port) = global {
        check_eq("whose port can be moved to vCPU 0", ops::bind_vcpu(port, 0), 0);
        ops::close(port);
    }
    check_eq("a VIRQ past the last is EINVAL", ops::bind_virq(24, 0).err().unwrap_or(0), EINVAL);
    check_eq(
        "a VIRQ of a vCPU that is not there is ENOENT",
        ops::bind_virq(VIRQ_TIMER, NO_VCPU).err().unwrap_or(0),
        ENOENT,
    );
    let ipi = ops::bind_ipi(0);
    check_with("bind_ipi gives a port", ipi.is_ok(), format_args!("{ipi:?}"));
    if let Ok(port) = ipi {
        check_eq("its status is an IPI", kind(port).unwrap_or(99), IPI);
        check_eq("an IPI's port cannot be moved", ops::bind_vcpu(port, 0), EINVAL);
        ops::close(port);
    }
    check_eq(
        "an IPI of a vCPU that is not there is ENOENT",
        ops::bind_ipi(NO_VCPU).err().unwrap_or(0),
        ENOENT,
    );
}

pub fn refusals() {
    check_eq("sending on port 0 is EINVAL", ops::send(0), EINVAL);
    check_eq("sending on a port past the limit is EINVAL", ops::send(FAR), EINVAL);
    check_eq("closing a port past the limit is EINVAL", ops::close(FAR), EINVAL);
    check_eq("status of a port past the limit is EINVAL", ops::status(FAR).err().unwrap_or(0), EINVAL);
    check_eq("unmasking a port past the limit is EINVAL", ops::unmask(FAR), EINVAL);
    check_eq("alloc_unbound for nobody is ESRCH", ops::alloc_unbound(NOBODY).err().unwrap_or(0), ESRCH);
    check_eq(
        "bind_interdomain to nobody is ESRCH",
        ops::bind_interdomain(NOBODY, 1).err().unwrap_or(0),
        ESRCH,
    );
    check(
        "an unknown sub-operation is ENOSYS",
        rt::xen::hypercall_words(rt::xen::EVENT_CHANNEL_OP, [77, 0]) == ENOSYS,
    );
}

//! `event_channel_op`. xen/include/public/event_channel.h.

use crate::case::Case;
use crate::case::Field::{self, G, H, Q, S, T, W};
use crate::case::Frame::Ram;
use crate::case::Step::{self, Domains, Handles, One};

const EVENT_CHANNEL_OP: usize = 32;
const SELF: Field = H(0, 0x7ff0);

/// Where ports are kept: unbound for dom0, its other end, unbound at the target, virq, ipi, of the target.
const UNBOUND: usize = 2;
const BOUND: usize = 3;
const REMOTE: usize = 4;
const VIRQ: usize = 5;
const IPI: usize = 6;
const LOCAL: usize = 7;

const fn op(name: &'static str, op: u64, block: &'static [Field]) -> Case {
    Case::op(name, EVENT_CHANNEL_OP, op, block)
}

/// EVTCHNOP_alloc_unbound (6): dom 0, remote_dom 2, port 4; bind_interdomain (0): remote_dom 0,
/// remote_port 4, local_port 8.
const INTERDOMAIN: &[Step] = &[
    One(op("evtchn.unknown.15", 15, &[])),
    One(op("evtchn.unknown.max", u64::MAX, &[])),
    Handles(op("evtchn.alloc_unbound", 6, &[]), 1),
    Domains(op("evtchn.alloc_unbound.dom", 6, &[H(2, 0)]), 0),
    Domains(op("evtchn.alloc_unbound.remote", 6, &[H(0, 0x7ff0)]), 2),
    One(op("evtchn.alloc_unbound.self", 6, &[SELF, H(2, 0x7ff0)]).keep(UNBOUND, 4)),
    One(op("evtchn.alloc_unbound.dom0", 6, &[H(0, 0), H(2, 0)]).keep(LOCAL, 4)),
    One(op("evtchn.alloc_unbound.target", 6, &[T(0), H(2, 0x7ff0)]).keep(REMOTE, 4)),
    One(op("evtchn.alloc_unbound.for-target", 6, &[SELF, T(2)])),
    Handles(op("evtchn.bind_interdomain", 0, &[]), 1),
    Domains(op("evtchn.bind_interdomain", 0, &[W(4, 1)]), 0),
    One(op("evtchn.bind_interdomain.port-0", 0, &[SELF, W(4, 0)])),
    One(op("evtchn.bind_interdomain.port-free", 0, &[SELF, W(4, 900)])),
    One(op("evtchn.bind_interdomain.port-1024", 0, &[SELF, W(4, 1024)])),
    One(op("evtchn.bind_interdomain.port-max", 0, &[SELF, W(4, u32::MAX)])),
    One(op("evtchn.bind_interdomain.target-free", 0, &[T(0), W(4, 900)])),
    One(op("evtchn.bind_interdomain.self", 0, &[SELF, S(4, UNBOUND)]).keep(BOUND, 8)),
    One(op("evtchn.bind_interdomain.again", 0, &[SELF, S(4, UNBOUND)])),
    One(op("evtchn.bind_interdomain.target", 0, &[T(0), S(4, REMOTE)]).keep(8, 8)),
    One(op("evtchn.bind_interdomain.target-again", 0, &[T(0), S(4, REMOTE)])),
];

/// EVTCHNOP_bind_virq (1): virq 0, vcpu 4, port 8; bind_ipi (7): vcpu 0, port 4; bind_pirq (2): pirq 0,
/// flags 4, port 8; bind_vcpu (8): port 0, vcpu 4.
const LOCALS: &[Step] = &[
    Handles(op("evtchn.bind_virq", 1, &[]), 1),
    One(op("evtchn.bind_virq.virq-24", 1, &[W(0, 24)])),
    One(op("evtchn.bind_virq.virq-max", 1, &[W(0, u32::MAX)])),
    One(op("evtchn.bind_virq.vcpu-1", 1, &[W(0, 1), W(4, 1)])),
    One(op("evtchn.bind_virq.vcpu-max", 1, &[W(0, 1), W(4, u32::MAX)])),
    One(op("evtchn.bind_virq.global-vcpu-1", 1, &[W(0, 2), W(4, 1)])),
    One(op("evtchn.bind_virq.good", 1, &[W(0, 1)]).keep(VIRQ, 8)),
    One(op("evtchn.bind_virq.again", 1, &[W(0, 1)])),
    One(op("evtchn.bind_virq.timer", 1, &[W(0, 0)])),
    One(op("evtchn.bind_virq.dom_exc", 1, &[W(0, 3)])),
    One(op("evtchn.bind_virq.dom_exc-again", 1, &[W(0, 3)])),
    One(op("evtchn.bind_virq.con_ring", 1, &[W(0, 8)])),
    One(op("evtchn.bind_virq.arch-16", 1, &[W(0, 16)])),
    One(op("evtchn.bind_virq.arch-23", 1, &[W(0, 23)])),
    Handles(op("evtchn.bind_ipi", 7, &[]), 1),
    One(op("evtchn.bind_ipi.vcpu-1", 7, &[W(0, 1)])),
    One(op("evtchn.bind_ipi.vcpu-max", 7, &[W(0, u32::MAX)])),
    One(op("evtchn.bind_ipi.good", 7, &[]).keep(IPI, 4)),
    Handles(op("evtchn.bind_pirq", 2, &[]), 1),
    One(op("evtchn.bind_pirq.0", 2, &[])),
    One(op("evtchn.bind_pirq.40", 2, &[W(0, 40)])),
    One(op("evtchn.bind_pirq.max", 2, &[W(0, u32::MAX)])),
    Handles(op("evtchn.bind_vcpu", 8, &[]), 1),
    One(op("evtchn.bind_vcpu.port-0", 8, &[])),
    One(op("evtchn.bind_vcpu.port-free", 8, &[W(0, 900)])),
    One(op("evtchn.bind_vcpu.port-max", 8, &[W(0, u32::MAX)])),
    One(op("evtchn.bind_vcpu.vcpu-1", 8, &[S(0, BOUND), W(4, 1)])),
    One(op("evtchn.bind_vcpu.ipi", 8, &[S(0, IPI)])),
    One(op("evtchn.bind_vcpu.virq", 8, &[S(0, VIRQ)])),
    One(op("evtchn.bind_vcpu.good", 8, &[S(0, BOUND)])),
    One(op("evtchn.bind_vcpu.unbound", 8, &[S(0, LOCAL)])),
];

/// EVTCHNOP_status (5): dom 0, port 4, status 8, vcpu 12, u 16; send (4), unmask (9), close (3): port 0;
/// reset (10): dom 0.
const USES: &[Step] = &[
    Handles(op("evtchn.status", 5, &[]), 1),
    Domains(op("evtchn.status", 5, &[W(4, 1)]), 0),
    One(op("evtchn.status.port-0", 5, &[SELF])),
    One(op("evtchn.status.free", 5, &[SELF, W(4, 900)])),
    One(op("evtchn.status.port-1023", 5, &[SELF, W(4, 1023)])),
    One(op("evtchn.status.port-1024", 5, &[SELF, W(4, 1024)])),
    One(op("evtchn.status.port-max", 5, &[SELF, W(4, u32::MAX)])),
    One(op("evtchn.status.unbound", 5, &[SELF, S(4, LOCAL)])),
    One(op("evtchn.status.interdomain", 5, &[SELF, S(4, BOUND)])),
    One(op("evtchn.status.virq", 5, &[SELF, S(4, VIRQ)])),
    One(op("evtchn.status.ipi", 5, &[SELF, S(4, IPI)])),
    One(op("evtchn.status.target", 5, &[T(0), S(4, REMOTE)])),
    One(op("evtchn.status.target-free", 5, &[T(0), W(4, 3)])),
    One(op("evtchn.status.target-1024", 5, &[T(0), W(4, 1024)])),
    Handles(op("evtchn.send", 4, &[]), 1),
    One(op("evtchn.send.port-0", 4, &[])),
    One(op("evtchn.send.free", 4, &[W(0, 900)])),
    One(op("evtchn.send.port-max", 4, &[W(0, u32::MAX)])),
    One(op("evtchn.send.interdomain", 4, &[S(0, BOUND)])),
    One(op("evtchn.send.unbound", 4, &[S(0, LOCAL)])),
    One(op("evtchn.send.virq", 4, &[S(0, VIRQ)])),
    One(op("evtchn.send.ipi", 4, &[S(0, IPI)])),
    One(op("evtchn.send.target", 4, &[S(0, 8)])),
    Handles(op("evtchn.unmask", 9, &[]), 1),
    One(op("evtchn.unmask.port-0", 9, &[])),
    One(op("evtchn.unmask.free", 9, &[W(0, 900)])),
    One(op("evtchn.unmask.port-1024", 9, &[W(0, 1024)])),
    One(op("evtchn.unmask.port-max", 9, &[W(0, u32::MAX)])),
    One(op("evtchn.unmask.good", 9, &[S(0, BOUND)])),
    Handles(op("evtchn.close", 3, &[]), 1),
    One(op("evtchn.close.port-0", 3, &[])),
    One(op("evtchn.close.free", 3, &[W(0, 900)])),
    One(op("evtchn.close.port-max", 3, &[W(0, u32::MAX)])),
    One(op("evtchn.close.interdomain", 3, &[S(0, BOUND)])),
    One(op("evtchn.close.again", 3, &[S(0, BOUND)])),
    One(op("evtchn.status.other-end", 5, &[SELF, S(4, UNBOUND)])),
    One(op("evtchn.send.other-end", 4, &[S(0, UNBOUND)])),
    One(op("evtchn.close.virq", 3, &[S(0, VIRQ)])),
    One(op("evtchn.close.ipi", 3, &[S(0, IPI)])),
];

/// EVTCHNOP_init_control (11): control_gfn 0, offset 8, vcpu 12, link_bits 16; expand_array (12): array_gfn
/// 0; set_priority (13): port 0, priority 4.
const FIFO: &[Step] = &[
    Handles(op("evtchn.expand_array", 12, &[]), 1),
    One(op("evtchn.expand_array.2-level", 12, &[G(0, Ram(5))])),
    Handles(op("evtchn.set_priority", 13, &[]), 1),
    One(op("evtchn.set_priority.2-level", 13, &[S(0, LOCAL), W(4, 3)])),
    One(op("evtchn.set_priority.port-0", 13, &[W(4, 3)])),
    Handles(op("evtchn.init_control", 11, &[]), 1),
    One(op("evtchn.init_control.vcpu-1", 11, &[G(0, Ram(4)), W(12, 1)])),
    One(op("evtchn.init_control.offset-odd", 11, &[G(0, Ram(4)), W(8, 4)])),
    One(op("evtchn.init_control.offset-end", 11, &[G(0, Ram(4)), W(8, 4040)])),
    One(op("evtchn.init_control.offset-max", 11, &[G(0, Ram(4)), W(8, 0xffff_fff8)])),
    One(op("evtchn.init_control.gfn-max", 11, &[Q(0, u64::MAX)])),
    One(op("evtchn.init_control.gfn-hole", 11, &[Q(0, 0x0_f000)])),
    One(op("evtchn.init_control.good", 11, &[G(0, Ram(4))])),
    One(op("evtchn.init_control.again", 11, &[G(0, Ram(4))])),
    One(op("evtchn.expand_array.gfn-max", 12, &[Q(0, u64::MAX)])),
    One(op("evtchn.expand_array.good", 12, &[G(0, Ram(5))])),
    One(op("evtchn.set_priority.port-max", 13, &[W(0, u32::MAX), W(4, 3)])),
    One(op("evtchn.set_priority.free", 13, &[W(0, 900), W(4, 3)])),
    One(op("evtchn.set_priority.16", 13, &[S(0, LOCAL), W(4, 16)])),
    One(op("evtchn.set_priority.max", 13, &[S(0, LOCAL), W(4, u32::MAX)])),
    One(op("evtchn.set_priority.good", 13, &[S(0, LOCAL), W(4, 3)])),
    Handles(op("evtchn.reset", 10, &[]), 1),
    Domains(op("evtchn.reset", 10, &[]), 0),
    One(op("evtchn.reset.target", 10, &[T(0)])),
    One(op("evtchn.status.after-reset-of-target", 5, &[T(0), S(4, REMOTE)])),
    One(op("evtchn.status.end-of-reset", 5, &[SELF, S(4, 8)]).hide(&[(16, 2)])),
    One(op("evtchn.reset.self", 10, &[SELF])),
    One(op("evtchn.status.after-reset", 5, &[SELF, S(4, LOCAL)])),
    One(op("evtchn.alloc_unbound.after-reset", 6, &[SELF, H(2, 0x7ff0)])),
    // Numbers that name no interrupt, last: real Xen gives each a port.
    One(op("evtchn.bind_virq.reserved-5", 1, &[W(0, 5)])),
    One(op("evtchn.bind_virq.reserved-14", 1, &[W(0, 14)])),
    One(op("evtchn.expand_array.after-reset", 12, &[G(0, Ram(5))])),
];

/// In order.
pub const CASES: &[&[Step]] = &[INTERDOMAIN, LOCALS, USES, FIFO];

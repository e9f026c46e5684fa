//! `hvm_op`. xen/include/public/hvm/hvm_op.h: struct xen_hvm_param has domid 0, index 4, value 8; params.h.

use crate::case::Case;
use crate::case::Field::{self, H, Q, T, W};
use crate::case::Step::{self, Domains, Handles, One};

const HVM_OP: usize = 34;
const SET: u64 = 0;
const GET: u64 = 1;
const SELF: Field = H(0, 0x7ff0);

const fn op(name: &'static str, op: u64, block: &'static [Field]) -> Case {
    Case::op(name, HVM_OP, op, block)
}

/// HVM_PARAM_CALLBACK_IRQ 0, STORE_PFN 1, STORE_EVTCHN 2, CONSOLE_PFN 17, CONSOLE_EVTCHN 18, MONITOR_RING_PFN
/// 28; HVM_NR_PARAMS 39.
pub const CASES: &[Step] = &[
    Handles(op("hvm.get", GET, &[]), 1),
    Domains(op("hvm.get", GET, &[]), 0),
    One(op("hvm.get.self.callback", GET, &[SELF]).hide(&[(8, 8)])),
    One(op("hvm.get.self.store", GET, &[SELF, W(4, 1)])),
    One(op("hvm.get.dom0.store", GET, &[H(0, 0), W(4, 1)])),
    One(op("hvm.get.self.38", GET, &[SELF, W(4, 38)])),
    One(op("hvm.get.self.39", GET, &[SELF, W(4, 39)])),
    One(op("hvm.get.self.max", GET, &[SELF, W(4, u32::MAX)])),
    One(op("hvm.get.target.callback", GET, &[T(0)])),
    One(op("hvm.get.target.store", GET, &[T(0), W(4, 1)])),
    Handles(op("hvm.set", SET, &[]), 1),
    Domains(op("hvm.set", SET, &[W(4, 1)]), 0),
    One(op("hvm.set.self.callback", SET, &[SELF])),
    One(op("hvm.set.self.store", SET, &[SELF, W(4, 1), Q(8, 5)])),
    One(op("hvm.set.dom0.39", SET, &[H(0, 0), W(4, 39), Q(8, 5)])),
    One(op("hvm.set.target.callback", SET, &[T(0), W(4, 0), Q(8, 5)])),
    One(op("hvm.set.target.store", SET, &[T(0), W(4, 1), Q(8, 0x3_9001)])),
    One(op("hvm.get.target.store-set", GET, &[T(0), W(4, 1)])),
    One(op("hvm.set.target.store-again", SET, &[T(0), W(4, 1), Q(8, 0x3_9002)])),
    One(op("hvm.get.target.store-again", GET, &[T(0), W(4, 1)])),
    One(op("hvm.set.target.store-evtchn", SET, &[T(0), W(4, 2), Q(8, 1)])),
    One(op("hvm.set.target.console", SET, &[T(0), W(4, 17), Q(8, 0x3_9000)])),
    One(op("hvm.set.target.console-evtchn", SET, &[T(0), W(4, 18), Q(8, 2)])),
    One(op("hvm.get.target.console-evtchn", GET, &[T(0), W(4, 18)])),
    One(op("hvm.set.target.monitor", SET, &[T(0), W(4, 28), Q(8, 0x3_9002)])),
    One(op("hvm.set.target.paging", SET, &[T(0), W(4, 27), Q(8, 7)])),
    One(op("hvm.set.target.3", SET, &[T(0), W(4, 3), Q(8, 7)])),
    One(op("hvm.set.target.9", SET, &[T(0), W(4, 9), Q(8, 7)])),
    One(op("hvm.set.target.38", SET, &[T(0), W(4, 38), Q(8, 7)])),
    One(op("hvm.set.target.39", SET, &[T(0), W(4, 39), Q(8, 7)])),
    One(op("hvm.set.target.max", SET, &[T(0), W(4, u32::MAX), Q(8, 7)])),
    One(op("hvm.get.target.9", GET, &[T(0), W(4, 9)])),
    One(op("hvm.set_pci_intx_level", 2, &[T(0)])),
    One(op("hvm.flush_tlbs", 5, &[T(0)])),
    One(op("hvm.pagetable_dying", 9, &[T(0)])),
    One(op("hvm.get_time", 10, &[])),
    One(op("hvm.get_mem_type", 15, &[T(0)])),
    One(op("hvm.guest_request_vm_event", 24, &[])),
    Handles(op("hvm.guest_request_vm_event", 24, &[]), 1),
    One(op("hvm.altp2m", 25, &[])),
    One(op("hvm.unknown.200", 200, &[])),
    One(op("hvm.unknown.max", u64::MAX, &[])),
];

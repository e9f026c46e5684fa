//! `memory_op`. xen/include/public/memory.h.

use crate::case::Field::{self, G, H, P, Q, T, W};
use crate::case::Frame::{Free, Ram};
use crate::case::Place::Buffer;
use crate::case::Step::{self, Domains, Fields, Handles, One};
use crate::case::{Act, Case};

const MEMORY_OP: usize = 12;
/// Where a guest's memory begins (arch-arm.h, GUEST_RAM0_BASE).
const RAM: u64 = 0x4_0000;
/// A frame beyond what either architecture can address, also where it is cut to 32 bits.
const BEYOND: u64 = 0x100_f000_0000;
const SELF: Field = H(0, 0x7ff0);

const fn op(name: &'static str, op: u64, block: &'static [Field]) -> Case {
    Case::op(name, MEMORY_OP, op, block)
}

/// struct xen_memory_reservation: extent_start 0, nr_extents 8, extent_order 16, mem_flags 20, domid 24;
/// the list is in the buffer. Later fields win.
macro_rules! extents {
    ($name:literal, $op:literal, $count:expr, $order:expr $(, $field:expr)*) => {
        op($name, $op, &[P(0, Buffer(0)), Q(8, $count), W(16, $order), T(24) $(, $field)*])
    };
}

/// What asks: a domain's identifier at 0.
const QUESTIONS: &[Step] = &[
    One(op("memory.maximum_ram_page", 2, &[]).varies()),
    One(op("memory.current_reservation.self", 3, &[SELF]).varies()),
    One(op("memory.current_reservation.dom0", 3, &[H(0, 0)]).varies()),
    One(op("memory.current_reservation.target", 3, &[T(0)])),
    Domains(op("memory.current_reservation", 3, &[]), 0),
    Handles(op("memory.current_reservation", 3, &[]), 1),
    One(op("memory.maximum_reservation.self", 4, &[SELF]).varies()),
    One(op("memory.maximum_reservation.target", 4, &[T(0)])),
    Domains(op("memory.maximum_reservation", 4, &[]), 0),
    Handles(op("memory.maximum_reservation", 4, &[]), 1),
    One(op("memory.maximum_gpfn.self", 14, &[SELF]).varies()),
    One(op("memory.maximum_gpfn.target", 14, &[T(0)])),
    Domains(op("memory.maximum_gpfn", 14, &[]), 0),
    Handles(op("memory.maximum_gpfn", 14, &[]), 1),
    One(op("memory.sharing_freed", 18, &[])),
    One(op("memory.sharing_shared", 19, &[])),
    Handles(op("memory.sharing_shared", 19, &[]), 1),
];

/// Numbers without an operation on Arm.
const UNKNOWN: &[Step] = &[
    One(op("memory.unknown.5", 5, &[])),
    One(op("memory.unknown.8", 8, &[])),
    One(op("memory.memory_map", 9, &[])),
    One(op("memory.machine_memory_map", 10, &[])),
    One(op("memory.machphys_mapping", 12, &[])),
    One(op("memory.set_memory_map", 13, &[T(0)])),
    One(op("memory.set_pod_target", 16, &[T(32)])),
    One(op("memory.get_pod_target", 17, &[T(32)])),
    One(op("memory.paging_op", 20, &[T(2)])),
    One(op("memory.access_op", 21, &[T(2)])),
    Handles(op("memory.access_op", 21, &[]), 1),
    One(op("memory.sharing_op", 22, &[T(2)])),
    One(op("memory.machphys_compat", 25, &[])),
    One(op("memory.unknown.29", 29, &[])),
    One(op("memory.unknown.63", 63, &[])),
    One(op("memory.unknown.max", u64::MAX, &[])),
];

/// XENMEM_populate_physmap (6), increase (0) and decrease_reservation (1), claim_pages (24).
const RESERVATIONS: &[Step] = &[
    Handles(op("memory.populate", 6, &[]), 1),
    Domains(extents!("memory.populate", 6, 1, 0).buffer(&[Q(0, RAM)]), 24),
    Fields(extents!("memory.populate.list", 6, 1, 0), 0),
    One(extents!("memory.populate.none", 6, 0, 0)),
    One(extents!("memory.populate.none-of-nobody", 6, 0, 0, H(24, 77))),
    One(extents!("memory.populate.none-huge-order", 6, 0, 64)),
    One(extents!("memory.populate.order-19", 6, 1, 19).buffer(&[Q(0, RAM)])),
    One(extents!("memory.populate.order-64", 6, 1, 64).buffer(&[Q(0, RAM)])),
    One(extents!("memory.populate.order-max", 6, 1, u32::MAX).buffer(&[Q(0, RAM)])),
    One(extents!("memory.populate.count-max", 6, u64::MAX, 0).buffer(&[Q(0, RAM)])),
    One(extents!("memory.populate.count-max-order-9", 6, u64::MAX, 9).buffer(&[Q(0, RAM)])),
    One(extents!("memory.populate.gfn-max", 6, 1, 0).buffer(&[Q(0, u64::MAX)])),
    One(extents!("memory.populate.gfn-beyond", 6, 1, 0).buffer(&[Q(0, BEYOND)])),
    One(extents!("memory.populate.pod", 6, 1, 0, W(20, 0x1_0000)).buffer(&[Q(0, RAM + 0x1000)])),
    One(extents!("memory.populate.flags", 6, 1, 0, W(20, 0x8000_0000)).buffer(&[Q(0, RAM)])),
    One(extents!("memory.populate.vnode", 6, 1, 0, W(20, 0x4_0100)).buffer(&[Q(0, RAM + 1)])),
    One(extents!("memory.populate.good", 6, 2, 0).buffer(&[Q(0, RAM + 4), Q(8, RAM + 5)])),
    One(extents!("memory.populate.2m", 6, 1, 9).buffer(&[Q(0, RAM + 0x200)])),
    One(extents!("memory.populate.half-bad", 6, 2, 0).buffer(&[Q(0, RAM + 6), Q(8, u64::MAX)])),
    One(extents!("memory.populate.unaligned", 6, 1, 9).buffer(&[Q(0, RAM + 0x801)])),
    One(extents!("memory.decrease.unaligned", 1, 1, 9).buffer(&[Q(0, RAM + 0x801)])),
    One(extents!("memory.populate.list-end", 6, 1, 0, P(0, Buffer(2044))).buffer(&[])),
    One(extents!("memory.populate.over-max_mem", 6, 1, 13).buffer(&[Q(0, RAM + 0x4000)])),
    One(op("memory.current_reservation.populated", 3, &[T(0)])),
    One(op("memory.maximum_gpfn.populated", 14, &[T(0)])),
    Handles(op("memory.decrease", 1, &[]), 1),
    Domains(extents!("memory.decrease", 1, 1, 0).buffer(&[Q(0, RAM + 5)]), 24),
    Fields(extents!("memory.decrease.list", 1, 1, 0), 0),
    One(extents!("memory.decrease.none", 1, 0, 0)),
    One(extents!("memory.decrease.order-max", 1, 1, u32::MAX).buffer(&[Q(0, RAM + 5)])),
    One(extents!("memory.decrease.order-64", 1, 1, 64).buffer(&[Q(0, RAM + 5)])),
    One(extents!("memory.decrease.count-max", 1, u64::MAX, 0).buffer(&[Q(0, RAM + 5)])),
    One(extents!("memory.decrease.nothing-there", 1, 1, 0).buffer(&[Q(0, RAM + 0x9000)])),
    One(extents!("memory.decrease.gfn-max", 1, 1, 0).buffer(&[Q(0, u64::MAX)])),
    One(extents!("memory.decrease.good", 1, 1, 0).buffer(&[Q(0, RAM + 5)])),
    One(extents!("memory.decrease.again", 1, 1, 0).buffer(&[Q(0, RAM + 5)])),
    Handles(op("memory.increase", 0, &[]), 1),
    Domains(extents!("memory.increase", 0, 1, 0), 24),
    One(extents!("memory.increase.none", 0, 0, 0)),
    One(extents!("memory.increase.order-64", 0, 1, 64)),
    One(extents!("memory.increase.count-max", 0, u64::MAX, 0)),
    Handles(op("memory.claim", 24, &[]), 1),
    Domains(op("memory.claim", 24, &[Q(8, 0)]), 24),
    One(op("memory.claim.list", 24, &[P(0, Buffer(0)), Q(8, 1), T(24)])),
    One(op("memory.claim.order", 24, &[Q(8, 1), W(16, 1), T(24)])),
    One(op("memory.claim.flags", 24, &[Q(8, 1), W(20, 1), T(24)])),
    One(op("memory.claim.huge", 24, &[Q(8, BEYOND), T(24)])),
    One(op("memory.claim.max", 24, &[Q(8, u64::MAX), T(24)])),
    One(op("memory.claim.good", 24, &[Q(8, 2000), T(24)])),
    One(op("memory.claim.again", 24, &[Q(8, 2001), T(24)])),
    One(op("memory.claim.none", 24, &[Q(8, 0), T(24)])),
    One(op("memory.claim.fewer", 24, &[Q(8, 1), T(24)])),
];

/// struct xen_add_to_physmap: domid 0, size 2, space 4, idx 8, gpfn 16.
const ADD: &[Step] = &[
    Handles(op("memory.add", 7, &[]), 1),
    Domains(op("memory.add", 7, &[W(4, 1), G(16, Free(0))]), 0),
    One(op("memory.add.gmfn", 7, &[SELF, W(4, 2), G(8, Ram(0)), G(16, Free(0))])),
    One(op("memory.add.gmfn_range", 7, &[SELF, H(2, 1), W(4, 3), G(8, Ram(0)), G(16, Free(0))])),
    One(op("memory.add.foreign", 7, &[SELF, W(4, 4), Q(8, RAM), G(16, Free(0))])),
    One(op("memory.add.space-6", 7, &[SELF, W(4, 6), G(16, Free(0))])),
    One(op("memory.add.space-max", 7, &[SELF, W(4, u32::MAX), G(16, Free(0))])),
    One(op("memory.add.shared_info.index", 7, &[SELF, W(4, 0), Q(8, 1), G(16, Free(0))])),
    One(op("memory.add.shared_info.gfn-max", 7, &[SELF, Q(16, u64::MAX)])),
    One(op("memory.add.shared_info.gfn-beyond", 7, &[SELF, Q(16, BEYOND)])),
    One(op("memory.add.shared_info", 7, &[SELF, G(16, Ram(1))]).acts(&[Act::Peek(Ram(1), 560)])),
    One(op("memory.add.grant.64", 7, &[SELF, W(4, 1), Q(8, 64), G(16, Free(0))])),
    One(op("memory.add.grant.max", 7, &[SELF, W(4, 1), Q(8, u64::MAX), G(16, Free(0))])),
    One(op("memory.add.grant.status", 7, &[SELF, W(4, 1), Q(8, 0x8000_0000), G(16, Free(0))])),
    One(op("memory.add.grant", 7, &[SELF, W(4, 1), Q(8, 0), G(16, Free(0))]).acts(&[Act::Probe(Free(0))])),
    One(op("memory.add.grant.elsewhere", 7, &[SELF, W(4, 1), Q(8, 0), G(16, Free(1))])
        .acts(&[Act::Probe(Free(0)), Act::Probe(Free(1))])),
    One(op("memory.add.grant.1", 7, &[SELF, W(4, 1), Q(8, 1), G(16, Free(2))]).acts(&[Act::Probe(Free(2))])),
    One(op("memory.add.grant.target", 7, &[T(0), W(4, 1), Q(8, 0), Q(16, 0x3_8000)])),
    One(op("memory.add.shared_info.target", 7, &[T(0), W(4, 0), Q(8, 0), Q(16, 0x3_8001)])),
    One(op("memory.add.mmio.ram", 7, &[SELF, W(4, 5), G(8, Ram(0)), G(16, Ram(0))])),
    One(op("memory.add.mmio.elsewhere", 7, &[SELF, W(4, 5), Q(8, 0x8000), G(16, Free(3))])),
    Handles(op("memory.remove", 15, &[]), 1),
    Domains(op("memory.remove", 15, &[Q(8, RAM + 4)]), 0),
    One(op("memory.remove.nothing-there", 15, &[SELF, G(8, Free(9))])),
    One(op("memory.remove.gfn-max", 15, &[SELF, Q(8, u64::MAX)])),
    One(op("memory.remove.gfn-beyond", 15, &[SELF, Q(8, BEYOND)])),
    One(op("memory.remove.grant", 15, &[SELF, G(8, Free(1))]).acts(&[Act::Probe(Free(1))])),
    One(op("memory.remove.again", 15, &[SELF, G(8, Free(1))])),
    One(op("memory.remove.grant.1", 15, &[SELF, G(8, Free(2))])),
    One(op("memory.remove.target-ram", 15, &[T(0), Q(8, RAM + 0x201)])),
    One(op("memory.current_reservation.removed", 3, &[T(0)])),
];

/// struct xen_add_to_physmap_batch: domid 0, space 2, size 4, foreign_domid 6, idxs 8, gpfns 16, errs 24.
macro_rules! batch {
    ($name:literal, $space:expr, $size:expr $(, $field:expr)*) => {
        op($name, 23, &[
            SELF, H(2, $space), H(4, $size), P(8, Buffer(0)), P(16, Buffer(64)), P(24, Buffer(128)) $(, $field)*
        ])
    };
}

const BATCH: &[Step] = &[
    Handles(op("memory.batch", 23, &[]), 1),
    Domains(batch!("memory.batch", 1, 1).buffer(&[Q(0, 0), G(64, Free(4))]), 0),
    Domains(batch!("memory.batch.foreign", 4, 1).buffer(&[Q(0, RAM + 4), G(64, Free(4))]), 6),
    One(batch!("memory.batch.foreign.self", 4, 1, H(6, 0x7ff0)).buffer(&[G(0, Ram(2)), G(64, Free(4))])),
    One(batch!("memory.batch.foreign.dom0", 4, 1, H(6, 0)).buffer(&[G(0, Ram(2)), G(64, Free(4))])),
    Fields(batch!("memory.batch.idxs", 4, 1, T(6)).buffer(&[G(64, Free(4))]), 8),
    Fields(batch!("memory.batch.gpfns", 4, 1, T(6)).buffer(&[Q(0, RAM + 4)]), 16),
    // Of a frame that is not there: what real Xen maps over itself it counts twice and never frees.
    Fields(batch!("memory.batch.errs", 4, 1, T(6)).buffer(&[Q(0, RAM + 0x999), G(64, Free(4))]), 24),
    One(batch!("memory.batch.space-9", 9, 1).buffer(&[Q(0, 0), G(64, Free(4))])),
    One(batch!("memory.batch.gmfn_range", 3, 1).buffer(&[Q(0, 0), G(64, Free(4))])),
    One(batch!("memory.batch.res0", 1, 1, H(6, 5)).buffer(&[Q(0, 0), G(64, Free(4))])),
    One(batch!("memory.batch.none", 4, 0, T(6))),
    One(batch!("memory.batch.foreign.not-there", 4, 1, T(6)).buffer(&[Q(0, RAM + 0x999), G(64, Free(4))])),
    One(batch!("memory.batch.foreign.max", 4, 1, T(6)).buffer(&[Q(0, u64::MAX), G(64, Free(4))])),
    One(batch!("memory.batch.foreign.to-max", 4, 1, T(6)).buffer(&[Q(0, RAM + 4), Q(64, u64::MAX)])),
    One(batch!("memory.batch.foreign.mixed", 4, 3, T(6))
        .buffer(&[
            Q(0, RAM + 4),
            Q(8, RAM + 0x999),
            Q(16, RAM + 0x200),
            G(64, Free(4)),
            G(72, Free(5)),
            G(80, Free(6)),
        ])
        .acts(&[Act::Probe(Free(4)), Act::Probe(Free(5)), Act::Probe(Free(6))])),
    One(batch!("memory.batch.foreign.over", 4, 1, T(6)).buffer(&[Q(0, RAM + 0x202), G(64, Free(4))])),
    One(op("memory.remove.foreign", 15, &[SELF, G(8, Free(4))]).acts(&[Act::Probe(Free(4))])),
    One(op("memory.remove.foreign.2", 15, &[SELF, G(8, Free(6))])),
    One(batch!("memory.batch.grant", 1, 2).buffer(&[Q(0, 0), Q(8, 1), G(64, Free(7)), G(72, Free(8))])),
    One(op("memory.remove.batch.grant", 15, &[SELF, G(8, Free(7))])),
    One(op("memory.remove.batch.grant.2", 15, &[SELF, G(8, Free(8))])),
];

/// struct xen_mem_acquire_resource: domid 0, type 2, id 4, nr_frames 8, pad 12, frame 16, frame_list 24.
const RESOURCES: &[Step] = &[
    Handles(op("memory.acquire", 28, &[]), 1),
    Domains(op("memory.acquire", 28, &[H(2, 1), W(8, 1), P(24, Buffer(0))]).buffer(&[G(0, Free(10))]), 0),
    Domains(op("memory.acquire.size", 28, &[H(2, 1)]), 0),
    One(op("memory.acquire.self", 28, &[SELF, H(2, 1), W(8, 1), P(24, Buffer(0))]).buffer(&[G(0, Free(10))])),
    One(op("memory.acquire.size.self", 28, &[SELF, H(2, 1)])),
    One(op("memory.acquire.size.grant", 28, &[T(0), H(2, 1)])),
    One(op("memory.acquire.size.status", 28, &[T(0), H(2, 1), W(4, 1)])),
    One(op("memory.acquire.size.id-2", 28, &[T(0), H(2, 1), W(4, 2)])),
    One(op("memory.acquire.size.ioreq", 28, &[T(0), H(2, 0)])),
    One(op("memory.acquire.size.vmtrace", 28, &[T(0), H(2, 2)])),
    One(op("memory.acquire.size.type-9", 28, &[T(0), H(2, 9)])),
    One(op("memory.acquire.pad", 28, &[T(0), H(2, 1), W(12, 1)])),
    One(op("memory.acquire.list-without-count", 28, &[T(0), H(2, 1), P(24, Buffer(0))])),
    One(op("memory.acquire.count-without-list", 28, &[T(0), H(2, 1), W(8, 1)])),
    Fields(op("memory.acquire.list", 28, &[T(0), H(2, 1), W(8, 1)]), 24),
    One(op("memory.acquire.count-max", 28, &[T(0), H(2, 1), W(8, u32::MAX), P(24, Buffer(0))])),
    One(op("memory.acquire.frame-max", 28, &[T(0), H(2, 1), W(8, 1), Q(16, u64::MAX), P(24, Buffer(0))])
        .buffer(&[G(0, Free(10))])),
    One(op("memory.acquire.frame-64", 28, &[T(0), H(2, 1), W(8, 1), Q(16, 64), P(24, Buffer(0))])
        .buffer(&[G(0, Free(10))])),
    One(op("memory.acquire.type-9", 28, &[T(0), H(2, 9), W(8, 1), P(24, Buffer(0))])
        .buffer(&[G(0, Free(10))])),
    One(op("memory.acquire.ioreq", 28, &[T(0), H(2, 0), W(8, 1), P(24, Buffer(0))]).buffer(&[G(0, Free(10))])),
    One(op("memory.acquire.vmtrace", 28, &[T(0), H(2, 2), W(8, 1), P(24, Buffer(0))])
        .buffer(&[G(0, Free(10))])),
    One(op("memory.acquire.status", 28, &[T(0), H(2, 1), W(4, 1), W(8, 1), P(24, Buffer(0))])
        .buffer(&[G(0, Free(10))])),
    One(op("memory.acquire.gfn-max", 28, &[T(0), H(2, 1), W(8, 1), P(24, Buffer(0))])
        .buffer(&[Q(0, u64::MAX)])),
    One(op("memory.acquire.good", 28, &[T(0), H(2, 1), W(8, 1), P(24, Buffer(0))])
        .buffer(&[G(0, Free(10))])
        .acts(&[Act::Probe(Free(10))])),
    One(op("memory.acquire.two", 28, &[T(0), H(2, 1), W(8, 2), P(24, Buffer(0))])
        .buffer(&[G(0, Free(11)), G(8, Free(12))])
        .acts(&[Act::Probe(Free(11)), Act::Probe(Free(12))])),
    One(op("memory.remove.resource", 15, &[SELF, G(8, Free(12))]).acts(&[Act::Probe(Free(12))])),
];

/// XENMEM_exchange (11), get_vnumainfo (26), reserved_device_memory_map (27).
const OTHERS: &[Step] = &[
    Handles(op("memory.exchange", 11, &[]), 1),
    One(op("memory.exchange.empty", 11, &[H(24, 0x7ff0), H(56, 0x7ff0)])),
    One(op(
        "memory.exchange.page",
        11,
        &[P(0, Buffer(0)), Q(8, 1), H(24, 0x7ff0), P(32, Buffer(8)), Q(40, 1), H(56, 0x7ff0)],
    )
    .buffer(&[G(0, Ram(3)), G(8, Ram(3))])),
    One(op("memory.exchange.exchanged", 11, &[H(24, 0x7ff0), H(56, 0x7ff0), Q(64, 1)])),
    Handles(op("memory.vnuma", 26, &[]), 1),
    Domains(op("memory.vnuma", 26, &[]), 0),
    One(op("memory.vnuma.self", 26, &[SELF])),
    One(op("memory.vnuma.pad", 26, &[SELF, H(2, 1)])),
    Handles(op("memory.rdm", 27, &[]), 1),
    One(op("memory.rdm.all", 27, &[W(0, 1)])),
    One(op("memory.rdm.flags", 27, &[W(0, 2)])),
];

/// In order.
pub const CASES: &[&[Step]] = &[QUESTIONS, UNKNOWN, RESERVATIONS, ADD, BATCH, RESOURCES, OTHERS];

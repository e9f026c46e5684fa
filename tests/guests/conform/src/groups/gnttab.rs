//! `grant_table_op`. xen/include/public/grant_table.h.
//!
//! The target's table is mapped at `Free(20)`, its pages are at 0x40004 and from 0x40200 on; dom0's own
//! table is where memory_op's cases left it, at `Free(0)`. An entry of version 1 is { flags, domid, frame }.

use crate::case::Act::{Peek, Poke, PokeField, Probe};
use crate::case::Field::{self, A, B, F, G, H, P, Q, S, T, W};
use crate::case::Frame::{At, Free, Ram};
use crate::case::Place::Buffer;
use crate::case::Step::{self, Domains, Fields, Handles, One};
use crate::case::{Case, Word};

const GRANT_TABLE_OP: usize = 20;
const MEMORY_OP: usize = 12;
const SELF: u16 = 0x7ff0;
const THEIRS: crate::case::Frame = Free(20);
const OWN: crate::case::Frame = Free(0);
/// Where handles are kept.
const HANDLE: usize = 10;
const SECOND: usize = 11;
const OWN_HANDLE: usize = 12;
/// Grants from the target to dom0: GTF_permit_access (1), with GTF_readonly (4), to nobody, of a frame that
/// is not there, with another type (GTF_accept_transfer, 2), to another domain.
const GOOD: u32 = 8;
const READ_ONLY: u32 = 9;
const NOT_THERE: u32 = 11;
const TRANSFER: u32 = 12;
const FOR_OTHER: u32 = 13;
const INVALID: u32 = 14;

/// One structure.
const fn op(name: &'static str, op: u64, block: &'static [Field]) -> Case {
    Case::op(name, GRANT_TABLE_OP, op, block).word(2, Word::N(1))
}

/// GNTTABOP_query_size (6): dom 0, nr_frames 4, max 8, status 12; setup_table (2): dom 0, nr_frames 4,
/// status 8, frame_list 16; get_version (10): dom 0, version 4; set_version (8): version 0;
/// get_status_frames (9): nr_frames 0, dom 4, status 6, frame_list 8; dump_table (3): dom 0, status 2.
const TABLE: &[Step] = &[
    One(op("gnttab.unknown.13", 13, &[])),
    One(op("gnttab.unknown.63", 63, &[])),
    Handles(op("gnttab.query_size", 6, &[]), 1),
    Domains(op("gnttab.query_size", 6, &[]), 0),
    One(op("gnttab.query_size.self", 6, &[H(0, SELF)])),
    One(op("gnttab.query_size.target", 6, &[T(0)])),
    One(op("gnttab.query_size.count-0", 6, &[H(0, SELF)]).word(2, Word::N(0))),
    One(op("gnttab.query_size.count-2", 6, &[H(0, SELF)]).word(2, Word::N(2))),
    One(op("gnttab.query_size.count-max", 6, &[H(0, SELF)]).word(2, Word::N(u64::MAX))),
    Handles(op("gnttab.setup_table", 2, &[]), 1),
    Domains(op("gnttab.setup_table", 2, &[W(4, 1), P(16, Buffer(0))]), 0),
    Fields(op("gnttab.setup_table.list", 2, &[H(0, SELF), W(4, 1)]), 16),
    One(op("gnttab.setup_table.none", 2, &[H(0, SELF)])),
    One(op("gnttab.setup_table.65", 2, &[H(0, SELF), W(4, 65), P(16, Buffer(0))])),
    One(op("gnttab.setup_table.max", 2, &[H(0, SELF), W(4, u32::MAX), P(16, Buffer(0))])),
    One(op("gnttab.setup_table.self", 2, &[H(0, SELF), W(4, 2), P(16, Buffer(0))]).hide_buffer(&[(0, 8)])),
    One(op("gnttab.setup_table.target", 2, &[T(0), W(4, 1), P(16, Buffer(0))])),
    One(op("gnttab.setup_table.count-2", 2, &[H(0, SELF), W(4, 1), P(16, Buffer(0))]).word(2, Word::N(2))),
    Handles(op("gnttab.get_version", 10, &[]), 1),
    Domains(op("gnttab.get_version", 10, &[]), 0),
    One(op("gnttab.get_version.self", 10, &[H(0, SELF)])),
    One(op("gnttab.get_version.target", 10, &[T(0)])),
    One(op("gnttab.get_version.count-2", 10, &[H(0, SELF)]).word(2, Word::N(2))),
    Handles(op("gnttab.set_version", 8, &[]), 1),
    One(op("gnttab.set_version.0", 8, &[W(0, 0)])),
    One(op("gnttab.set_version.1", 8, &[W(0, 1)])),
    One(op("gnttab.set_version.2", 8, &[W(0, 2)])),
    One(op("gnttab.set_version.3", 8, &[W(0, 3)])),
    One(op("gnttab.set_version.count-2", 8, &[W(0, 1)]).word(2, Word::N(2))),
    Handles(op("gnttab.get_status_frames", 9, &[]), 1),
    Domains(op("gnttab.get_status_frames", 9, &[W(0, 1)]), 4),
    One(op("gnttab.get_status_frames.self", 9, &[W(0, 1), H(4, SELF), P(8, Buffer(0))])),
    Handles(op("gnttab.dump_table", 3, &[]), 1),
    Domains(op("gnttab.dump_table", 3, &[]), 0),
    // The tables, to be written: XENMEM_acquire_resource (28) and add_to_physmap (7).
    One(Case::op("gnttab.acquire", MEMORY_OP, 28, &[T(0), H(2, 1), W(8, 1), P(24, Buffer(0))])
        .buffer(&[G(0, THEIRS)])
        .acts(&[Probe(THEIRS)])),
];

/// GNTTABOP_map_grant_ref (0): host_addr 0, flags 8 (GNTMAP_host_map 2, readonly 4), ref 12, dom 16, status
/// 18, handle 20, dev_bus_addr 24.
macro_rules! map {
    ($name:literal, $to:expr, $flags:expr, $reference:expr $(, $field:expr)*) => {
        op(concat!("gnttab.map.", $name), 0, &[A(0, $to), W(8, $flags), W(12, $reference), T(16) $(, $field)*])
            .hide(&[(20, 4), (24, 8)])
    };
}

/// GNTTABOP_unmap_grant_ref (1): host_addr 0, dev_bus_addr 8, handle 16, status 20.
const MAPS: &[Step] = &[
    Handles(op("gnttab.map", 0, &[]), 1),
    One(map!("count-0", Free(24), 2, GOOD).word(2, Word::N(0)).acts(&[
        Poke(THEIRS, 8 * 8, 1),
        Poke(THEIRS, 8 * 8 + 4, 0x4_0004),
        Poke(THEIRS, 9 * 8, 5),
        Poke(THEIRS, 9 * 8 + 4, 0x4_0202),
        Poke(THEIRS, 11 * 8, 1),
        Poke(THEIRS, 11 * 8 + 4, 0x4_0999),
        Poke(THEIRS, 12 * 8, 2),
        Poke(THEIRS, 13 * 8, 1 | 77 << 16),
        Poke(THEIRS, 13 * 8 + 4, 0x4_0004),
        Poke(THEIRS, 14 * 8, 0),
    ])),
    One(map!("count-max", Free(24), 2, GOOD).word(2, Word::N(0xffff_ffff))),
    Domains(op("gnttab.map", 0, &[A(0, Free(24)), W(8, 2), W(12, GOOD)]), 16),
    One(map!("self", Free(24), 2, GOOD, H(16, SELF))),
    One(map!("ref-max", Free(24), 2, u32::MAX)),
    One(map!("ref-beyond", Free(24), 2, 0x10000)),
    One(map!("ref-unused", Free(24), 2, INVALID)),
    One(map!("ref-not-there", Free(24), 2, NOT_THERE)),
    One(map!("ref-transfer", Free(24), 2, TRANSFER)),
    One(map!("ref-for-other", Free(24), 2, FOR_OTHER)),
    One(map!("flags-0", Free(24), 0, GOOD)),
    One(map!("flags-application", Free(24), 10, GOOD)),
    One(map!("flags-pte", Free(24), 0x12, GOOD)),
    One(map!("flags-unknown", Free(24), 0x8002, GOOD)),
    One(map!("writable-of-read-only", Free(24), 2, READ_ONLY)),
    One(map!("good", Free(24), 2, GOOD).keep(HANDLE, 20).acts(&[Probe(Free(24)), Peek(THEIRS, 8 * 8)])),
    One(op("gnttab.unmap.count-0", 1, &[A(0, Free(24)), S(16, HANDLE)]).word(2, Word::N(0))),
    Handles(op("gnttab.unmap", 1, &[]), 1),
    One(op("gnttab.unmap.handle-max", 1, &[A(0, Free(24)), W(16, u32::MAX)])),
    One(op("gnttab.unmap.handle-500", 1, &[A(0, Free(24)), W(16, 500)])),
    One(op("gnttab.unmap.good", 1, &[A(0, Free(24)), S(16, HANDLE)])
        .acts(&[Probe(Free(24)), Peek(THEIRS, 8 * 8)])),
    One(op("gnttab.unmap.again", 1, &[A(0, Free(24)), S(16, HANDLE)])),
    One(map!("read-only", Free(25), 6, GOOD).keep(HANDLE, 20).acts(&[Probe(Free(25)), Peek(THEIRS, 8 * 8)])),
    One(map!("twice", Free(26), 2, GOOD).keep(SECOND, 20).acts(&[Probe(Free(26)), Peek(THEIRS, 8 * 8)])),
    One(op("gnttab.unmap.twice", 1, &[A(0, Free(26)), S(16, SECOND)]).acts(&[Peek(THEIRS, 8 * 8)])),
    One(op("gnttab.unmap.read-only", 1, &[A(0, Free(25)), S(16, HANDLE)])
        .acts(&[Probe(Free(25)), Peek(THEIRS, 8 * 8)])),
    One(map!("read-only-grant", Free(25), 6, READ_ONLY).keep(HANDLE, 20).acts(&[Peek(THEIRS, 9 * 8)])),
    One(op("gnttab.unmap.read-only-grant", 1, &[A(0, Free(25)), S(16, HANDLE)]).acts(&[Peek(THEIRS, 9 * 8)])),
    One(map!("offset", Free(26), 2, GOOD, B(0, 8)).keep(HANDLE, 20).acts(&[Probe(Free(26))])),
    One(op("gnttab.unmap.offset", 1, &[A(0, Free(26)), B(0, 8), S(16, HANDLE)]).acts(&[Probe(Free(26))])),
    One(map!("over", Free(27), 2, GOOD).keep(HANDLE, 20)),
    One(map!("over-again", Free(27), 2, GOOD).keep(SECOND, 20)),
    One(op("gnttab.unmap.over-again", 1, &[A(0, Free(27)), S(16, SECOND)]).acts(&[Peek(THEIRS, 8 * 8)])),
    One(op("gnttab.unmap.over", 1, &[A(0, Free(27)), S(16, HANDLE)]).acts(&[Peek(THEIRS, 8 * 8)])),
    One(map!("moved", Free(28), 2, GOOD).keep(HANDLE, 20)),
    One(op("gnttab.unmap.elsewhere", 1, &[A(0, Free(29)), S(16, HANDLE)])
        .acts(&[Probe(Free(28)), Peek(THEIRS, 8 * 8)])),
    One(op("gnttab.unmap.moved", 1, &[A(0, Free(28)), S(16, HANDLE)]).acts(&[Probe(Free(28))])),
    One(Case::op("gnttab.remove.moved", MEMORY_OP, 15, &[H(0, SELF), G(8, Free(28))])),
    // dom0 to itself.
    One(map!("own", Free(26), 2, 3, H(16, 0)).keep(OWN_HANDLE, 20).acts(&[
        Poke(OWN, 24, 1),
        PokeField(OWN, F(28, Ram(8))),
        Probe(Free(26)),
    ])),
    One(op("gnttab.unmap.own", 1, &[A(0, Free(26)), S(16, OWN_HANDLE)]).acts(&[Probe(Free(26))])),
    One(op("gnttab.unmap_and_replace", 7, &[A(0, Free(24)), S(16, HANDLE)])),
    Handles(op("gnttab.unmap_and_replace", 7, &[]), 1),
    // GNTTABOP_transfer (4): mfn 0, domid 8, ref 12, status 16.
    One(op("gnttab.transfer", 4, &[G(0, Ram(8)), T(8), W(12, TRANSFER)])),
    Handles(op("gnttab.transfer", 4, &[]), 1),
];

/// GNTTABOP_copy (5): source { ref or gmfn 0, domid 8, offset 10 }, dest { 16, domid 24, offset 26 }, len
/// 32, flags 34 (source_gref 1, dest_gref 2), status 36.
macro_rules! copy {
    ($name:literal, $flags:expr $(, $field:expr)*) => {
        op(concat!("gnttab.copy.", $name), 5, &[H(32, 16), H(34, $flags) $(, $field)*])
    };
}

const COPIES: &[Step] = &[
    Handles(op("gnttab.copy", 5, &[]), 1),
    One(copy!("from", 1, W(0, GOOD), T(8), G(16, Ram(9)), H(24, SELF)).acts(&[Peek(Ram(9), 0)])),
    One(copy!("to", 2, G(0, Ram(8)), H(8, SELF), W(16, GOOD), T(24))
        .acts(&[Poke(Ram(8), 0, 0x1234_5678), Peek(THEIRS, 8 * 8)])),
    One(copy!("from-written", 1, W(0, GOOD), T(8), G(16, Ram(9)), H(24, SELF)).acts(&[Peek(Ram(9), 0)])),
    One(copy!("own", 0, G(0, Ram(8)), H(8, SELF), G(16, Ram(9)), H(24, SELF), H(26, 64))
        .acts(&[Peek(Ram(9), 64)])),
    One(copy!("to-read-only", 2, G(0, Ram(8)), H(8, SELF), W(16, READ_ONLY), T(24))),
    One(copy!("from-read-only", 1, W(0, READ_ONLY), T(8), G(16, Ram(9)), H(24, SELF))),
    One(copy!("from-not-there", 1, W(0, NOT_THERE), T(8), G(16, Ram(9)), H(24, SELF))),
    One(copy!("from-for-other", 1, W(0, FOR_OTHER), T(8), G(16, Ram(9)), H(24, SELF))),
    One(copy!("from-unused", 1, W(0, INVALID), T(8), G(16, Ram(9)), H(24, SELF))),
    One(copy!("from-transfer", 1, W(0, TRANSFER), T(8), G(16, Ram(9)), H(24, SELF))),
    One(copy!("from-ref-max", 1, W(0, u32::MAX), T(8), G(16, Ram(9)), H(24, SELF))),
    One(copy!("foreign-frame", 0, Q(0, 0x4_0004), T(8), G(16, Ram(9)), H(24, SELF))),
    One(copy!("to-foreign-frame", 0, G(0, Ram(8)), H(8, SELF), Q(16, 0x4_0004), T(24))),
    One(copy!("source-across", 1, W(0, GOOD), T(8), H(10, 4090), G(16, Ram(9)), H(24, SELF))),
    One(copy!("dest-across", 1, W(0, GOOD), T(8), G(16, Ram(9)), H(24, SELF), H(26, 4090))),
    One(copy!("offset-max", 1, W(0, GOOD), T(8), H(10, 0xffff), G(16, Ram(9)), H(24, SELF))),
    One(copy!("length-max", 1, W(0, GOOD), T(8), G(16, Ram(9)), H(24, SELF), H(32, 0xffff))),
    One(copy!("length-0", 1, W(0, GOOD), T(8), G(16, Ram(9)), H(24, SELF), H(32, 0))),
    One(copy!("flags-unknown", 0xf1, W(0, GOOD), T(8), G(16, Ram(9)), H(24, SELF))),
    One(copy!("frame-max", 0, Q(0, u64::MAX), H(8, SELF), G(16, Ram(9)), H(24, SELF))),
    One(copy!("frame-hole", 0, Q(0, 0xf000), H(8, SELF), G(16, Ram(9)), H(24, SELF))),
    One(copy!("to-frame-max", 0, G(0, Ram(8)), H(8, SELF), Q(16, u64::MAX), H(24, SELF))),
    Domains(copy!("source", 1, W(0, GOOD), G(16, Ram(9)), H(24, SELF)), 8),
    Domains(copy!("dest", 2, G(0, Ram(8)), H(8, SELF), W(16, GOOD)), 24),
    One(copy!("count-0", 1).word(2, Word::N(0))),
    One(copy!("from-pinned", 1, W(0, GOOD), T(8), G(16, Ram(9)), H(24, SELF)).acts(&[Peek(THEIRS, 8 * 8)])),
];

/// GNTTABOP_swap_grant_ref (11): ref_a 0, ref_b 4, status 8; cache_flush (12): address 0, offset 8, length
/// 10, op 12 (clean 1, invalidate 2, source_gref 1 << 31).
const OTHERS: &[Step] = &[
    Handles(op("gnttab.swap", 11, &[]), 1),
    One(op("gnttab.swap.max", 11, &[W(0, u32::MAX), W(4, 3)])),
    One(op("gnttab.swap.second-max", 11, &[W(0, 3), W(4, u32::MAX)])),
    One(op("gnttab.swap.beyond", 11, &[W(0, 0x8000), W(4, 3)])),
    One(op("gnttab.swap.same", 11, &[W(0, 3), W(4, 3)])),
    One(op("gnttab.swap.count-0", 11, &[]).word(2, Word::N(0))),
    Handles(op("gnttab.cache_flush", 12, &[]), 1),
    One(op("gnttab.cache_flush.nothing", 12, &[A(0, Ram(8)), H(10, 64)])),
    One(op("gnttab.cache_flush.no-length", 12, &[A(0, Ram(8)), W(12, 1)])),
    One(op("gnttab.cache_flush.op-4", 12, &[A(0, Ram(8)), H(10, 64), W(12, 4)])),
    One(op("gnttab.cache_flush.clean-and-invalidate", 12, &[A(0, Ram(8)), H(10, 64), W(12, 3)])),
    One(op("gnttab.cache_flush.across", 12, &[A(0, Ram(8)), H(8, 4090), H(10, 64), W(12, 1)])),
    One(op("gnttab.cache_flush.offset-max", 12, &[A(0, Ram(8)), H(8, 0xffff), H(10, 64), W(12, 1)])),
    One(op("gnttab.cache_flush.own-page", 12, &[A(0, Ram(8)), H(10, 64), W(12, 1)])),
    One(op("gnttab.cache_flush.address-max", 12, &[Q(0, 0xffff_ffff_ffff_f000), H(10, 64), W(12, 1)])),
    One(op("gnttab.cache_flush.address-odd", 12, &[A(0, Ram(8)), B(0, 8), H(10, 64), W(12, 1)])),
    One(op("gnttab.cache_flush.by-ref", 12, &[W(0, GOOD), H(10, 64), W(12, 0x8000_0001)])),
    One(op("gnttab.cache_flush.count-0", 12, &[]).word(2, Word::N(0))),
    One(Case::op("gnttab.remove.theirs", MEMORY_OP, 15, &[H(0, SELF), G(8, THEIRS)]).acts(&[Probe(THEIRS)])),
    One(Case::op("gnttab.remove.own", MEMORY_OP, 15, &[H(0, SELF), G(8, OWN)]).acts(&[Probe(OWN)])),
    One(Case::op("gnttab.remove.nothing", MEMORY_OP, 15, &[H(0, SELF), G(8, At(0xf000))])),
];

/// In order.
pub const CASES: &[&[Step]] = &[TABLE, MAPS, COPIES, OTHERS];

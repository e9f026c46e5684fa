//! Grants of dom0's to itself: a page mapped and unmapped again, where Linux has its grant frames, and a page
//! copied.

use crate::row::Bench;
use rt::arch::operation::hypercall;
use rt::check::check_eq;
use rt::pages::{self, Page};
use rt::xen::{self, Block, DOMID_SELF};
use rt::{mmio, window};

/// HYPERVISOR_grant_table_op (xen/include/public/grant_table.h).
const MAP: usize = 0;
const UNMAP: usize = 1;
const COPY: usize = 5;
const HOST_MAP: u32 = 2;
const SOURCE_GREF: u32 = 1;
const PERMIT_ACCESS: u32 = 1;
/// HYPERVISOR_memory_op.
const ADD: usize = 7;
const REMOVE: usize = 15;
const SPACE_GRANT_TABLE: u32 = 1;

const LOOPS: u32 = 64;
/// Pages of the region behind the table where grants are mapped.
const PLACE: u64 = 40;

/// Names, and the entry that each uses.
const SETS: [(&str, &str, u32); 3] = [
    ("grant-map-unmap", "grant-copy-page", 8),
    ("grant-map-unmap.b", "grant-copy-page.b", 9),
    ("grant-map-unmap.c", "grant-copy-page.c", 300),
];

/// All of them.
pub fn run(bench: &Bench) {
    let Some(hypervisor) = &bench.machine.hypervisor else {
        return SETS.iter().for_each(|(map, copy, _)| {
            bench.skip(map, "no hypervisor");
            bench.skip(copy, "no hypervisor");
        });
    };
    if !SETS.iter().any(|(map, copy, _)| bench.wants(map) || bench.wants(copy)) {
        return;
    }
    let first = hypervisor.grants.base >> 12;
    check_eq("the table is mapped", table(ADD, first), 0);
    for (map, copy, entry) in SETS {
        let (page, other) = (pages::take(bench.machine), pages::take(bench.machine));
        grant(first, entry, &page);
        let place = first + PLACE + u64::from(entry % 16);
        bench.row(map, LOOPS, &mut |loops| mapping(entry, place, loops, &ACT), &mut |loops| {
            mapping(entry, place, loops, &SHAPE)
        });
        copied(entry, &page, &other);
        bench.row(copy, LOOPS, &mut |loops| copying(entry, &other, loops, &ACT), &mut |loops| {
            copying(entry, &other, loops, &SHAPE)
        });
    }
    check_eq("the table is unmapped", table(REMOVE, first), 0);
}

/// A call, or the instructions around it.
type Call = dyn Fn(usize, usize);
const ACT: fn(usize, usize) = |command, address| hypercall::act(xen::GRANT_TABLE_OP, command, address, 1);
const SHAPE: fn(usize, usize) = |command, address| hypercall::shape(xen::GRANT_TABLE_OP, command, address, 1);

/// Puts the table's first frame into the region's first page, or takes it out.
fn table(command: usize, first: u64) -> isize {
    let mut block = Block::<24>::new();
    block.set16(0, DOMID_SELF).set64(16, first);
    if command == ADD {
        block.set32(4, SPACE_GRANT_TABLE);
    } else {
        block.set64(8, first);
    }
    xen::call(xen::MEMORY_OP, command, &mut block)
}

/// Grants a page to dom0.
fn grant(first: u64, entry: u32, page: &Page) {
    let at = usize::try_from((first << 12) + u64::from(entry) * 8).unwrap_or(0);
    mmio::store32(at + 4, u32::try_from(page.gfn()).unwrap_or(0));
    mmio::store32(at, PERMIT_ACCESS);
}

/// struct gnttab_map_grant_ref { host_addr, flags, ref, dom, status, handle, dev_bus_addr }, and struct
/// gnttab_unmap_grant_ref { host_addr, dev_bus_addr, handle, status }.
fn mapping(entry: u32, place: u64, loops: u32, call: &Call) -> u64 {
    let (mut map, mut unmap) = (Block::<32>::new(), Block::<24>::new());
    map.set64(0, place << 12).set32(8, HOST_MAP).set32(12, entry);
    unmap.set64(0, place << 12);
    let (map_at, unmap_at) = (map.address(), unmap.address());
    let mut failed = 0;
    let ticks = window::timed(loops, || {
        call(MAP, map_at);
        unmap.set32(16, map.get32(20));
        call(UNMAP, unmap_at);
        failed += (map.get32(16) >> 16) + (unmap.get32(20) & 0xffff);
    });
    check_eq("mappings that failed", failed, 0);
    ticks
}

/// struct gnttab_copy { { ref or gmfn, domid, offset }, the same of the destination, len, flags, status }.
fn copying(entry: u32, to: &Page, loops: u32, call: &Call) -> u64 {
    let mut copy = Block::<40>::new();
    copy.set32(0, entry).set64(16, to.gfn()).set16(24, DOMID_SELF).set32(32, 4096 | SOURCE_GREF << 16);
    let address = copy.address();
    let mut failed = 0;
    let ticks = window::timed(loops, || {
        call(COPY, address);
        failed += copy.get32(36) & 0xffff;
    });
    check_eq("copies that failed", failed, 0);
    ticks
}

/// A copy copies.
fn copied(entry: u32, from: &Page, to: &Page) {
    from.fill(0x5a);
    to.fill(0);
    copying(entry, to, 1, &ACT);
    check_eq("what was copied", to.get32(4092), from.get32(4092));
}

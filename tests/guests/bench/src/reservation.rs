//! decrease_reservation and populate_physmap, one extent a call.

use crate::row::Bench;
use rt::arch::operation::hypercall;
use rt::check::{check, check_eq};
use rt::machine::{Machine, Range};
use rt::xen::{self, Block, DOMID_SELF};
use rt::{fault, mmio, pages, window};

/// Out or in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// XENMEM_decrease_reservation.
    Decrease = 1,
    /// XENMEM_populate_physmap.
    Populate = 6,
}

const PAGES: usize = 64;
const BLOCKS: usize = 4;
const BLOCK: u64 = 0x20_0000;
const BLOCK_ORDER: u32 = 9;

/// Both ways, pages and 2 MiB blocks.
pub fn run(bench: &Bench) {
    const SMALL: [(&str, &str); 3] = [
        ("populate-4k", "decrease-4k"),
        ("populate-4k.b", "decrease-4k.b"),
        ("populate-4k.c", "decrease-4k.c"),
    ];
    const LARGE: [(&str, &str); 3] = [
        ("populate-2m", "decrease-2m"),
        ("populate-2m.b", "decrease-2m.b"),
        ("populate-2m.c", "decrease-2m.c"),
    ];
    for names in SMALL.iter().filter(|names| bench.wants(names.0) || bench.wants(names.1)) {
        let gfns: [u64; PAGES] = core::array::from_fn(|_| pages::take(bench.machine).gfn());
        both(bench, *names, &gfns, 0);
    }
    for (set, names) in LARGE.iter().enumerate() {
        let mut blocks = [0; BLOCKS];
        let free = free_blocks(bench.machine).skip(set * BLOCKS);
        let found = free.zip(&mut blocks).map(|(base, slot)| *slot = base >> 12).count();
        if found < BLOCKS {
            bench.skip(names.0, "too little memory");
            bench.skip(names.1, "too little memory");
        } else if bench.wants(names.0) || bench.wants(names.1) {
            both(bench, *names, &blocks, BLOCK_ORDER);
        }
    }
}

/// 2 MiB blocks of RAM, from the bottom, that nothing is in; single pages are taken from the top.
fn free_blocks(machine: &'static Machine) -> impl Iterator<Item = u64> {
    let tree = Range { base: machine.fdt_base, size: machine.fdt.size() as u64 };
    let banks = machine.memory.as_slice().iter();
    banks.flat_map(move |bank| {
        let first = bank.base.next_multiple_of(BLOCK);
        let end = (bank.base + bank.size).saturating_sub(4 * BLOCK);
        (first..end).step_by(0x20_0000).filter(move |base| {
            let block = Range { base: *base, size: BLOCK };
            bank.holds(*base, BLOCK) && !block.overlaps(&machine.image) && !block.overlaps(&tree)
        })
    })
}

fn both(bench: &Bench, names: (&str, &str), gfns: &[u64], order: u32) {
    check_eq("decrease_reservation", extent(Direction::Decrease, gfns[0], order), 1);
    check("its pages are gone", usable(gfns[0], order) == [false; 2]);
    check_eq("populate_physmap", extent(Direction::Populate, gfns[0], order), 1);
    check("its pages are back", usable(gfns[0], order) == [true; 2]);
    let loops = if order == 0 { 64 } else { 4 };
    for (name, measured, other) in [
        (names.0, Direction::Populate, Direction::Decrease),
        (names.1, Direction::Decrease, Direction::Populate),
    ] {
        let mut round = |loops| {
            if measured == Direction::Populate {
                all(other, gfns, order, loops);
            }
            let ticks = timed(measured, gfns, order, loops);
            if measured == Direction::Decrease {
                all(other, gfns, order, loops);
            }
            ticks
        };
        let mut shape = |loops| timed_shape(measured, gfns, order, loops);
        bench.row(name, loops, &mut round, &mut shape);
    }
}

/// Whether the first and the last page of an extent hold what is written.
fn usable(gfn: u64, order: u32) -> [bool; 2] {
    [gfn, gfn + (1 << order) - 1].map(|gfn| {
        let address = usize::try_from(gfn << 12).unwrap_or(0);
        let fault = fault::catch(|| mmio::store32(address + 8, 0x1234_5678));
        fault.is_none() && mmio::load32(address + 8, 0) == 0x1234_5678
    })
}

/// struct xen_memory_reservation { extent_start, nr_extents, extent_order, mem_flags, domid } of one extent,
/// and the number at its start.
struct Call {
    block: Block<32>,
    list: Block<8>,
}

impl Call {
    fn new(order: u32) -> Self {
        let mut call = Self { block: Block::new(), list: Block::new() };
        call.block.set64(8, 1).set32(16, order).set16(24, DOMID_SELF);
        call
    }

    fn address(&mut self) -> usize {
        let list = self.list.address() as u64;
        self.block.set64(0, list);
        self.block.address()
    }
}

fn timed(direction: Direction, gfns: &[u64], order: u32, loops: u32) -> u64 {
    let mut call = Call::new(order);
    let address = call.address();
    let mut next = gfns.iter();
    window::timed(loops, || {
        call.list.set64(0, next.next().copied().unwrap_or(0));
        hypercall::act(xen::MEMORY_OP, direction as usize, address, 0);
    })
}

fn timed_shape(direction: Direction, gfns: &[u64], order: u32, loops: u32) -> u64 {
    let mut call = Call::new(order);
    let address = call.address();
    let mut next = gfns.iter();
    window::timed(loops, || {
        call.list.set64(0, next.next().copied().unwrap_or(0));
        hypercall::shape(xen::MEMORY_OP, direction as usize, address, 0);
    })
}

fn extent(direction: Direction, gfn: u64, order: u32) -> isize {
    let mut call = Call::new(order);
    call.list.set64(0, gfn);
    let address = call.address();
    xen::hypercall_words(xen::MEMORY_OP, [direction as usize, address])
}

/// The first `count` extents, unmeasured; each must succeed.
fn all(direction: Direction, gfns: &[u64], order: u32, count: u32) {
    let count = usize::try_from(count).unwrap_or(0);
    let failed = gfns.iter().take(count).filter(|gfn| extent(direction, **gfn, order) != 1).count();
    if failed > 0 {
        check_eq("extents that failed", failed, 0);
    }
}

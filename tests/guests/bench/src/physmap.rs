//! add_to_physmap and remove_from_physmap of the frames of the grant table, where Linux puts them: in the
//! region that `/hypervisor` names.

use crate::row::Bench;
use rt::arch::operation::hypercall;
use rt::check::{check, check_eq};
use rt::xen::{self, Block, DOMID_SELF};
use rt::{fault, mmio, window};

const ADD: usize = 7;
const REMOVE: usize = 15;
const SPACE_GRANT_TABLE: u32 = 1;
/// Frames of a round; a dom0 has 64.
const FRAMES: u32 = 32;

const SETS: [(&str, &str, u64); 3] = [
    ("add-to-physmap", "remove-from-physmap", 0),
    ("add-to-physmap.b", "remove-from-physmap.b", 16),
    ("add-to-physmap.c", "remove-from-physmap.c", 31),
];

/// Each set of frame numbers begins elsewhere in the region.
pub fn run(bench: &Bench) {
    let Some(hypervisor) = &bench.machine.hypervisor else { return };
    for (adding, removing, offset) in SETS {
        let first = (hypervisor.grants.base >> 12) + offset;
        if !bench.wants(adding) && !bench.wants(removing) {
            continue;
        }
        let added = (0..FRAMES).filter(|index| call(ADD, first, *index) == 0).count();
        check_eq("frames of the grant table added", added, FRAMES as usize);
        check("the last can be read", readable(first + u64::from(FRAMES - 1)));
        let removed = (0..FRAMES).filter(|index| call(REMOVE, first, *index) == 0).count();
        check_eq("and removed", removed, FRAMES as usize);
        check("the last cannot", !readable(first + u64::from(FRAMES - 1)));
        let mut round = |loops| {
            let ticks = timed(ADD, first, loops);
            all(REMOVE, first, loops);
            ticks
        };
        bench.row(adding, FRAMES, &mut round, &mut |loops| shape(ADD, first, loops));
        let mut round = |loops| {
            all(ADD, first, loops);
            timed(REMOVE, first, loops)
        };
        bench.row(removing, FRAMES, &mut round, &mut |loops| shape(REMOVE, first, loops));
    }
}

/// struct xen_add_to_physmap { domid, size, space, idx, gpfn }, and struct xen_remove_from_physmap { domid,
/// gpfn }, for frame `index` (xen/include/public/memory.h).
fn set(block: &mut Block<24>, command: usize, first: u64, index: u32) {
    let gpfn = first + u64::from(index);
    if command == ADD {
        block.set64(8, u64::from(index)).set64(16, gpfn);
    } else {
        block.set64(8, gpfn);
    }
}

fn readable(gfn: u64) -> bool {
    let address = usize::try_from(gfn << 12).unwrap_or(0);
    fault::catch(|| _ = mmio::load32(address, 0)).is_none()
}

fn start() -> Block<24> {
    let mut block = Block::<24>::new();
    block.set16(0, DOMID_SELF).set32(4, SPACE_GRANT_TABLE);
    block
}

fn call(command: usize, first: u64, index: u32) -> isize {
    let mut block = start();
    if command == REMOVE {
        block.set32(4, 0);
    }
    set(&mut block, command, first, index);
    xen::call(xen::MEMORY_OP, command, &mut block)
}

fn all(command: usize, first: u64, count: u32) {
    let failed = (0..count).filter(|index| call(command, first, *index) != 0).count();
    if failed > 0 {
        check_eq("frames that failed", failed, 0);
    }
}

fn timed(command: usize, first: u64, loops: u32) -> u64 {
    let mut block = start();
    let address = block.address();
    let mut index = 0;
    window::timed(loops, || {
        set(&mut block, command, first, index);
        index += 1;
        hypercall::act(xen::MEMORY_OP, command, address, 0);
    })
}

fn shape(command: usize, first: u64, loops: u32) -> u64 {
    let mut block = start();
    let address = block.address();
    let mut index = 0;
    window::timed(loops, || {
        set(&mut block, command, first, index);
        index += 1;
        hypercall::shape(xen::MEMORY_OP, command, address, 0);
    })
}

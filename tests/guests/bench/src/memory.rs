//! HYPERVISOR_memory_op as a 1:1 dom0 can do it: its own frames out and in again.

use crate::row::Bench;
use crate::{physmap, reservation, row};
use rt::check::check;
use rt::xen::{self, Block, DOMID_SELF};

const CURRENT: usize = 3;
const MAXIMUM: usize = 4;

const NAMES: [&str; 21] = [
    "reservation-query",
    "reservation-query.b",
    "reservation-query.c",
    "add-to-physmap",
    "add-to-physmap.b",
    "add-to-physmap.c",
    "remove-from-physmap",
    "remove-from-physmap.b",
    "remove-from-physmap.c",
    "populate-4k",
    "populate-4k.b",
    "populate-4k.c",
    "decrease-4k",
    "decrease-4k.b",
    "decrease-4k.c",
    "populate-2m",
    "populate-2m.b",
    "populate-2m.c",
    "decrease-2m",
    "decrease-2m.b",
    "decrease-2m.c",
];

/// All of them.
pub fn run(bench: &Bench) {
    if !bench.machine.is_xen() {
        return NAMES.iter().for_each(|name| bench.skip(name, "no hypervisor"));
    }
    queries(bench);
    physmap::run(bench);
    reservation::run(bench);
}

fn queries(bench: &Bench) {
    for (name, command, domain) in
        [(NAMES[0], CURRENT, DOMID_SELF), (NAMES[1], MAXIMUM, DOMID_SELF), (NAMES[2], CURRENT, 0)]
    {
        let mut block = Block::<8>::new();
        block.set16(0, domain);
        check("a reservation", xen::call(xen::MEMORY_OP, command, &mut block) > 0);
        let address = block.address();
        row!(bench, name, 256, hypercall(xen::MEMORY_OP, command, address, 0));
    }
}

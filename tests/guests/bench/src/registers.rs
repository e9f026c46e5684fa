//! Registers that a hypervisor emulates: the distributor's, the redistributor's, identification registers,
//! the physical timer's.

use crate::row;
use crate::row::Bench;
use rt::arch::operation::clean_set_way;
use rt::{gic, window};

const LOOPS: u32 = 512;
/// An SPI that QEMU's `virt` gives to a device nobody uses (a virtio-mmio slot), and two others.
pub const SPIS: [u32; 3] = [50, 65, 70];

/// All of them.
pub fn run(bench: &Bench) {
    distributor(bench);
    redistributor(bench);
    row!(bench, "id-register", LOOPS, id_register());
    row!(bench, "id-register.b", LOOPS, id_register_b());
    row!(bench, "id-register.c", LOOPS, id_register_c());
    row!(bench, "ptimer-register", LOOPS, ptimer_control());
    row!(bench, "ptimer-register.b", LOOPS, ptimer_control_b());
    row!(bench, "ptimer-register.c", LOOPS, ptimer_control_c());
}

fn distributor(bench: &Bench) {
    let base = gic::gicd();
    row!(bench, "vgicd-read", LOOPS, load32(base + gic::TYPER));
    row!(bench, "vgicd-read.b", LOOPS, load32_other(base + gic::TYPER));
    row!(bench, "vgicd-read.c", LOOPS, load32(base + gic::IIDR));
    for (name, intid) in ["vgicd-write", "vgicd-write.b", "vgicd-write.c"].into_iter().zip(SPIS) {
        // An SPI that is enabled already: only the access counts.
        gic::enable(intid);
        row!(bench, name, LOOPS, store32(gic::bit_word(gic::ISENABLER, intid), 1 << (intid % 32)));
        gic::disable(intid);
    }
}

fn redistributor(bench: &Bench) {
    let names = ["vgicr-read", "vgicr-read.b", "vgicr-read.c"];
    if gic::version() != 3 {
        names.iter().for_each(|name| bench.skip(name, "no redistributor"));
        return;
    }
    row!(bench, names[0], LOOPS, load32(gic::gicr() + 0x8));
    row!(bench, names[1], LOOPS, load32(gic::gicr()));
    row!(bench, names[2], LOOPS, load32(gic::gicr() + 0x4));
}

/// 32 KiB by set and way: 256 sets, 2 ways, lines of 64 bytes, as the L1 data caches of Cortex-A57 and A15.
/// The last of all operations: a hypervisor may watch the guest's caches from here on.
pub fn cache(bench: &Bench) {
    let lines = || (0..2).flat_map(|way| (0..256).map(move |set| way << 31 | set << 6));
    let mut round = |loops| window::timed(loops, || lines().for_each(clean_set_way::act));
    let mut shape = |loops| window::timed(loops, || lines().for_each(clean_set_way::shape));
    bench.row("set-way-clean-32k", 2, &mut round, &mut shape);
}

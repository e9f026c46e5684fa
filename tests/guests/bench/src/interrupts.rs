//! SPIs switched on and off, and an access to nothing.

use crate::registers::SPIS;
use crate::row::Bench;
use rt::arch::operation::store32;
use rt::arch::trial;
use rt::check::check;
use rt::{fault, gic, mmio, window};

/// All of them.
pub fn run(bench: &Bench) {
    for (name, intid) in
        ["spi-enable-disable", "spi-enable-disable.b", "spi-enable-disable.c"].into_iter().zip(SPIS)
    {
        let (on, off) = (gic::bit_word(gic::ISENABLER, intid), gic::bit_word(gic::ICENABLER, intid));
        let bit = 1 << (intid % 32);
        let mut round = |loops| {
            window::timed(loops, || {
                store32::act(on, bit);
                store32::act(off, bit);
            })
        };
        let mut shape = |loops| {
            window::timed(loops, || {
                store32::shape(on, bit);
                store32::shape(off, bit);
            })
        };
        bench.row(name, 256, &mut round, &mut shape);
    }
    abort(bench);
}

/// A load from an address with nothing behind it, to the instruction after it: the handler is three
/// instructions and the return (arm32: the return).
fn abort(bench: &Bench) {
    let names = ["unmapped-abort", "unmapped-abort.b", "unmapped-abort.c"];
    let Some(hole) = bench.machine.hole() else {
        return names.iter().for_each(|name| bench.skip(name, "every address is used"));
    };
    for (name, address) in names.into_iter().zip([hole, hole + 0x1008, hole + 0x10_0ff0]) {
        let fault = fault::catch(|| _ = mmio::load32(address, 0));
        check("the address aborts", fault.is_some_and(|fault| fault.kind == fault::FaultKind::DataAbort));
        bench.row(name, 256, &mut |loops| trial::abort(loops, address), &mut |loops| {
            window::timed(loops, || {})
        });
    }
}

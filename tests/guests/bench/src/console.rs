//! CONSOLEIO_write of dom0, to the UART.

use crate::row::Bench;
use rt::arch::operation::hypercall;
use rt::xen;
use rt::{println, window};

/// CONSOLEIO_write.
const WRITE: usize = 0;

/// One byte and 64.
pub fn run(bench: &Bench) {
    for (name, length, text) in [
        ("console-write-1", 1, &[b'.'; 64]),
        ("console-write-1.b", 1, &[b'x'; 64]),
        ("console-write-1.c", 1, &[b' '; 64]),
        ("console-write-64", 64, &[b'-'; 64]),
        ("console-write-64.b", 64, &[b'o'; 64]),
        ("console-write-64.c", 64, &[b'_'; 64]),
    ] {
        if !bench.machine.is_xen() {
            bench.skip(name, "no hypervisor");
            continue;
        }
        let address = text.as_ptr().expose_provenance();
        let mut round = |loops| {
            let ticks = window::timed(loops, || hypercall::act(xen::CONSOLE_IO, WRITE, length, address));
            println!();
            ticks
        };
        let mut shape =
            |loops| window::timed(loops, || hypercall::shape(xen::CONSOLE_IO, WRITE, length, address));
        bench.row(name, if length == 1 { 64 } else { 8 }, &mut round, &mut shape);
    }
}

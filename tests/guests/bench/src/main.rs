//! Topic `bench`: what single operations cost, in instructions. The same binary as dom0 of a hypervisor and
//! on the bare machine, started with `-icount shift=0,sleep=off`.
//!
//! The command line chooses: `bench=OP[,OP..]` (prefixes of names; without it all that one CPU can do),
//! `trace=OP` (one iteration of OP, warmed up), `markers` (hints around each window, and a line before it).
//! Lines printed: [`row`]. A figure is what the operation costs above a loop of the same shape without it.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod calls;
#[cfg(target_os = "none")]
mod choice;
#[cfg(target_os = "none")]
mod interrupts;
#[cfg(target_os = "none")]
mod registers;
#[cfg(target_os = "none")]
mod row;

#[cfg(target_os = "none")]
rt::guest!("bench", run);

#[cfg(target_os = "none")]
fn run(machine: &'static rt::machine::Machine) {
    let bench = row::Bench::new(machine);
    bench.value("boot-counter", bench.nanoseconds(machine.boot.first()), "ns");
    bench.value("boot-head", machine.boot.head as u64, "address");
    row::empty(&bench);
    calls::run(&bench);
    registers::run(&bench);
    interrupts::run(&bench);
}

#[cfg(not(target_os = "none"))]
fn main() {}

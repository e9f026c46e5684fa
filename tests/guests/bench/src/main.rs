//! Topic `bench`: what single operations cost, in instructions. The same binary as dom0 of a hypervisor and
//! on the bare machine, started with `-icount shift=0,sleep=off`.
//!
//! The command line chooses: `bench=OP[,OP..]` (prefixes of names; without it all that one CPU can do),
//! `trace=OP` (one iteration of OP, warmed up), `markers` (hints around each window, and a line before it).
//! Lines printed: [`row`]. A figure is what the operation costs above a loop of the same shape without it.
//! A hypervisor gives two vCPUs on its one CPU (`dom0_max_vcpus=2`), which [`pair`] needs.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod calls;
#[cfg(target_os = "none")]
mod choice;
#[cfg(target_os = "none")]
mod console;
#[cfg(target_os = "none")]
mod domain;
#[cfg(target_os = "none")]
mod events;
#[cfg(target_os = "none")]
mod grants;
#[cfg(target_os = "none")]
mod interrupts;
#[cfg(target_os = "none")]
mod lifecycle;
#[cfg(target_os = "none")]
mod memory;
#[cfg(target_os = "none")]
mod messages;
#[cfg(target_os = "none")]
mod neighbour;
#[cfg(target_os = "none")]
mod pair;
#[cfg(target_os = "none")]
mod physmap;
#[cfg(target_os = "none")]
mod registers;
#[cfg(target_os = "none")]
mod reservation;
#[cfg(target_os = "none")]
mod row;
#[cfg(target_os = "none")]
mod sgi;
#[cfg(target_os = "none")]
mod timers;
#[cfg(target_os = "none")]
mod twin;

#[cfg(target_os = "none")]
rt::guest!("bench", run);

#[cfg(target_os = "none")]
fn run(machine: &'static rt::machine::Machine) {
    let bench = row::Bench::new(machine);
    bench.value("boot-counter", bench.nanoseconds(machine.boot.first()), "ns");
    rt::arch::mask_irq();
    row::empty(&bench);
    calls::run(&bench);
    registers::run(&bench);
    sgi::run(&bench);
    interrupts::run(&bench);
    timers::run(&bench);
    let events = events::run(&bench);
    console::run(&bench);
    memory::run(&bench);
    grants::run(&bench);
    pair::run(&bench, events.as_ref());
    neighbour::run(&bench, events.as_ref());
    lifecycle::run(&bench);
    registers::cache(&bench);
}

#[cfg(not(target_os = "none"))]
fn main() {}

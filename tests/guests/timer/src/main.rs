//! Topic `timer`: the counter, and the virtual and the physical timer with their interrupts.
//!
//! Sources: Arm ARM DDI 0487J D11.2 (generic timer); GIC IHI 0048B 1.4.2, IHI 0069H 4.1 (level-sensitive
//! interrupts).
#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod counter;
#[cfg(target_os = "none")]
mod interrupts;
#[cfg(target_os = "none")]
mod lines;
#[cfg(target_os = "none")]
mod registers;
#[cfg(target_os = "none")]
mod several;

#[cfg(target_os = "none")]
rt::guest!("timer", run);

#[cfg(target_os = "none")]
fn run(machine: &'static rt::machine::Machine) {
    counter::run(machine);
    for line in lines::all(machine) {
        registers::run(&line);
        interrupts::run(&line);
    }
    interrupts::both(machine);
    interrupts::sleep(machine);
    several::run(machine);
    lines::all(machine).for_each(|line| interrupts::never(&line));
}

#[cfg(not(target_os = "none"))]
fn main() {}

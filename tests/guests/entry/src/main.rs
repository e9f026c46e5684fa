//! Topic `entry`: the state a kernel finds at its first instruction, its memory, and its device tree.
//!
//! Sources: Linux Documentation/arch/arm64/booting.rst and arch/arm/booting.rst; Devicetree
//! Specification v0.4; Xen's docs/misc/arm/device-tree/guest.txt for `/hypervisor`.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod machine;
#[cfg(target_os = "none")]
mod registers;
#[cfg(target_os = "none")]
mod tree;

#[cfg(target_os = "none")]
rt::guest!("entry", run);

#[cfg(target_os = "none")]
fn run(machine: &rt::machine::Machine) {
    registers::at_entry(machine);
    registers::identification(machine);
    machine::memory(machine);
    tree::structure(machine);
    tree::devices(machine);
    tree::hypervisor(machine);
}

#[cfg(not(target_os = "none"))]
fn main() {}

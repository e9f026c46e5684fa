//! Xenolith's EL2 kernel: the map of the code.
//!
//! | room | what |
//! |---|---|
//! | [`arch`], `machine` | where unsafe code lives: instruction set; MMIO, locks, frames, guest memory |
//! | [`drivers`] | the host's UART, GIC and timer |
//! | [`mm`], [`irq`], [`sched`] | EL2's address space and frames; routing; which vCPU runs where |
//! | [`domain`] | domains and vCPUs, dom0's building |
//! | [`trap`], [`hypercall`] | what guests cause |
//! | [`boot`] | from the first Rust instruction to dom0 |
//!
//! The library also builds on the host, where `arch` is a simulation.
#![cfg_attr(target_os = "none", no_std)]
#![deny(unsafe_code)]

extern crate alloc;

pub mod arch;
pub mod boot;
pub mod console;
pub mod domain;
pub mod drivers;
pub mod hypercall;
pub mod irq;
pub mod machine;
pub mod mm;
pub mod sched;
#[cfg(test)]
mod tests;
pub mod trap;

//! Topic `fp`: FP and SIMD registers survive everything that may switch vCPUs, and belong to one vCPU.
//!
//! Sources: Arm ARM DDI 0487J D1.3.3 (arm32: DDI 0406C B1.11): the registers are the CPU's own state;
//! nothing but its own instructions changes them.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod alone;
#[cfg(target_os = "none")]
mod pattern;
#[cfg(target_os = "none")]
mod several;

#[cfg(target_os = "none")]
rt::guest!("fp", run);

#[cfg(target_os = "none")]
fn run(machine: &'static rt::machine::Machine) {
    alone::trap();
    alone::registers(machine);
    several::run(machine);
}

#[cfg(not(target_os = "none"))]
fn main() {}

//! Topic `psci`: PSCI calls, and what starting, stopping and sharing with other CPUs must give.
//!
//! Source: Arm DEN 0022F (PSCI 1.1), named by section at each check; DEN 0028E (SMCCC).
#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod calls;
#[cfg(target_os = "none")]
mod several;

#[cfg(target_os = "none")]
rt::guest!("psci", run);

#[cfg(target_os = "none")]
fn run(machine: &'static rt::machine::Machine) {
    calls::identity();
    calls::functions(machine);
    calls::suspend();
    several::run(machine);
}

#[cfg(not(target_os = "none"))]
fn main() {}

//! The guest of `xtask run --guest demo`: greets, shows the machine it sees, counts timer ticks, echoes
//! lines, and turns the machine off or over by PSCI when told to.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod describe;
#[cfg(target_os = "none")]
mod shell;

#[cfg(target_os = "none")]
rt::guest!("demo", run);

#[cfg(target_os = "none")]
fn run(machine: &'static rt::machine::Machine) {
    describe::greet();
    describe::machine(machine);
    shell::run(machine);
}

#[cfg(not(target_os = "none"))]
fn main() {}

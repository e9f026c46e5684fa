//! Topic `abort`: aborts a guest provokes arrive as the architecture has them, and device accesses of
//! every form are done right.
//!
//! Sources: Arm ARM DDI 0487J D1.4.2, D17.2.37 (ESR_EL1); DDI 0406C B3.13 (arm32).
#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod devices;
#[cfg(target_os = "none")]
mod memory;
#[cfg(target_os = "none")]
mod other;

#[cfg(target_os = "none")]
rt::guest!("abort", run);

#[cfg(target_os = "none")]
fn run(machine: &'static rt::machine::Machine) {
    match machine.hole() {
        Some(hole) => {
            memory::load(hole);
            memory::forms(hole);
            memory::fetch(hole + 0x10_0000);
            memory::many(hole);
        }
        None => rt::check::skip("aborts of unmapped addresses", "no hole in the address map"),
    }
    other::stage1(machine);
    other::undefined();
    devices::run();
    other::caches(machine);
    other::after(machine);
}

#[cfg(not(target_os = "none"))]
fn main() {}

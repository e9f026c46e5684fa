//! Topic `vgic`: the interrupt controller's registers, and which interrupt reaches which CPU when.
//!
//! Sources: GIC IHI 0048B (GICv2) and IHI 0069H (GICv3), by register name.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod delivery;
#[cfg(target_os = "none")]
mod distributor;
#[cfg(target_os = "none")]
mod priority;
#[cfg(target_os = "none")]
mod several;

#[cfg(target_os = "none")]
rt::guest!("vgic", run);

/// SPIs that no device of the machines uses: their pending bits are ours alone.
#[cfg(target_os = "none")]
const SPI: u32 = 200;
#[cfg(target_os = "none")]
const OTHER_SPI: u32 = 201;

#[cfg(target_os = "none")]
fn run(machine: &'static rt::machine::Machine) {
    distributor::identification(machine);
    distributor::bits(machine);
    distributor::bytes(machine);
    delivery::sgis();
    delivery::gates();
    delivery::spis(machine);
    delivery::sleep();
    priority::mask();
    priority::order();
    priority::crowd();
    priority::nesting();
    priority::split();
    several::run(machine);
    rt::check::check_eq("no register of the GIC aborts", rt::gic::aborts(), 0);
}

#[cfg(not(target_os = "none"))]
fn main() {}

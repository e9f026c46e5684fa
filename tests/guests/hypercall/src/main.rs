//! Topic `hypercall`: the Xen ABI as Linux's dom0 uses it. Skipped where there is no `/hypervisor`.
//!
//! Sources: the public headers under xen/include/public, named at each check.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod calling;
#[cfg(target_os = "none")]
mod memory;
#[cfg(target_os = "none")]
mod misc;
#[cfg(target_os = "none")]
mod vcpu;
#[cfg(target_os = "none")]
mod version;

#[cfg(target_os = "none")]
rt::guest!("hypercall", run);

#[cfg(target_os = "none")]
fn run(machine: &'static rt::machine::Machine) {
    if !machine.is_xen() {
        return rt::check::skip("all hypercalls", "no /hypervisor");
    }
    calling::run();
    version::run();
    let shared = memory::shared_info(machine);
    memory::reservations(machine);
    memory::give_and_take(machine);
    memory::give_and_take_block(machine);
    vcpu::run(machine);
    misc::run(machine, &shared);
}

#[cfg(not(target_os = "none"))]
fn main() {}

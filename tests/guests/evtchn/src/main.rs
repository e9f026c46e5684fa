//! Topic `evtchn`: event channels, first by the 2-level ABI, then by FIFO. Skipped without `/hypervisor`.
//!
//! Sources: xen/include/public/event_channel.h, xen.h (struct shared_info, struct vcpu_info), and Xen's
//! design document of the FIFO-based ABI.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod fifo;
#[cfg(target_os = "none")]
mod ops;
#[cfg(target_os = "none")]
mod ports;
#[cfg(target_os = "none")]
mod several;
#[cfg(target_os = "none")]
mod shared;
#[cfg(target_os = "none")]
mod upcalls;

#[cfg(target_os = "none")]
rt::guest!("evtchn", run);

#[cfg(target_os = "none")]
fn run(machine: &'static rt::machine::Machine) {
    let Some(hypervisor) = &machine.hypervisor else {
        return rt::check::skip("all event channels", "no /hypervisor");
    };
    let shared = shared::Shared::new(machine);
    ports::interdomain();
    ports::virqs();
    ports::refusals();
    upcalls::listen(hypervisor.ppi, &shared);
    upcalls::two_level(&shared);
    upcalls::masks(&shared);
    upcalls::poll(&shared);
    several::run(machine, &shared);
    fifo::run(machine, &shared);
}

#[cfg(not(target_os = "none"))]
fn main() {}

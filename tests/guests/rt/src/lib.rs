//! What every test guest stands on: entry, its own page tables, exceptions, console, GIC, timer, PSCI,
//! hypercalls, and the harness of named checks.
//!
//! The only crate of the guests with unsafe code. It knows the machine from the device tree alone, so
//! one binary runs as dom0 under a hypervisor and at EL1 of the bare machine. On the host only the pure
//! part ([`fdt`]) exists, so that the workspace checks and tests there.
#![cfg_attr(not(test), no_std)]

pub mod fdt;

#[cfg(target_os = "none")]
#[cfg_attr(target_arch = "aarch64", path = "arch/arm64/mod.rs")]
#[cfg_attr(target_arch = "arm", path = "arch/arm32/mod.rs")]
pub mod arch;
#[cfg(target_os = "none")]
pub mod check;
#[cfg(target_os = "none")]
pub mod console;
#[cfg(target_os = "none")]
pub mod cpu;
#[cfg(target_os = "none")]
pub mod fault;
#[cfg(target_os = "none")]
pub mod gic;
#[cfg(target_os = "none")]
pub mod irq;
#[cfg(target_os = "none")]
pub mod lent;
#[cfg(target_os = "none")]
pub mod machine;
#[cfg(target_os = "none")]
pub mod mm;
#[cfg(target_os = "none")]
pub mod mmio;
#[cfg(target_os = "none")]
pub mod pages;
#[cfg(target_os = "none")]
pub mod psci;
#[cfg(target_os = "none")]
pub mod smp;
#[cfg(target_os = "none")]
mod start;
#[cfg(target_os = "none")]
pub use start::machine as start_machine;
#[cfg(target_os = "none")]
pub mod timer;
#[cfg(target_os = "none")]
pub mod window;
#[cfg(target_os = "none")]
pub mod xen;

/// Names the topic and the function that runs its checks on CPU 0; the verdict and the power-off follow.
#[macro_export]
macro_rules! guest {
    ($topic:literal, $run:path) => {
        #[allow(unsafe_code, reason = "the runtime finds the topic by this one symbol")]
        #[unsafe(no_mangle)]
        fn rt_topic(machine: &'static $crate::machine::Machine) -> &'static str {
            $run(machine);
            $topic
        }
    };
}

//! What differs between instruction sets: the contract, and the choice of backend.
//!
//! Every backend has the same modules with the same names:
//!
//! - `boot`: entry symbols, the image's own bounds, the early-UART slot;
//! - `layout`: where EL2 maps what;
//! - `context`: a vCPU's registers, their save and restore;
//! - `traps`: from the vectors to a typed [`TrapCause`](crate::trap::TrapCause);
//! - `sysreg`: what EL2 sets and asks; `tlb`, `cache`: maintenance; `smc`: calls to firmware;
//! - `vm_control`: the guest's registers of virtual memory control;
//! - `timer`: counter and timers; `gic_cpuif`: the GIC by system registers;
//! - `cpu`: WFI, WFE, YIELD, exclusive-safe copies.
//!
//! Names are the A64 ones. `sim` runs on the host, for the kernel's own tests.
#![allow(unsafe_code)]

#[cfg(all(target_os = "none", target_arch = "aarch64"))]
#[path = "arm64/mod.rs"]
mod backend;
#[cfg(all(target_os = "none", target_arch = "arm"))]
#[path = "arm32/mod.rs"]
mod backend;
#[cfg(not(target_os = "none"))]
#[path = "sim/mod.rs"]
mod backend;

pub use backend::*;

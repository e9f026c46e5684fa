//! Emulated devices and firmware, as pure state machines.
//!
//! [`firmware`] understands what a guest asks of firmware by `hvc #0` or `smc #0` (PSCI, SMCCC, the
//! hypervisor's own services): what needs no state is answered at once, the rest is handed to the
//! kernel as a typed [`firmware::Call`]. [`timer`] is the emulated physical timer, [`vpl011`] the
//! emulated UART of a domain. No neighbour but the kernel; nothing here knows about domains, vCPUs or time.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation
    )
)]

pub mod firmware;
pub mod timer;
pub mod vpl011;

//! The crate's tests: scenarios in the kernel's and the guest's order on a simulated machine, and
//! random ones against a model of the architecture.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test may panic, and its numbers are small"
)]

mod delivery;
mod random;
mod registers;
mod rig;
mod spec;

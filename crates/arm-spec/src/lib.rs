//! Facts of the Arm architecture as data.
#![no_std]
#![forbid(unsafe_code)]

pub mod a32;
pub mod esr;
pub mod gic;
pub mod lpae;
pub mod psci;
pub mod smccc;
mod width;

pub use width::Width;

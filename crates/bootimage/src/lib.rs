//! Kernel images and RAM disks that a boot loader left in memory, and where dom0 gets them.
//!
//! - [`probe`] reads a module through [`Source`] and says what [`Kernel`] it is: arm64 Image, arm32
//!   zImage, uImage, each plain or in gzip.
//! - [`unpack`] streams the kernel's bytes out, through inflate where needed.
//! - [`plan_dom0`] lays out dom0's banks around what can stay where it is, and the rest in them.
//!
//! Every byte read is a boot loader's: lengths are checked, nothing panics, every refusal is an
//! [`Error`] whose text names what is wrong.
#![cfg_attr(not(test), no_std)]
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

extern crate alloc;

mod crc32;
mod error;
mod format;
mod gzip;
mod kernel;
mod layout;
mod source;
#[cfg(test)]
mod tests;

pub use error::{Error, GzipError, LayoutError};
pub use gzip::Scratch;
pub use kernel::{Isa, Kernel, LoadRule, Packing, Payload, probe, unpack};
pub use layout::{Dom0, Layout, MAX_BANKS, Place, plan_dom0};
pub use source::Source;

//! Stock Debian: where it comes from, and the kernel, ramdisk and real Xen made from it.
//!
//! [`source`] finds the machine's own archive, [`apt`] fetches from it into a private root, [`recipe`] says
//! what, and [`payload`] makes from it what boots.

mod apt;
mod disk;
mod payload;
pub mod recipe;
mod source;

pub use disk::{drive_options, ensure_disk};
pub use payload::{ensure, ensure_with_guests};

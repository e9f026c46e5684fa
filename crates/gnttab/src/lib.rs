//! One domain's grant table: its frames, where the guest sees them, and its entries.
//!
//! A grant table is an array of entries that a guest writes to let other domains use its pages. The
//! entries are in frames that belong to the hypervisor and that the guest maps into its own address
//! space; [`GrantTable`] keeps them in order, up to a maximum. It allocates nothing after
//! construction: the kernel lends each frame, zeroed, when [`GrantTable::missing`] asks for it.
//!
//! Only version 1 of the entries is offered, as Linux uses it (`xen/include/public/grant_table.h`).
//! An entry changes under the reader's hands: [`GrantTable::entry`] copies it once, through the port
//! [`EntryMemory`].
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

extern crate alloc;
#[cfg(test)]
extern crate std;

mod entry;
mod error;
mod table;
mod version;

#[cfg(test)]
mod tests;

pub use entry::{ENTRIES_PER_FRAME, EntryMemory, GrantRef};
pub use error::Error;
pub use table::{DEFAULT_MAX_FRAMES, GrantTable};

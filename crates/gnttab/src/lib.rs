//! Grant tables: what a domain lets others use of its memory, and what it uses of others'.
//!
//! A grant table is an array of entries that a guest writes to let other domains use its pages. The
//! entries are in frames that belong to the hypervisor and that the guest maps into its own address
//! space; [`GrantTable`] keeps them in order, up to a maximum, and counts the uses of each entry
//! ([`GrantTable::pin`]). [`MapTrack`] is the other side: the mappings that a domain has, by handle.
//!
//! Only version 1 of the entries is offered, as Linux uses it (`xen/include/public/grant_table.h`).
//! An entry changes under the reader's hands: it is read and marked through the port [`Memory`], with a
//! bound on retries. Memory for what is kept of entries and mappings is lent by the kernel, page by page.
//!
//! The kernel has one lock for each of the two, and takes a granter's inside a mapper's.
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

mod active;
mod entry;
mod error;
mod granters;
mod maptrack;
mod memory;
mod pin;
mod table;
mod version;

#[cfg(test)]
mod tests;

pub use active::STATE_PAGES;
pub use entry::{Access, ENTRIES_PER_FRAME, GrantRef, Hostile};
pub use error::Error;
pub use maptrack::{DEFAULT_MAX_PAGES, Handle, MapTrack, Mapped};
pub use memory::Memory;
pub use pin::{OnePage, Unpinned, Wanted};
pub use table::{DEFAULT_MAX_FRAMES, GrantTable};

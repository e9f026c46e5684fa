//! Long-descriptor page tables: stage 1 for EL2 and stage 2 for guests, 4 KiB granule.
//!
//! [`PageTable`] is written once for every tree: its [`Geometry`] is data (arm64 EL2 from level 0,
//! Hyp's four level-1 entries, stage 2 with 1 to 16 concatenated root tables) and its input address
//! is a type ([`VirtAddr`](types::VirtAddr) or [`Ipa`](types::Ipa)). Table memory, barriers and TLB
//! maintenance are the caller's port, [`TableStore`].
//!
//! Invariants:
//! - an invalid entry is zero, but inside an operation; a table below the root is never empty;
//! - a valid entry becomes another valid one only through invalid and a flush (break-before-make),
//!   except where only permissions or software bits differ;
//! - a table goes back to the store only after the flush that follows its unlinking;
//! - an operation that fails leaves every translation as it was.
//!
//! Breaking a block unmaps all of it for an instant. A guest's fault in that instant finds the IPA
//! mapped when it is walked again under the lock; EL2 maps what it runs on at its final size.
//!
//! One lock around the tree (the p2m lock, or boot) covers each call, flush included.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod attrs;
mod detached;
mod geometry;
mod input;
mod map;
mod node;
mod page;
mod protect;
mod split;
mod store;
mod table;
mod teardown;
#[cfg(test)]
mod tests;
mod unmap;
mod walk;

pub use attrs::{Attrs, El2Access, El2Memory, PageType};
pub use geometry::Geometry;
pub use input::{InputAddr, Span};
pub use store::{FlushRange, FlushScope, Stage, TableStore};
pub use table::{BlockSize, Error, Extent, Mapping, PageTable};
pub use teardown::Teardown;

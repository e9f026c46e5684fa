//! Ownership and allocation of physical frames.
//!
//! - [`BootMap`]: which physical ranges are free, before there is anything else.
//! - [`FrameTable`]: one [`FrameInfo`] of 8 bytes for each frame, in sections of at most 1 GiB
//!   whose storage the kernel lends; a power-of-two (buddy) allocator with its lists in the table, and
//!   each used frame's owner, kind and references.
//! - [`ByteHeap`]: the allocator behind EL2's own `alloc`.
//!
//! Invariants: nothing is ever written into a frame; free buddies of one section are merged; a frame
//! with references is never free; an operation that fails changes nothing.
//!
//! The kernel puts one lock around the table.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod blocks;
mod info;
mod section;
mod table;

pub use info::{Contents, FrameInfo, FrameKind, Usage};
pub use section::{CHUNK_ENTRIES, MAX_ORDER};
pub use table::{Allocated, Error, FrameTable, Put, Stats, Used, Within};
pub use types::{Full, Prefer};

/// Free memory at boot, before there is a table.
pub type BootMap<const N: usize> = types::PhysSet<N>;

/// EL2's byte heap: `Heap<32>` serves up to 2^31 bytes at once.
///
/// Third-party crates are named in one place; the kernel's global allocator locks it and adds memory.
pub type ByteHeap = buddy_system_allocator::Heap<32>;

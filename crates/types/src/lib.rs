//! Addresses, ranges and identifiers that every layer shares.
//!
//! An address says in its type whose address it is: a physical address ([`PhysAddr`]), a guest's
//! intermediate physical address ([`Ipa`]), an EL2 virtual address ([`VirtAddr`]) or a guest's own
//! virtual address ([`GuestVa`]). There is no conversion between them but through a page table.
//! Physical and intermediate addresses are 64 bits wide on both architectures.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod addr;
mod id;
mod phys_set;
mod range;

pub use addr::{Gfn, GuestVa, Ipa, Mfn, PhysAddr, VirtAddr};
pub use id::{CpuId, DomId, IntId, Port, VcpuId, Vmid};
pub use phys_set::{Full, PhysSet, Prefer};
pub use range::{IpaRange, PhysRange, Range, RangeError};

/// Bytes of a page, a frame and a page-table granule: 4 KiB on both architectures.
pub const PAGE_BYTES: u64 = 4096;
/// log2 of [`PAGE_BYTES`].
pub const PAGE_SHIFT: u32 = 12;

//! Xen's public interface on Arm as data: numbers, structures and their layout.
//!
//! One module per public header (`xen/include/public/*.h`), with the headers' names turned into
//! Rust's. Structures are decoded from and encoded to byte arrays ([`GuestStruct`]), so that a guest's
//! copy is read once and never aliased. Layouts are the 64-bit ones for 64- and 32-bit guests alike:
//! `xen_ulong_t`, `xen_pfn_t` and guest handles take 8 bytes (`xen/include/public/arch-arm.h`).
//!
//! Only what a caller may see is here; what the operations do is the kernel's and the other crates'.
//! `tests/headers` compiles the real headers, compares every number, size and offset, and looks for
//! operations and flags that are missing here.
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

mod codec;
mod constant;

pub mod argo;
pub mod bitmap;
pub mod console;
pub mod dm;
pub mod domctl;
pub mod errno;
pub mod event_channel;
pub mod grant_table;
pub mod guest_layout;
pub mod hvm;
pub mod hypercall;
pub mod hypfs;
pub mod memory;
pub mod multicall;
pub mod physdev;
pub mod platform;
pub mod sched;
pub mod shared_info;
pub mod smccc;
pub mod sysctl;
pub mod vcpu;
pub mod version;
pub mod virq;
pub mod vm_assist;
pub mod xsm;

pub use codec::{Field, FieldLayout, GuestStruct, Layout};
pub use constant::Constant;
pub use errno::XenErrno;
pub use hypercall::Hypercall;

use types::DomId;

/// Memory that belongs to no domain but is shared with some: I/O (`DOMID_IO`).
pub const DOMID_IO: DomId = DomId::new(0x7ff1);
/// The hypervisor's own memory (`DOMID_XEN`).
pub const DOMID_XEN: DomId = DomId::new(0x7ff2);
/// Shared copy-on-write memory (`DOMID_COW`).
pub const DOMID_COW: DomId = DomId::new(0x7ff3);
/// An identifier that names no domain (`DOMID_INVALID`).
pub const DOMID_INVALID: DomId = DomId::new(0x7ff4);
/// The idle domain (`DOMID_IDLE`).
pub const DOMID_IDLE: DomId = DomId::new(0x7fff);
/// The first identifier that no ordinary domain has (`DOMID_FIRST_RESERVED`).
pub const DOMID_FIRST_RESERVED: DomId = DomId::new(0x7ff0);

/// The bits of an identifier (`DOMID_MASK`).
pub const DOMID_MASK: u16 = 0x7fff;

/// The domain identifiers with their names in the headers.
pub const DOMIDS: &[Constant] = &[
    Constant::new("DOMID_SELF", DomId::SELF.raw() as u64),
    Constant::new("DOMID_IO", DOMID_IO.raw() as u64),
    Constant::new("DOMID_XEN", DOMID_XEN.raw() as u64),
    Constant::new("DOMID_COW", DOMID_COW.raw() as u64),
    Constant::new("DOMID_MASK", DOMID_MASK as u64),
    Constant::new("DOMID_INVALID", DOMID_INVALID.raw() as u64),
    Constant::new("DOMID_IDLE", DOMID_IDLE.raw() as u64),
    Constant::new("DOMID_FIRST_RESERVED", DOMID_FIRST_RESERVED.raw() as u64),
];

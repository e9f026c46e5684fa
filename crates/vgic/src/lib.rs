//! The virtual interrupt controller, versions 2 and 3: a pure state machine.
//!
//! Three objects, by who may touch them:
//! - [`Distributor`], one per domain: the SPIs and GICD. The kernel keeps it in a domain lock.
//! - [`VcpuGic`], one per vCPU: its SGIs and PPIs, its redistributor frames, and what it has in
//!   list registers. Its own lock, taken after the distributor's.
//! - [`Mailbox`], one per vCPU: atomic words in which anyone posts without a lock.
//!
//! Only the CPU that runs a vCPU touches its list registers. Everyone else changes state, posts in
//! the mailbox and kicks; posts are hints, the state is the truth, so a post too many is harmless.
//! An interrupt's state is in exactly one place: in the state words, or, while it is *resident*,
//! in a list register. [`VcpuGic::flush`] moves what is deliverable into list registers,
//! [`VcpuGic::park`] takes everything back when the vCPU leaves its CPU; between the two, list
//! registers stay in the hardware across traps.
//!
//! The guest sees a controller with one security state and both groups, as the virtual CPU
//! interface has them (GIC IHI 0069H 4.6, GICD_CTLR.DS = 1). The crate calls out only through
//! [`Host`], and what is left to do by the kernel comes back as [`Effects`].
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
#[cfg(any(test, loom))]
extern crate std;

mod bits;
mod dist;
mod effects;
mod inspect;
mod mailbox;
mod mmio;
mod model;
mod port;
mod sgi;
mod vcpu;
mod word;

pub use arm_spec::gic::{Lr, LrState, Origin};
pub use dist::Distributor;
pub use effects::{Effects, Outcome, PhysOp, VcpuSet};
pub use inspect::View;
pub use mailbox::{Level, Mailbox, Posted};
pub use mmio::{Access, Width};
pub use model::{Error, Limits, Model, Version};
pub use port::{Controls, Host, HwLines, ListRegs, Mailboxes, Maintenance};
pub use sgi::{SgiGroup, SgiTargets, sgi1r, sgir};
pub use vcpu::{Place, VcpuGic};

#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod tests;

//! Event channels of one domain: 2-level and FIFO.
//!
//! [`EventChannels`] is what one domain owns: its ports ([`Channel`]), which vCPU each notifies, and
//! where the words are that it shares with its guest. Those words the guest changes at any time, so
//! they are reached only through the port [`SharedWords`], with a bound on retries: a guest that
//! keeps one from being updated is reported ([`Delivery::Hostile`]), never waited for.
//!
//! The kernel holds one lock per domain around it, performs each [`Delivery`] after unlocking, and
//! checks beforehand who may bind what. An operation that concerns two domains comes in two halves,
//! or takes both states ([`bind_interdomain`]). Sources: `xen/include/public/event_channel.h` and
//! the FIFO ABI's design document, "FIFO-based Event Channel ABI".
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

mod bind;
mod channel;
mod close;
mod control;
mod domain;
mod error;
mod fifo;
mod ports;
mod send;
mod status;
mod two_level;
mod vcpu;
mod vcpu_set;
mod words;

#[cfg(test)]
mod tests;

pub use bind::bind_interdomain;
pub use channel::{Binding, Channel, Peer};
pub use close::Closed;
pub use control::Expanded;
pub use domain::{Abi, EventChannels};
pub use error::Error;
pub use ports::{BUCKET_PORTS, Bucket, OutOfMemory};
pub use send::{Delivery, Sent};
pub use vcpu_set::VcpuSet;
pub use words::{Change, Hostile, Place, SharedWords, Word, update};

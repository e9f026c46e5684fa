//! Reading, validating and writing flattened device trees.
//!
//! Everything starts at [`validate`], the strict gate: a [`Tree`] exists only for a blob whose every
//! token, name and length was checked, so nothing after it can run out of bounds, recurse or hang.
//! From the tree come [`Node`]s and [`Property`]s, depth-first [`Nodes`] walks that know each node's
//! [`Lineage`] (what `reg` and `ranges` need), GIC interrupts ([`Interrupts`]) and the typed queries
//! of boot: memory, reserved memory, CPUs, PSCI, GIC, timer, console UART, `/chosen` and its modules.
//! [`Writer`] makes new trees in a buffer lent by the caller; [`dom0`] makes domain 0's tree out of
//! the host's and lists the devices it is given.
//!
//! No query allocates: results are iterators, or lists of a fixed size.
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

mod address;
mod bytes;
pub mod dom0;
mod error;
mod find;
mod gate;
mod header;
mod interrupt;
mod lineage;
mod list;
mod node;
mod property;
pub mod query;
mod token;
mod tree;
mod writer;

pub use address::{RegEntry, Regs, Window, Windows};
pub use error::{Error, Fault, NodeName};
pub use gate::validate;
pub use header::{HEADER_BYTES, Header, MAX_TREE_BYTES};
pub use interrupt::{Interrupt, InterruptIter, Interrupts, Trigger};
pub use lineage::{Lineage, Nodes};
pub use list::{Full, List};
pub use node::{Children, Node, NodeId, Properties};
pub use property::{Cells, Property, Strings};
pub use tree::{Reservations, Tree};
pub use writer::Writer;

/// Deepest nesting of nodes that [`validate`] accepts, the root counted.
pub const MAX_DEPTH: usize = 64;

#[cfg(test)]
mod tests;

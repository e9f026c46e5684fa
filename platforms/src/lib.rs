//! What deviates from the generic device-tree machine, one module per board family.
//!
//! [`Platform`] has a default for everything; a board's module overrides what its hardware does
//! differently and is listed in [`PLATFORMS`]. [`select`] picks the module by the root node's
//! `compatible`. Registers are reached only through a [`Port`], so that a module's sequences are tested
//! as the list of accesses they make. [`bring_up`] decides how a CPU is started.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod bring_up;
mod platform;
mod port;
mod vexpress;

pub use bring_up::{BringUp, NoBringUp, bring_up};
pub use platform::{Platform, PlatformError, Quirk, SmcVerdict, Smp};
pub use port::Port;
pub use vexpress::Vexpress;

use devicetree::Tree;

/// The boards that need a module.
pub const PLATFORMS: &[&dyn Platform] = &[&Vexpress];

/// The machine that does what its device tree says: all of [`Platform`]'s defaults.
pub struct Generic;

impl Platform for Generic {
    fn name(&self) -> &'static str {
        "generic"
    }

    fn compatible(&self) -> &'static [&'static str] {
        &[]
    }
}

/// Returns the module of the machine that a tree describes, [`Generic`] if it needs none.
pub fn select(tree: &Tree<'_>) -> &'static dyn Platform {
    let root = tree.root();
    let special = PLATFORMS.iter().find(|platform| root.is_compatible_any(platform.compatible()));
    special.copied().unwrap_or(&Generic)
}

#[cfg(test)]
mod tests;

//! Checks of the source itself: layers, unsafe budget, sizes, generated documents.

pub mod documents;
mod functions;
mod layers;
mod locking;
pub mod scan;
mod sizes;
pub mod unsafety;

use anyhow::Result;

/// A named check.
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub run: fn() -> Result<()>,
}

/// All checks.
pub const CHECKS: &[Check] = &[
    Check { name: "layers", run: layers::check },
    Check { name: "third-party-crates", run: layers::check_third_party },
    Check { name: "forbid-unsafe", run: unsafety::check_forbidden },
    Check { name: "unsafe-budget", run: unsafety::check_budget },
    Check { name: "file-sizes", run: sizes::check },
    Check { name: "function-sizes", run: functions::check },
    Check { name: "module-headers", run: sizes::check_headers },
    Check { name: "generated-documents", run: documents::check },
];

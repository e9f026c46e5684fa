//! Errors of particular CPUs: the simulated one has none.

/// Calls `tell` with each erratum of this CPU.
pub fn detect(_tell: impl FnMut(&'static str)) {}

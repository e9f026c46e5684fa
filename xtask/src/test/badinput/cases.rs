//! The table of what may be wrong, by what it is wrong with.

mod entry;
mod kernel;
mod machine;
mod modules;
mod options;

use super::Bad;

/// All cases.
pub const ALL: [&[Bad]; 5] = [entry::CASES, machine::CASES, modules::CASES, kernel::CASES, options::CASES];

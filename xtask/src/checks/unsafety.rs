//! Where unsafe code is, how much of it, and that nobody else has any.

use super::scan::{self, Source};
use crate::paths;
use crate::workspace::{self, Kind};
use anyhow::{Result, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Where unsafe code lives; everywhere else it is refused.
const ALLOWED: &[&str] =
    &["hypervisor/src/arch", "hypervisor/src/machine", "tests/guests/rt", "xtask/plugin/src/api.rs"];

/// No more unsafe blocks than this in the hypervisor.
pub const HYPERVISOR_BLOCKS_MAX: usize = 250;

/// Unsafe code of one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// `unsafe { }`.
    pub blocks: usize,
    /// `unsafe fn`, `unsafe impl`, `unsafe extern`, `unsafe trait`, `#[unsafe(...)]`.
    pub declarations: usize,
}

/// Counts unsafe code by file.
///
/// # Errors
/// A file cannot be read.
pub fn counts() -> Result<BTreeMap<String, Count>> {
    let counted =
        scan::sources()?.iter().map(|source| (shown(source), count(&source.code))).collect::<Vec<_>>();
    Ok(counted.into_iter().filter(|(_, count)| *count != Count::default()).collect())
}

fn shown(source: &Source) -> String {
    source.path.display().to_string()
}

fn count(code: &str) -> Count {
    let mut count = Count::default();
    for (at, word) in code.match_indices("unsafe") {
        let before = code.get(..at).unwrap_or_default().chars().next_back().unwrap_or(' ');
        let after = code.get(at + word.len()..).unwrap_or_default();
        let joined = |letter: char| letter.is_alphanumeric() || letter == '_';
        if joined(before) || after.starts_with(joined) {
            continue;
        }
        let next = after.trim_start();
        if next.starts_with('{') {
            count.blocks += 1;
        } else if next.starts_with(['(', 'f', 'i', 'e', 't']) {
            count.declarations += 1;
        }
    }
    count
}

/// Checks that unsafe code is only where it may be, and within the budget.
///
/// # Errors
/// It is not.
pub fn check_budget() -> Result<()> {
    let counts = counts()?;
    let outside: Vec<&String> = counts
        .keys()
        .filter(|path| !ALLOWED.iter().any(|allowed| Path::new(path).starts_with(allowed)))
        .collect();
    ensure!(outside.is_empty(), "unsafe code outside {ALLOWED:?}: {outside:?}");
    let ours = counts.iter().filter(|(path, _)| path.starts_with("hypervisor"));
    let blocks: usize = ours.map(|(_, count)| count.blocks).sum();
    println!("  {blocks} of {HYPERVISOR_BLOCKS_MAX} unsafe blocks");
    ensure!(blocks <= HYPERVISOR_BLOCKS_MAX, "{blocks} unsafe blocks are more than {HYPERVISOR_BLOCKS_MAX}");
    Ok(())
}

/// Checks that every pure crate forbids unsafe code, and the hypervisor denies it by default.
///
/// # Errors
/// One does not.
pub fn check_forbidden() -> Result<()> {
    let mut wrong = Vec::new();
    for package in workspace::packages()? {
        let attribute = match package.kind() {
            Kind::Pure => "#![forbid(unsafe_code)]",
            Kind::Kernel => "#![deny(unsafe_code)]",
            Kind::Guest | Kind::Tool => continue,
        };
        let library = package.directory.join("src/lib.rs");
        let text = fs::read_to_string(paths::root().join(&library)).unwrap_or_default();
        if !text.contains(attribute) {
            wrong.push(format!("{} lacks {attribute}", library.display()));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_blocks_and_declarations_but_not_names() {
        let code = "unsafe { a() } unsafe fn b() { unsafe{ c() } } unsafe impl Send for D {} \
                    #[unsafe(no_mangle)] let unsafe_thing = is_unsafe; #![deny(unsafe_code)]";
        assert_eq!(count(code), Count { blocks: 2, declarations: 3 });
    }
}

//! Sizes that keep the code readable: lines a file, and a header in each.

use super::scan;
use crate::paths;
use anyhow::{Result, ensure};
use std::fs;
use std::path::PathBuf;

/// No file is longer.
const LINES_MAX: usize = 600;
/// Nor is an assembly file of the hypervisor.
const ASSEMBLY_LINES_MAX: usize = 250;
/// Half of the files are no longer.
const MEDIAN_MAX: usize = 150;
/// 95 of 100 are no longer.
const P95_MAX: usize = 400;

/// Checks the lengths of all source files.
///
/// # Errors
/// A file is too long, or the whole is.
pub fn check() -> Result<()> {
    let mut lengths: Vec<(usize, PathBuf)> = Vec::new();
    for source in scan::sources()? {
        lengths.push((source.text.lines().count(), source.path));
    }
    lengths.sort();
    let mut wrong: Vec<String> = too_long(&lengths, LINES_MAX);
    let at = |percent: usize| lengths.get(lengths.len() * percent / 100).map_or(0, |(lines, _)| *lines);
    let (median, p95) = (at(50), at(95));
    println!("  {} Rust files: median {median} lines, 95th percentile {p95}", lengths.len());
    if median > MEDIAN_MAX {
        wrong.push(format!("the median of all files is {median} lines, more than {MEDIAN_MAX}"));
    }
    if p95 > P95_MAX {
        wrong.push(format!("the 95th percentile is {p95} lines, more than {P95_MAX}"));
    }
    let mut assembly = Vec::new();
    for path in scan::files(&["boot"], &["S"])? {
        assembly.push((fs::read_to_string(paths::root().join(&path))?.lines().count(), path));
    }
    wrong.extend(too_long(&assembly, ASSEMBLY_LINES_MAX));
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

fn too_long(lengths: &[(usize, PathBuf)], limit: usize) -> Vec<String> {
    let long = lengths.iter().filter(|(lines, _)| *lines > limit);
    long.map(|(lines, path)| format!("{} has {lines} lines, more than {limit}", path.display())).collect()
}

/// Checks that every Rust file opens with a `//!` header that says what it is.
///
/// # Errors
/// A file has none.
pub fn check_headers() -> Result<()> {
    let sources = scan::sources()?;
    let missing = sources.iter().filter(|source| {
        let mut lines =
            source.text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("#!["));
        !lines.next().is_some_and(|line| line.starts_with("//!"))
    });
    let missing: Vec<String> = missing.map(|source| source.path.display().to_string()).collect();
    ensure!(missing.is_empty(), "these have no `//!` header: {}", missing.join(", "));
    Ok(())
}

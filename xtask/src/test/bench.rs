//! The stage that holds the budgets: the bench guest on this hypervisor alone, its counts against
//! tests/bench.

use super::Context;
use super::jobs::{Job, run_all};
use super::report::Case;
use crate::arch::Arch;
use crate::bench::{self, Images, Kind};
use crate::setup::{self, Need};
use anyhow::Result;

fn name(kind: Kind) -> String {
    format!("budgets-{kind}")
}

/// Names the kinds of machines.
pub fn names() -> Result<Vec<String>> {
    Ok(Kind::ALL.map(name).to_vec())
}

/// Measures on each wanted kind of machine.
pub fn run(context: &Context) -> Result<Vec<Case>> {
    setup::packages(&[Need::Emulator])?;
    let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| context.wants(&name(*kind))).collect();
    let mut images = Vec::new();
    for arch in Arch::ALL.into_iter().filter(|arch| kinds.iter().any(|kind| kind.arch == *arch)) {
        images.push((arch, Images::build(arch, None)?));
    }
    let job = |kind: Kind| {
        let images = images.iter().find(|(arch, _)| *arch == kind.arch).map(|(_, images)| images)?;
        Some(Job { name: name(kind), test: Box::new(move || bench::hold_budgets(kind, images)) })
    };
    Ok(run_all(kinds.into_iter().filter_map(job).collect()))
}

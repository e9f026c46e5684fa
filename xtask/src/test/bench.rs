//! The stage that holds the budgets: the bench guest on this hypervisor alone, its counts against
//! tests/bench.

use super::Context;
use super::jobs::{Job, run_all};
use super::report::Case;
use crate::arch::Arch;
use crate::bench::{self, Images, Kind, Payloads};
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
    let mut parts = Vec::new();
    for arch in Arch::ALL.into_iter().filter(|arch| kinds.iter().any(|kind| kind.arch == *arch)) {
        let images = Images::build(arch, None)?;
        let payloads = Payloads::make(arch, &images)?;
        parts.push((arch, images, payloads));
    }
    let job = |kind: Kind| {
        let (_, images, payloads) = parts.iter().find(|(arch, ..)| *arch == kind.arch)?;
        Some(Job { name: name(kind), test: Box::new(move || bench::hold_budgets(kind, images, payloads)) })
    };
    Ok(run_all(kinds.into_iter().filter_map(job).collect()))
}

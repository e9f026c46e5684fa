//! Runs the guest everywhere and collects what is compared.

use super::lab::{Images, Kind, Run, Under};
use super::table::Results;
use super::{Options, counts, plugin, workers};
use crate::arch::Arch;
use crate::{cmd, debian};
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};

/// The operations between two CPUs. Debian's Xen does not boot on two under instruction counting.
pub const TWO_CPUS: &str = "sgi-2cpu,evtchn-2cpu,kick-2cpu,wake-2cpu";

/// Whether a run is timed, or counts with the plugin what emulation makes free: a counted one is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    Timed,
    Counted,
}

/// Measures everything that `options` ask for.
///
/// # Errors
/// Something cannot be built, or a run fails.
pub fn all(options: &Options) -> Result<Vec<Results>> {
    let images = images(options)?;
    let plugin = plugin::build()?;
    let mut jobs = Vec::new();
    for kind in &options.kinds {
        // Before the runs, as real Xen may have to be fetched.
        debian::ensure(kind.arch)?;
        for pass in [Pass::Timed, Pass::Counted] {
            jobs.extend(runs(*kind, options).into_iter().map(|run| (pass, run)));
        }
    }
    cmd::progress(&format!("{} runs of the bench guest", jobs.len()));
    let done = workers::map(jobs, |(pass, run)| {
        let outcome = images.get(&run.kind.arch).context("an image is missing").and_then(|images| {
            let (run, out) = match pass {
                Pass::Timed => (run.clone(), None),
                Pass::Counted => plugin.attach(run.clone(), plugin::Mode::Count)?,
            };
            Ok((run.report(images)?, out))
        });
        (pass, run, outcome)
    });
    let mut all: Vec<Results> = options.kinds.iter().map(|kind| Results::new(*kind)).collect();
    for (pass, run, outcome) in done {
        let (report, out) = outcome?;
        let Some(results) = all.iter_mut().find(|results| results.kind == run.kind) else { continue };
        match (pass, out) {
            (Pass::Counted, Some(out)) => {
                let file = std::fs::read_to_string(&out)?;
                results.add_counts(run.under, counts::by_operation(&file, &report.windows)?);
            }
            _ => results.add(run.under, report),
        }
    }
    Ok(all)
}

fn images(options: &Options) -> Result<BTreeMap<Arch, Images>> {
    let arches: BTreeSet<Arch> = options.kinds.iter().map(|kind| kind.arch).collect();
    let built = arches.into_iter().map(|arch| Ok((arch, Images::build(arch, options.image.as_deref())?)));
    built.collect()
}

/// All one-CPU operations under each, and those of two CPUs where they can be.
fn runs(kind: Kind, options: &Options) -> Vec<Run> {
    let mut runs = Vec::new();
    for under in Under::ALL {
        let run = Run::new(kind, under);
        let one = match &options.filter {
            None => Some(String::new()),
            Some(filter) if filter.ends_with("-2cpu") => None,
            Some(filter) => Some(format!("bench={filter}")),
        };
        let two = match &options.filter {
            None => Some(TWO_CPUS.to_owned()),
            Some(filter) => filter.ends_with("-2cpu").then(|| filter.clone()),
        };
        runs.extend(one.map(|cmdline| Run { cmdline, ..run.clone() }));
        let two = two.filter(|_| under != Under::Xen);
        runs.extend(two.map(|operations| Run {
            cpus: 2,
            name: format!("{}-2cpu", run.name),
            cmdline: format!("bench={operations}"),
            ..run.clone()
        }));
    }
    runs
}

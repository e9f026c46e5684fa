//! Runs the guest everywhere and collects what is compared.

use super::boot::{self, BUDGETED, Boot, Payloads};
use super::counts::{self, Counts};
use super::lab::{Images, Kind, Run, Under};
use super::plugin::{self, Plugin};
use super::protocol::Report;
use super::table::Results;
use super::{Options, overhead, workers};
use crate::arch::Arch;
use crate::{cmd, debian};
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};

/// The operations between two CPUs. Debian's Xen does not boot on two under instruction counting.
pub const TWO_CPUS: &str = "sgi-2cpu,evtchn-2cpu,kick-2cpu,wake-2cpu";

/// One thing to be run, and what it is for.
#[derive(Clone, Debug)]
enum Job {
    /// Timed operations.
    Timed(Run),
    /// Operations in marked windows, in which the plugin counts what emulation makes free.
    Counted(Run),
    /// A boot.
    Boot(Run, Boot),
    /// What the hypervisor keeps for itself.
    Overhead(Kind, Under),
}

/// What came of it.
type Outcome = (Report, BTreeMap<String, Counts>);

/// What runs need: built once for each architecture.
struct Parts {
    images: Images,
    payloads: Payloads,
    plugin: Plugin,
}

impl Job {
    fn place(&self) -> (Kind, Under) {
        match self {
            Self::Timed(run) | Self::Counted(run) | Self::Boot(run, _) => (run.kind, run.under),
            Self::Overhead(kind, under) => (*kind, *under),
        }
    }

    fn execute(&self, parts: &Parts) -> Result<Outcome> {
        let Parts { images, payloads, .. } = parts;
        let report = match self {
            Self::Timed(run) => without_counter(run.report(images)?),
            Self::Counted(run) => return counted(run, parts),
            Self::Boot(run, boot) => payloads.boot(boot, run.clone(), images)?,
            Self::Overhead(kind, under) => overhead::measure(*kind, *under, images)?,
        };
        Ok((report, BTreeMap::new()))
    }
}

/// Measures everything that `options` ask for.
///
/// # Errors
/// Something cannot be built, or QEMU cannot be started.
pub fn all(options: &Options) -> Result<Vec<Results>> {
    let parts = parts(options)?;
    let jobs: Vec<Job> =
        options.kinds.iter().flat_map(|kind| jobs(*kind, options.filter.as_deref())).collect();
    cmd::progress(&format!("{} runs of the bench guest", jobs.len()));
    let done = workers::map(jobs, |job| {
        let (kind, _) = job.place();
        let parts = parts.get(&kind.arch).context("an image is missing");
        let outcome = parts.and_then(|parts| job.execute(parts));
        (job, outcome)
    });
    let mut all: Vec<Results> = options.kinds.iter().map(|kind| Results::new(*kind)).collect();
    for (job, outcome) in done {
        let (report, counts) = outcome?;
        let (kind, under) = job.place();
        if let Some(results) = all.iter_mut().find(|results| results.kind == kind) {
            results.add(under, report);
            results.add_counts(under, counts);
        }
    }
    Ok(all)
}

fn jobs(kind: Kind, filter: Option<&str>) -> Vec<Job> {
    let mut jobs = Vec::new();
    let wants = |name: &str| filter.is_none_or(|filter| name.starts_with(filter));
    for under in Under::ALL {
        let runs = runs(kind, under, filter);
        jobs.extend(runs.iter().cloned().map(Job::Timed));
        jobs.extend(runs.into_iter().map(Job::Counted));
    }
    // On the bare machine the payload is all there is.
    for under in [Under::Xen, Under::Ours] {
        let boots = boot::rows(kind.arch).into_iter().filter(|boot| wants(&boot.name()));
        jobs.extend(boots.map(|boot| Job::Boot(boot.run(kind, under), boot)));
        if wants("memory-overhead") || wants("image-size") {
            jobs.push(Job::Overhead(kind, under));
        }
    }
    jobs
}

/// Each run prints the counter of its own boot; the rows of boots have payloads and memory of their own.
fn without_counter(mut report: Report) -> Report {
    report.values.retain(|(name, _)| name != boot::COUNTER);
    report
}

fn counted(run: &Run, parts: &Parts) -> Result<Outcome> {
    let (run, out) = parts.plugin.attach(run.clone(), plugin::Mode::Count)?;
    let report = run.report(&parts.images)?;
    let file = std::fs::read_to_string(&out).with_context(|| out.display().to_string())?;
    let counts = counts::by_operation(&file, &report.windows).with_context(|| run.name.clone())?;
    // Its times are not those of the table: the markers are instructions.
    Ok((Report { failures: report.failures, ..Report::default() }, counts))
}

fn parts(options: &Options) -> Result<BTreeMap<Arch, Parts>> {
    let plugin = plugin::build()?;
    let arches: BTreeSet<Arch> = options.kinds.iter().map(|kind| kind.arch).collect();
    let built = arches.into_iter().map(|arch| {
        // Before the runs, as real Xen may have to be fetched.
        debian::ensure(arch)?;
        let images = Images::build(arch, options.image.as_deref())?;
        let payloads = Payloads::make(arch, &images)?;
        Ok((arch, Parts { images, payloads, plugin: plugin.clone() }))
    });
    built.collect()
}

/// Measures this hypervisor alone, on one CPU and on two, and one boot of it.
///
/// # Errors
/// QEMU cannot be started.
pub fn ours(kind: Kind, images: &Images, payloads: &Payloads) -> Result<Report> {
    let mut report = Report::default();
    for run in runs(kind, Under::Ours, None) {
        report.extend(without_counter(run.report(images)?));
    }
    report.extend(payloads.boot(&BUDGETED, BUDGETED.run(kind, Under::Ours), images)?);
    Ok(report)
}

/// Tells whether these rows are no operations of the guest's.
fn is_figure(filter: &str) -> bool {
    ["boot", "image", "memory"].iter().any(|name| filter.starts_with(name))
}

/// All one-CPU operations, and those of two CPUs where they can be; `filter` is a prefix of operations.
fn runs(kind: Kind, under: Under, filter: Option<&str>) -> Vec<Run> {
    let run = Run::new(kind, under);
    let one = match filter {
        None => Some(run.cmdline.clone()),
        Some(filter) if filter.ends_with("-2cpu") || is_figure(filter) => None,
        Some(filter) => Some(format!("bench={filter}")),
    };
    let two = match filter {
        None => Some(TWO_CPUS),
        Some(filter) => filter.ends_with("-2cpu").then_some(filter),
    };
    let one = one.map(|cmdline| Run { cmdline, ..run.clone() });
    let two = two.filter(|_| under != Under::Xen).map(|operations| Run {
        cpus: 2,
        name: format!("{}-2cpu", run.name),
        cmdline: format!("bench={operations}"),
        ..run
    });
    one.into_iter().chain(two).collect()
}

//! `cargo xtask test` and `cargo xtask ci JOB`: stages, each a list of named cases.
//!
//! A stage is a CI job. [`report`] counts and prints; the other modules are the stages.

mod badinput;
mod bench;
mod boots;
mod cargo;
pub mod conform;
mod dtbs;
mod guests;
mod image;
mod jobs;
mod mutants;
mod report;
pub mod scenario;

use crate::args::Args;
use crate::checks;
use crate::qemu::boot::Hypervisor;
use anyhow::{Context as _, Result, bail};
use report::{Case, StageReport};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use report::Outcome;

/// What is tested, and how thoroughly.
#[derive(Clone, Debug)]
pub struct Context {
    /// All of it, however long it takes.
    pub full: bool,
    /// Only cases whose name contains this.
    pub filter: Option<String>,
    /// Who runs under the guests; another than ours tells whether a test is right.
    pub hypervisor: Hypervisor,
}

impl Context {
    /// Tells whether the case called `name` is wanted.
    pub fn wants(&self, name: &str) -> bool {
        self.filter.as_ref().is_none_or(|filter| name.contains(filter.as_str()))
    }
}

struct Stage {
    name: &'static str,
    about: &'static str,
    run: fn(&Context) -> Result<Vec<Case>>,
    /// The names of its cases, where they are known before it runs.
    names: fn() -> Result<Vec<String>>,
}

/// Slow checks of what is claimed of unsafe and of lock-free code: in `--full`, and as jobs of their own.
const THOROUGH: &[Stage] = &[
    Stage {
        name: "miri",
        about: "the kernel's own tests of its unsafe rooms, interpreted",
        run: cargo::miri,
        names: unknown,
    },
    Stage {
        name: "loom",
        about: "every interleaving of the vGIC's mailboxes",
        run: cargo::loom,
        names: unknown,
    },
];

const STAGES: &[Stage] = &[
    Stage { name: "fmt", about: "formatting", run: cargo::fmt, names: unknown },
    Stage {
        name: "checks",
        about: "layers, unsafe budget, sizes, generated documents",
        run: run_checks,
        names: check_names,
    },
    Stage {
        name: "clippy",
        about: "lints, for the host and both targets",
        run: cargo::clippy,
        names: unknown,
    },
    Stage { name: "host", about: "tests of all crates on this machine", run: cargo::host, names: unknown },
    Stage {
        name: "host32",
        about: "tests of the pure crates with a 32-bit usize",
        run: cargo::host32,
        names: unknown,
    },
    Stage { name: "image", about: "both images and their sizes", run: image::run, names: image::names },
    Stage { name: "dtbs", about: "the device trees of Debian's kernels", run: dtbs::run, names: dtbs::names },
    Stage { name: "guests", about: "bare-metal test guests in QEMU", run: guests::run, names: guests::names },
    Stage {
        name: "badinput",
        about: "what a boot loader should never pass, in QEMU",
        run: badinput::run,
        names: badinput::names,
    },
    Stage {
        name: "bench",
        about: "the cost of each operation against its budget",
        run: bench::run,
        names: bench::names,
    },
    Stage { name: "boots", about: "Debian in QEMU", run: boots::run, names: boots::names },
];

/// Not a stage of the usual tests: it tests them.
const MUTANTS: Stage = Stage {
    name: "mutants",
    about: "planted faults, each to be noticed by the test guests",
    run: mutants::run,
    names: mutants::names,
};

/// `cargo xtask test [--full] [--mutants] [--hypervisor H] [FILTER]`.
pub fn command(mut args: Args) -> Result<ExitCode> {
    let mutants = args.take_flag("--mutants");
    let context = context(&mut args)?;
    args.finish()?;
    if mutants {
        return run(&context, &[&MUTANTS]);
    }
    let by_name: Vec<&Stage> = all().filter(|stage| context.filter.as_deref() == Some(stage.name)).collect();
    if by_name.is_empty() {
        return run(&context, &choose(&context)?);
    }
    run(&Context { filter: None, ..context }, &by_name)
}

fn all() -> impl Iterator<Item = &'static Stage> {
    STAGES.iter().chain(THOROUGH)
}

/// Chooses the stages that have cases of the wanted name; those that cannot tell run only if no other has.
fn choose(context: &Context) -> Result<Vec<&'static Stage>> {
    let mut chosen = Vec::new();
    for stage in STAGES {
        if context.filter.is_none() || (stage.names)()?.iter().any(|name| context.wants(name)) {
            chosen.push(stage);
        }
    }
    if context.full && context.filter.is_none() {
        chosen.extend(THOROUGH);
    }
    Ok(if chosen.is_empty() { STAGES.iter().collect() } else { chosen })
}

fn unknown() -> Result<Vec<String>> {
    Ok(Vec::new())
}

fn check_names() -> Result<Vec<String>> {
    Ok(checks::CHECKS.iter().map(|check| check.name.to_owned()).collect())
}

/// `cargo xtask ci JOB [--full] [FILTER]`: one stage.
pub fn ci_command(mut args: Args) -> Result<ExitCode> {
    let names = all().map(|stage| format!("  {:8} {}", stage.name, stage.about)).collect::<Vec<_>>();
    let usage = format!("the jobs are:\n{}", names.join("\n"));
    let job = args.take_positional().with_context(|| usage.clone())?;
    let context = context(&mut args)?;
    args.finish()?;
    match all().find(|stage| stage.name == job) {
        Some(stage) => run(&context, &[stage]),
        None => bail!("there is no job {job:?}; {usage}"),
    }
}

fn context(args: &mut Args) -> Result<Context> {
    Ok(Context {
        full: args.take_flag("--full"),
        hypervisor: args.take_parsed("--hypervisor")?.unwrap_or(Hypervisor::Xenolith),
        filter: args.take_positional(),
    })
}

fn run(context: &Context, stages: &[&Stage]) -> Result<ExitCode> {
    let mut reports = Vec::new();
    for (index, stage) in stages.iter().enumerate() {
        println!("[{}/{}] {}: {}", index + 1, stages.len(), stage.name, stage.about);
        let start = Instant::now();
        let cases = (stage.run)(context)
            .unwrap_or_else(|error| vec![Case::from_result(stage.name, Err(error), start.elapsed())]);
        let report = StageReport { name: stage.name, cases, took: start.elapsed() };
        let failed = report.cases.iter().filter(|case| matches!(case.outcome, Outcome::Failed(_))).count();
        println!("      {} tests, {failed} failed, {} s", report.cases.len(), report.took.as_secs());
        reports.push(report);
    }
    if let (Some(filter), true) = (&context.filter, reports.iter().all(|report| report.cases.is_empty())) {
        bail!("no test has {filter:?} in its name");
    }
    let totals = report::print_summary(&reports);
    Ok(if totals.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run_checks(context: &Context) -> Result<Vec<Case>> {
    let wanted = checks::CHECKS.iter().filter(|check| context.wants(check.name));
    let cases = wanted.map(|check| {
        let start = Instant::now();
        let case = Case::from_result(check.name, (check.run)(), start.elapsed());
        case.announce();
        case
    });
    Ok(cases.collect())
}

/// Runs `test` and makes a case of it, with its line printed.
fn timed(name: &str, test: impl FnOnce() -> Result<()>) -> Case {
    let start = Instant::now();
    let result = test();
    let case = Case::from_result(name, result, start.elapsed());
    case.announce();
    case
}

/// The longest that any one boot may take; software emulation on a busy machine is slow.
const BOOT_LIMIT: Duration = Duration::from_secs(600);

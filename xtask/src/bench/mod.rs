//! `cargo xtask bench`: one guest on the bare machine, on real Xen and on this hypervisor, under QEMU's
//! instruction counting, and how they compare.
//!
//! [`lab`] runs the guest, [`protocol`] reads what it prints, [`counts`] and [`trace`] read what the plugin
//! writes, [`measure`] runs everything, [`table`] compares, [`budget`] holds what was reached, and
//! [`document`] and [`chart`] make docs/PERFORMANCE.md. [`toolstack`] times what guests do that `xl` creates.

mod boot;
mod budget;
mod chart;
mod counts;
mod curves;
mod document;
mod json;
mod lab;
mod lines;
mod measure;
mod overhead;
mod payload;
mod plugin;
mod protocol;
mod table;
mod toolstack;
mod trace;
mod workers;

use crate::arch::Arch;
use crate::args::Args;
use crate::qemu::machine::{Gic, PROGRAM};
use crate::setup::{self, Need};
use crate::{cmd, paths};
use anyhow::{Result, bail, ensure};
use lab::Under;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use table::Results;

pub use boot::Payloads;
pub use lab::{Images, Kind};

/// What is measured.
#[derive(Clone, Debug)]
struct Options {
    kinds: Vec<Kind>,
    filter: Option<String>,
    image: Option<PathBuf>,
}

/// `cargo xtask bench [OPTIONS]`; see the tool's help.
pub fn command(mut args: Args) -> Result<ExitCode> {
    let kinds = kinds(&mut args)?;
    let trace = args.take_value("--trace")?;
    let update = args.take_flag("--update-budgets");
    let save = args.take_flag("--save");
    let guests_at_work = args.take_flag("--toolstack");
    let options = Options {
        kinds,
        filter: args.take_value("--filter")?,
        image: args.take_value("--hypervisor-image")?.map(PathBuf::from),
    };
    args.finish()?;
    setup::packages(&[Need::Emulator])?;
    if let Some(operation) = trace {
        return trace::command(&options.kinds, &operation, options.image.as_deref())
            .map(|()| ExitCode::SUCCESS);
    }
    if guests_at_work {
        let fast = toolstack::compare(&options)?;
        return Ok(if fast { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    if update {
        return update_budgets(&options).map(|()| ExitCode::SUCCESS);
    }
    let whole = options.kinds.len() == Kind::ALL.len() && options.filter.is_none() && options.image.is_none();
    ensure!(whole || !save, "--save goes with everything: no --arch, --gic, --filter or --hypervisor-image");
    let mut sound = true;
    let all = measure::all(&options)?;
    for results in &all {
        println!("{}", table::text(results));
        sound &= results.report(Under::Ours).is_some_and(|report| report.failures.is_empty());
        let file = lab::directory()?.join(format!("{}.json", results.kind));
        fs::write(&file, json::document(results))?;
        cmd::progress(&format!("wrote {}", paths::shown(&file)));
    }
    if save {
        write_document(&all)?;
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Takes `--arch` and `--gic`; absent means all.
fn kinds(args: &mut Args) -> Result<Vec<Kind>> {
    let arch: Option<Arch> = args.take_parsed("--arch")?;
    let gic: Option<Gic> = args.take_parsed("--gic")?;
    let wanted =
        |kind: &Kind| arch.is_none_or(|arch| arch == kind.arch) && gic.is_none_or(|gic| gic == kind.gic);
    let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(wanted).collect();
    ensure!(!kinds.is_empty(), "arm32 machines have a GICv2");
    Ok(kinds)
}

/// Writes docs/PERFORMANCE.md with its charts.
fn write_document(all: &[Results]) -> Result<()> {
    let mut curves = Vec::new();
    for kind in curves::KINDS {
        cmd::progress(&format!("measuring the curves on {kind}"));
        curves.push((kind, curves::measure(kind, &Images::build(kind.arch, None)?)?));
    }
    let version = cmd::output(Command::new(PROGRAM).arg("--version"))?;
    let emulator = version.lines().next().unwrap_or_default().replace("emulator version ", "");
    let docs = paths::root().join("docs");
    let mut files = vec![
        ("PERFORMANCE.md".to_owned(), document::document(all, &curves, &emulator)),
        (document::BARS.to_owned(), chart::bars(all)),
    ];
    files.extend(curves.iter().map(|(kind, curves)| (document::curves_file(*kind), chart::curves(curves))));
    for (name, text) in files {
        fs::write(docs.join(&name), text)?;
        println!("docs/{name}");
    }
    Ok(())
}

/// Writes what this hypervisor costs now as its budgets.
fn update_budgets(options: &Options) -> Result<()> {
    for kind in &options.kinds {
        let images = Images::build(kind.arch, None)?;
        let report = measure::ours(*kind, &images, &Payloads::make(kind.arch, &images)?)?;
        if !report.failures.is_empty() {
            bail!("{kind}: {}", report.failures.join("\n"));
        }
        println!("{}", paths::shown(&budget::write(*kind, &report)?));
    }
    Ok(())
}

/// Measures this hypervisor and compares with the checked-in budgets.
///
/// # Errors
/// An operation grew, has no budget, was disturbed, or depends on its arguments; or a run failed.
pub fn hold_budgets(kind: Kind, images: &Images, payloads: &Payloads) -> Result<()> {
    let budgets = budget::read(kind)?;
    let violations = budgets.violations(&measure::ours(kind, images, payloads)?);
    let next = "where this is intended: cargo xtask bench --update-budgets";
    ensure!(violations.is_empty(), "{}\n{next}", violations.join("\n"));
    Ok(())
}

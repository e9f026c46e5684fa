//! The stages that cargo does: formatting, lints, and tests on this machine.

use super::report::{Case, Outcome};
use super::{Context, timed};
use crate::arch::Arch;
use crate::workspace::{self, Kind};
use crate::{cmd, paths, setup};
use anyhow::{Context as _, Result};
use std::fs::File;
use std::io::{BufRead, BufReader, Write, pipe};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// `cargo fmt --check`.
pub fn fmt(_: &Context) -> Result<Vec<Case>> {
    let log = paths::logs()?.join("fmt.log");
    let case = timed("rustfmt", || {
        cmd::run_logged(cmd::cargo().args(["fmt", "--all", "--check"]), &log).context("next: cargo fmt --all")
    });
    Ok(vec![case])
}

/// Clippy, where a warning is a failure: host code on the host, bare-metal code on its targets.
pub fn clippy(context: &Context) -> Result<Vec<Case>> {
    setup::rust_targets(&Arch::ALL.map(Arch::target))?;
    let packages = workspace::packages()?;
    let named = |kinds: &[Kind]| -> Vec<String> {
        let chosen = packages.iter().filter(|package| kinds.contains(&package.kind()));
        chosen.flat_map(|package| ["--package".to_owned(), package.name.clone()]).collect()
    };
    let host = named(&[Kind::Pure, Kind::Kernel, Kind::Tool]);
    let bare = named(&[Kind::Kernel, Kind::Guest]);
    let mut cases = Vec::new();
    if context.wants("clippy-host") {
        cases.push(clippy_case("clippy-host", cmd::cargo().arg("clippy").args(&host).arg("--all-targets")));
    }
    for arch in Arch::ALL {
        let name = format!("clippy-{arch}");
        if context.wants(&name) {
            let mut cargo = cmd::cargo();
            cases.push(clippy_case(&name, cargo.arg("clippy").args(&bare).args(["--target", arch.target()])));
        }
    }
    Ok(cases)
}

fn clippy_case(name: &str, command: &mut Command) -> Case {
    timed(name, || {
        let log = paths::logs()?.join(format!("{name}.log"));
        cmd::run_logged(command.args(["--quiet", "--", "-D", "warnings"]), &log)
    })
}

/// All tests that run on this machine.
pub fn host(context: &Context) -> Result<Vec<Case>> {
    let mut cargo = cmd::cargo();
    cargo.arg("test");
    for package in workspace::packages()?.iter().filter(|package| package.kind() != Kind::Guest) {
        cargo.args(["--package", &package.name]);
    }
    run_tests("host", cargo, context)
}

/// The pure crates' tests where `usize` has 32 bits, as on arm32.
pub fn host32(context: &Context) -> Result<Vec<Case>> {
    setup::rust_targets(&[setup::HOST_32])?;
    let mut cargo = cmd::cargo();
    cargo.args(["test", "--target", setup::HOST_32]);
    for package in workspace::packages()?.iter().filter(|package| package.kind() == Kind::Pure) {
        cargo.args(["--package", &package.name]);
    }
    run_tests("host32", cargo, context)
}

fn run_tests(stage: &str, mut cargo: Command, context: &Context) -> Result<Vec<Case>> {
    cargo.args(["--no-fail-fast", "--"]);
    if let Some(filter) = &context.filter {
        cargo.arg(filter);
    }
    let log = paths::logs()?.join(format!("{stage}.log"));
    let (reader, writer) = pipe()?;
    cargo.stdout(writer.try_clone()?).stderr(writer);
    let name = cmd::describe(&cargo);
    let mut child = cargo.spawn().with_context(|| format!("cannot start `{name}`"))?;
    // Its ends of the pipe must close here, or the reader waits for ever.
    drop(cargo);
    let mut cases = read_results(BufReader::new(reader), &log)?;
    let status = child.wait()?;
    let failed = cases.iter().any(|case| matches!(case.outcome, Outcome::Failed(_)));
    if !status.success() && !failed {
        let why =
            format!("`{name}` failed ({status})\n{}\nthe whole log: {}", cmd::tail(&log, 30), log.display());
        cases.push(Case {
            name: format!("{stage}-build"),
            outcome: Outcome::Failed(why),
            took: Duration::ZERO,
        });
    }
    Ok(cases)
}

fn read_results(output: impl BufRead, log: &Path) -> Result<Vec<Case>> {
    let mut file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut cases: Vec<Case> = Vec::new();
    let mut program = String::new();
    for line in output.lines() {
        let line = line?;
        writeln!(file, "{line}")?;
        if let Some(name) = program_name(&line) {
            program = name;
        } else if line.starts_with("test result:") {
            println!("  {program}: {}", line.trim_start_matches("test result: "));
        } else if let Some(case) = test_case(&program, &line, log) {
            cases.push(case);
        }
    }
    Ok(cases)
}

/// Reads cargo's `Running unittests src/lib.rs (target/debug/deps/vgic-0123)` and `Doc-tests vgic`.
fn program_name(line: &str) -> Option<String> {
    let line = line.trim();
    if let Some(name) = line.strip_prefix("Doc-tests ") {
        return Some(format!("{name} (documentation)"));
    }
    let path = line.strip_prefix("Running ")?.split_once('(')?.1.trim_end_matches(')');
    let file = Path::new(path).file_name()?.to_string_lossy().into_owned();
    Some(file.rsplit_once('-').map_or(file.clone(), |(name, _)| name.to_owned()))
}

/// Reads the test harness's `test path::to::name ... ok`.
fn test_case(program: &str, line: &str, log: &Path) -> Option<Case> {
    let (name, result) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let outcome = match result.split_whitespace().next()? {
        "ok" => Outcome::Passed,
        "ignored" | "ignored," => Outcome::Skipped("ignored in its source".into()),
        _ => Outcome::Failed(format!("the whole log: {}", log.display())),
    };
    Some(Case { name: format!("{program}::{name}"), outcome, took: Duration::ZERO })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_cargo_and_the_harness_print() {
        let line = "     Running unittests src/lib.rs (target/debug/deps/arm_spec-0af8)";
        assert_eq!(program_name(line).unwrap(), "arm_spec");
        assert_eq!(program_name("   Doc-tests vgic").unwrap(), "vgic (documentation)");
        assert_eq!(program_name("test a ... ok"), None);
        let outcome = |line: &str| test_case("vgic", line, Path::new("log")).map(|case| case.outcome);
        assert_eq!(outcome("test lr::full ... ok"), Some(Outcome::Passed));
        assert!(matches!(outcome("test lr::full ... FAILED"), Some(Outcome::Failed(_))));
        assert!(matches!(outcome("test lr::full ... ignored, slow"), Some(Outcome::Skipped(_))));
        assert_eq!(outcome("test result: ok. 3 passed"), None);
    }
}

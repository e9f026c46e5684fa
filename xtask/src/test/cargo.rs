//! The stages that cargo does: formatting, lints, and tests on this machine.

use super::report::{Case, Outcome};
use super::{Context, timed};
use crate::arch::Arch;
use crate::setup::{self, Need};
use crate::workspace::{self, Kind};
use crate::{cmd, paths};
use anyhow::{Context as _, Result};
use std::fs::File;
use std::io::{BufRead, BufReader, Write, pipe};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Longer random tests for `--full`: the variables that say how long.
const FULL_STEPS: [(&str, &str); 1] = [("XENOLITH_SHARING_STEPS", "10000000")];

/// `cargo fmt --check`.
pub fn fmt(_: &Context) -> Result<Vec<Case>> {
    setup::rust_components()?;
    let log = paths::logs()?.join("fmt.log");
    let case = timed("rustfmt", || {
        cmd::run_logged(cmd::cargo().args(["fmt", "--all", "--check"]), &log).context("next: cargo fmt --all")
    });
    Ok(vec![case])
}

/// Clippy, where a warning is a failure: host code on the host, bare-metal code on its targets.
pub fn clippy(context: &Context) -> Result<Vec<Case>> {
    setup::rust_components()?;
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

/// All tests that run on this machine; the hypervisor's own apart, so that its build failing hides no others.
pub fn host(context: &Context) -> Result<Vec<Case>> {
    setup::packages(&[Need::Abi, Need::DeviceTree])?;
    let mut cases = run_tests("host", &[], &[Kind::Pure, Kind::Tool], context)?;
    cases.extend(run_tests("host-kernel", &[], &[Kind::Kernel], context)?);
    Ok(cases)
}

/// The pure crates' tests where `usize` has 32 bits, as on arm32.
pub fn host32(context: &Context) -> Result<Vec<Case>> {
    setup::rust_targets(&[setup::HOST_32])?;
    setup::packages(&[Need::Abi])?;
    run_tests("host32", &["--target", setup::HOST_32], &[Kind::Pure], context)
}

/// The tests of `machine` that do not need a whole simulated machine, under Miri, which needs a nightly
/// toolchain of its own and takes hours for the others.
pub fn miri(_: &Context) -> Result<Vec<Case>> {
    setup::miri()?;
    let mut cargo = Command::new("rustup");
    cargo.current_dir(paths::root()).env("CARGO_TARGET_DIR", paths::target().join("miri"));
    cargo.env("MIRIFLAGS", "-Zmiri-disable-isolation -Zmiri-permissive-provenance");
    cargo.args(["run", "nightly", "cargo", "miri", "test"]);
    cargo.args(["--package", "hypervisor", "--lib", "--"]);
    cargo.args(["machine::shared_lock", "machine::console::backlog", "machine::console::limit"]);
    run_harness("miri", cargo)
}

/// The tests that loom runs through every interleaving.
pub fn loom(_: &Context) -> Result<Vec<Case>> {
    let mut cargo = cmd::cargo();
    cargo.env("RUSTFLAGS", "--cfg loom").args(["test", "--package", "vgic", "--release", "--lib"]);
    cargo.args(["--target-dir".as_ref(), paths::target().join("loom").as_os_str()]);
    run_harness("loom", cargo)
}

fn run_tests(log: &str, options: &[&str], kinds: &[Kind], context: &Context) -> Result<Vec<Case>> {
    let mut cargo = cmd::cargo();
    cargo.arg("test").args(options);
    for package in workspace::packages()?.iter().filter(|package| kinds.contains(&package.kind())) {
        cargo.args(["--package", &package.name]);
    }
    if context.full {
        cargo.envs(FULL_STEPS);
    }
    cargo.args(["--no-fail-fast", "--"]);
    if let Some(filter) = &context.filter {
        cargo.arg(filter);
    }
    run_harness(log, cargo)
}

/// Runs a cargo command that runs tests, and reads their results off its output.
fn run_harness(log: &str, mut cargo: Command) -> Result<Vec<Case>> {
    let build = format!("{log}-build");
    let log = paths::logs()?.join(format!("{log}.log"));
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
        cases.push(Case { name: build, outcome: Outcome::Failed(why), took: Duration::ZERO });
    }
    Ok(cases)
}

fn read_results(output: impl BufRead, log: &Path) -> Result<Vec<Case>> {
    let mut file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut cases: Vec<Case> = Vec::new();
    let mut program = String::new();
    let mut panic: Option<usize> = None;
    for line in output.lines() {
        let line = line?;
        writeln!(file, "{line}")?;
        if let Some(name) = failure_heading(&line) {
            let full = format!("{program}::{name}");
            panic = cases.iter().position(|case| case.name == full);
        } else if line.is_empty() || line == "failures:" {
            panic = None;
        } else if let Some(Outcome::Failed(why)) = panic.and_then(|at| Some(&mut cases.get_mut(at)?.outcome))
        {
            why.insert_str(why.rfind("the whole log").unwrap_or(0), &format!("{line}\n"));
        } else if let Some(name) = program_name(&line) {
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

/// Reads the harness's `---- path::to::name stdout ----`, after which a failed test's output comes.
fn failure_heading(line: &str) -> Option<&str> {
    line.strip_prefix("---- ")?.strip_suffix(" stdout ----")
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

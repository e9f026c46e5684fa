//! `cargo xtask test --mutants`: plants one checked-in fault at a time and expects the test guests to notice,
//! or, of the topic `sharing`, the kernel's random test of what hostile domains do.
//!
//! A fault is a file in tests/mutants, `TOPIC-NAME.mutant`:
//! ```text
//! why: what a guest would see
//! file: crates/vgic/src/lr.rs
//! <<<<
//! the text that is replaced, which must be in the file once
//! ====
//! the text that replaces it
//! >>>>
//! ```
//! Faults are planted in a copy of the tree in the build directory, which has a build directory of its own,
//! so that each costs one incremental build and one run of its topic.

use super::Context;
use super::report::{Case, Outcome};
use crate::{cmd, paths};
use anyhow::{Context as _, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// The topic of faults that the kernel's own test of sharing notices, not a guest.
const MODEL: &str = "sharing";
/// What that test reads, and how many steps it has to notice a fault.
const MODEL_STEPS: &str = "XENOLITH_SHARING_STEPS";
const FAULT_STEPS: &str = "1000000";

/// A fault.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mutant {
    name: String,
    topic: String,
    file: PathBuf,
    old: String,
    new: String,
}

/// Names every checked-in fault.
pub fn names() -> Result<Vec<String>> {
    Ok(read_all()?.into_iter().map(|mutant| mutant.name).collect())
}

/// Plants every fault that is wanted, one after another.
pub fn run(context: &Context) -> Result<Vec<Case>> {
    let mutants = read_all()?;
    ensure!(!mutants.is_empty(), "there are no faults in tests/mutants");
    let copy = Copy::make()?;
    let mut cases = Vec::new();
    for mutant in mutants.iter().filter(|mutant| context.wants(&mutant.name)) {
        let start = Instant::now();
        let case = Case::from_result(&mutant.name, copy.expect_caught(mutant), start.elapsed());
        case.announce();
        if let Outcome::Failed(why) = &case.outcome {
            println!("          {why}");
        }
        cases.push(case);
    }
    Ok(cases)
}

fn read_all() -> Result<Vec<Mutant>> {
    let directory = paths::root().join("tests/mutants");
    let mut files: Vec<PathBuf> =
        fs::read_dir(&directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "mutant"));
    files.sort();
    files.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Mutant> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&name, &text).with_context(|| path.display().to_string())
}

fn parse(name: &str, text: &str) -> Result<Mutant> {
    let topic = name.split('-').next().unwrap_or_default().to_owned();
    let file = text.lines().find_map(|line| line.strip_prefix("file: ")).context("there is no `file:`")?;
    ensure!(text.lines().any(|line| line.starts_with("why: ")), "there is no `why:`");
    let (_, rest) = text.split_once("<<<<\n").context("there is no `<<<<`")?;
    let (old, rest) = rest.split_once("====\n").context("there is no `====`")?;
    let (new, _) = rest.split_once(">>>>").context("there is no `>>>>`")?;
    Ok(Mutant { name: name.into(), topic, file: file.trim().into(), old: old.into(), new: new.into() })
}

/// A copy of the tree to plant faults in.
struct Copy {
    tree: PathBuf,
    build: PathBuf,
}

impl Copy {
    fn make() -> Result<Self> {
        let base = paths::made(paths::target().join("mutants"))?;
        let copy = Self { tree: base.join("tree"), build: base.join("target") };
        if copy.tree.exists() {
            fs::remove_dir_all(&copy.tree)?;
        }
        let list = ["ls-files", "--cached", "--others", "--exclude-standard"];
        let files = cmd::output(Command::new("git").current_dir(paths::root()).args(list))?;
        for file in files.lines() {
            let (from, to) = (paths::root().join(file), copy.tree.join(file));
            if from.is_file() {
                paths::made(to.parent().unwrap_or(&copy.tree).to_path_buf())?;
                fs::copy(&from, &to)?;
            }
        }
        Ok(copy)
    }

    fn expect_caught(&self, mutant: &Mutant) -> Result<()> {
        let path = self.tree.join(&mutant.file);
        let sound =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", mutant.file.display()))?;
        let places = sound.matches(&mutant.old).count();
        ensure!(places == 1, "the text to replace is {places} times in {}", mutant.file.display());
        fs::write(&path, sound.replace(&mutant.old, &mutant.new))?;
        let result = self.try_mutant(mutant);
        fs::write(&path, sound)?;
        result
    }

    fn try_mutant(&self, mutant: &Mutant) -> Result<()> {
        let log = paths::logs()?.join(format!("mutant-{}.log", mutant.name));
        if mutant.topic == MODEL {
            return self.try_model(&log);
        }
        cmd::run_logged(self.xtask().arg("build"), &log).context("the fault does not compile")?;
        let filter = format!("{}-xenolith", mutant.topic);
        match cmd::run_logged(self.xtask().args(["ci", "guests", &filter]), &log) {
            Err(_) if fs::read_to_string(&log)?.contains("FAILED guests:") => Ok(()),
            Err(error) => Err(error.context("the guests could not be run")),
            Ok(()) => bail!("no check of {} notices it; the whole log: {}", mutant.topic, log.display()),
        }
    }

    /// Expects the model of sharing to notice within so many steps.
    fn try_model(&self, log: &Path) -> Result<()> {
        let tests = ["--package", "hypervisor", "--lib", "tests::sharing::"];
        let mut build = self.cargo();
        cmd::run_logged(build.args(["test", "--no-run"]).args(&tests[..3]), log)
            .context("the fault does not compile")?;
        let mut test = self.cargo();
        match cmd::run_logged(test.env(MODEL_STEPS, FAULT_STEPS).arg("test").args(tests), log) {
            Err(_) if fs::read_to_string(log)?.contains("panicked at") => Ok(()),
            Err(error) => Err(error.context("the model could not be run")),
            Ok(()) => bail!("the model does not notice it in {FAULT_STEPS} steps: {}", log.display()),
        }
    }

    fn xtask(&self) -> Command {
        let mut command = self.cargo();
        command.arg("xtask");
        command
    }

    fn cargo(&self) -> Command {
        let mut command = cmd::cargo();
        command.current_dir(&self.tree).env("CARGO_TARGET_DIR", &self.build);
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_fault() {
        let text = "why: seen\nfile: crates/vgic/src/lr.rs\n<<<<\n    a + 1\n====\n    a\n>>>>\n";
        let mutant = parse("vgic-off-by-one", text).unwrap();
        assert_eq!(
            (mutant.topic.as_str(), mutant.old.as_str(), mutant.new.as_str()),
            ("vgic", "    a + 1\n", "    a\n")
        );
        assert!(parse("vgic-x", "file: a\n<<<<\n====\n>>>>\n").is_err());
    }

    #[test]
    fn every_checked_in_fault_is_well_formed() {
        for mutant in read_all().unwrap() {
            let text = fs::read_to_string(paths::root().join(&mutant.file)).unwrap();
            assert_eq!(text.matches(&mutant.old).count(), 1, "{}", mutant.name);
        }
    }
}

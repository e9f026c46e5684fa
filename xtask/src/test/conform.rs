//! The transcript of the conformance guest: what each hypercall answered, compared with what real Xen 4.17
//! answered (tests/guests/conform).

use super::guests;
use crate::arch::Arch;
use crate::args::Args;
use crate::paths;
use crate::qemu::boot::Hypervisor;
use anyhow::{Context as _, Result, bail, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

/// The guest's topic.
pub const TOPIC: &str = "conform";

/// Cases there must be, and how many of a hundred may differ with a reason.
const LEAST: usize = 600;
const PERCENT: usize = 5;

/// Differing cases that a failure names.
const SHOWN: usize = 20;

type Transcript = BTreeMap<String, String>;

fn directory() -> PathBuf {
    paths::root().join("tests/guests/conform")
}

fn stored(arch: Arch) -> PathBuf {
    directory().join(format!("xen-4.17-{arch}.txt"))
}

/// Picks the guest's lines out of a console: what each case answered.
fn transcript(text: &str) -> Result<Transcript> {
    let mut cases = Transcript::new();
    for line in text.lines() {
        let Some((name, answer)) = line.trim_end().split_once(" rc=") else { continue };
        let name = name.trim_start_matches("conform: ");
        ensure!(cases.insert(name.to_owned(), answer.to_owned()).is_none(), "two cases are called {name}");
    }
    Ok(cases)
}

/// The part of a case's name before the first dot.
fn group(name: &str) -> &str {
    name.split('.').next().unwrap_or_default()
}

/// Reads the differences that are allowed on an architecture, each with its reason.
fn allowed(arch: Arch) -> Result<BTreeSet<String>> {
    let text = fs::read_to_string(directory().join("differences.txt"))?;
    let mut names = BTreeSet::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (case, reason) = line.split_once(": ").with_context(|| format!("no reason: {line}"))?;
        ensure!(!reason.trim().is_empty(), "no reason: {line}");
        let (on, name) = case.split_once(' ').with_context(|| format!("no architecture: {line}"))?;
        if on == "both" || on == arch.name() {
            names.insert(name.to_owned());
        }
    }
    Ok(names)
}

/// Lists the cases that answered otherwise, as `name: theirs, ours`.
fn differing(theirs: &Transcript, ours: &Transcript) -> BTreeMap<String, String> {
    let names: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
    let answer = |of: &Transcript, name: &String| {
        of.get(name).map_or("missing".to_owned(), |text| format!("rc={text}"))
    };
    names
        .into_iter()
        .filter(|name| theirs.get(*name) != ours.get(*name))
        .map(|name| (name.clone(), format!("Xen {}, here {}", answer(theirs, name), answer(ours, name))))
        .collect()
}

/// Compares a run's console with the stored transcript.
///
/// # Errors
/// A case answers otherwise without a reason, or a reason has no case.
pub fn compare(arch: Arch, console: &str) -> Result<()> {
    let theirs = transcript(&fs::read_to_string(stored(arch))?)?;
    ensure!(theirs.len() >= LEAST, "only {} cases where {LEAST} are due", theirs.len());
    let differing = differing(&theirs, &transcript(console)?);
    let allowed = allowed(arch)?;
    ensure!(
        allowed.len() * 100 <= theirs.len() * PERCENT,
        "{} cases may differ, which is more than {PERCENT} % of {}",
        allowed.len(),
        theirs.len()
    );
    let stale: Vec<&String> = allowed.iter().filter(|name| !differing.contains_key(*name)).collect();
    ensure!(stale.is_empty(), "differences.txt names cases that are equal: {stale:?}");
    let bad: Vec<String> = differing
        .iter()
        .filter(|(name, _)| !allowed.contains(*name))
        .map(|(name, answers)| format!("{name}: {answers}"))
        .collect();
    if bad.is_empty() {
        return Ok(());
    }
    let shown = bad.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n");
    bail!("{} cases answer otherwise than real Xen 4.17:\n{shown}", bad.len())
}

/// `cargo xtask conform [--arch A] [--record]`: lists all differences, or stores real Xen's answers.
///
/// # Errors
/// A machine does not run to its end.
pub fn command(mut args: Args) -> Result<ExitCode> {
    let record = args.take_flag("--record");
    let arch: Option<Arch> = args.take_parsed("--arch")?;
    args.finish()?;
    for arch in Arch::ALL.into_iter().filter(|one| arch.is_none_or(|wanted| wanted == *one)) {
        let under = if record { Hypervisor::Xen } else { Hypervisor::Xenolith };
        let console = guests::console(TOPIC, arch, under)?;
        if record {
            let lines = console.lines().filter_map(|line| line.strip_prefix("conform: "));
            let text = lines.fold(String::new(), |text, line| text + line.trim_end() + "\n");
            transcript(&text)?;
            fs::write(stored(arch), text)?;
            println!("wrote {}", paths::shown(&stored(arch)));
        } else {
            println!("{}", list(arch, &console)?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(arch: Arch, console: &str) -> Result<String> {
    let theirs = transcript(&fs::read_to_string(stored(arch))?)?;
    let differing = differing(&theirs, &transcript(console)?);
    let mut text = String::new();
    let mut groups: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for name in theirs.keys() {
        groups.entry(group(name)).or_default().1 += 1;
    }
    for (name, answers) in &differing {
        groups.entry(group(name)).or_default().0 += 1;
        let _ = writeln!(text, "{name}: {answers}");
    }
    let _ = writeln!(text, "{arch}: {} of {} cases differ", differing.len(), theirs.len());
    for (group, (bad, all)) in groups {
        let _ = writeln!(text, "  {group}: {bad} of {all}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_differs() {
        let theirs = transcript("a.one rc=0\nb.two rc=-22 out=8:01\nb.three rc=1\n").unwrap();
        let ours = transcript(
            "(XEN) x\r\nconform: a.one rc=1\r\nconform: b.two rc=-22\r\nconform: b.three rc=1\r\n",
        )
        .unwrap();
        assert_eq!(differing(&theirs, &ours).into_keys().collect::<Vec<_>>(), ["a.one", "b.two"]);
    }

    #[test]
    fn refuses_two_cases_of_one_name() {
        assert!(transcript("a.one rc=0\na.one rc=0\n").is_err());
    }
}

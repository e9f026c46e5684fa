//! `cargo xtask bench --trace OP`: where the instructions of one iteration go, by function and in order.
//!
//! The plugin lists the executed instructions; the symbols are those of the hypervisor's ELF and the guest's.

use super::lab::{Images, Kind, Run, Under, directory};
use super::lines::{self, Origin};
use super::plugin::{self, Mode};
use crate::arch::Arch;
use crate::image::symbols::Functions;
use crate::{cmd, paths};
use anyhow::{Context, Result, ensure};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// An executed instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    cpu: u32,
    address: u64,
    text: String,
    /// What emulation makes free, of [`super::counts::KINDS`].
    costs: Vec<String>,
}

/// A function, and how many instructions were executed in it without a pause.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Visit {
    cpu: u32,
    function: String,
    instructions: u64,
}

/// Traces `operation` on each kind of machine and prints where its instructions go.
///
/// # Errors
/// Something cannot be built, the run fails, or there is no such operation.
pub fn command(kinds: &[Kind], operation: &str, image: Option<&Path>) -> Result<()> {
    let plugin = plugin::build()?;
    for kind in kinds {
        let images = Images::build(kind.arch, image)?;
        let cpus = if operation.ends_with("-2cpu") { 2 } else { 1 };
        let name = format!("{kind}-{operation}");
        let run = Run { cpus, name, cmdline: format!("trace={operation}"), ..Run::new(*kind, Under::Ours) };
        let (run, out) = plugin.attach(run, Mode::Trace)?;
        run.report(&images)?;
        let file = fs::read_to_string(&out).with_context(|| out.display().to_string())?;
        let steps = steps(&file)?;
        ensure!(
            !steps.is_empty(),
            "no window of {operation} was seen; the whole log: {}",
            run.log()?.display()
        );
        let names = Names::of(kind.arch, &images, &steps)?;
        println!("{operation} on {kind}, one iteration with the loop around it:");
        println!("{}", summary(&steps, &names));
        let listing = directory()?.join(format!("trace-{kind}-{operation}.txt"));
        fs::write(&listing, list(&steps, &names))?;
        cmd::progress(&format!("each instruction: {}", paths::shown(&listing)));
    }
    Ok(())
}

/// What the executed addresses are called.
#[derive(Debug, Default)]
struct Names {
    functions: Functions,
    origins: BTreeMap<u64, Origin>,
}

impl Names {
    fn of(arch: Arch, images: &Images, steps: &[Step]) -> Result<Self> {
        let addresses: BTreeSet<u64> = steps.iter().map(|step| step.address).collect();
        let addresses: Vec<u64> = addresses.into_iter().collect();
        let mut names = Self::default();
        for elf in images.ours_elf.iter().chain([&images.guest_elf]) {
            names.functions.add(&fs::read(elf)?)?;
            names.origins.extend(lines::origins(arch, elf, &addresses)?);
        }
        Ok(names)
    }

    /// The function of the ELF.
    fn symbol(&self, address: u64) -> String {
        self.functions.at(address).unwrap_or_else(|| format!("{address:#x}"))
    }

    /// The function of the source.
    fn source(&self, address: u64) -> String {
        self.origins.get(&address).map_or_else(|| self.symbol(address), |origin| origin.function.clone())
    }
}

/// Reads the first window's lines `at CPU ADDRESS TEXT` and `costs KIND`.
fn steps(file: &str) -> Result<Vec<Step>> {
    let lines = file.lines().take_while(|line| !line.starts_with("window "));
    let mut steps: Vec<Step> = Vec::new();
    for line in lines {
        match (line.split_once(' '), steps.last_mut()) {
            (Some(("at", rest)), _) => steps.push(step(rest)?),
            (Some(("costs", kind)), Some(last)) => last.costs.push(kind.to_owned()),
            _ => {}
        }
    }
    Ok(steps)
}

fn step(line: &str) -> Result<Step> {
    let mut words = line.splitn(3, ' ');
    let mut next = || words.next().context("an instruction's line is too short");
    let (cpu, address, text) = (next()?.parse()?, next()?, next()?);
    let address = u64::from_str_radix(address.trim_start_matches("0x"), 16)?;
    Ok(Step { cpu, address, text: text.to_owned(), costs: Vec::new() })
}

fn visits(steps: &[Step], names: &Names) -> Vec<Visit> {
    let mut visits: Vec<Visit> = Vec::new();
    for step in steps {
        let function = names.symbol(step.address);
        match visits.last_mut() {
            Some(last) if last.function == function && last.cpu == step.cpu => last.instructions += 1,
            _ => visits.push(Visit { cpu: step.cpu, function, instructions: 1 }),
        }
    }
    visits
}

fn summary(steps: &[Step], names: &Names) -> String {
    let mut text = String::from("by function of the source, inlined ones by themselves:\n");
    text.push_str(&sums(steps, |address| names.source(address)));
    text.push_str("by function of the image:\n");
    text.push_str(&sums(steps, |address| names.symbol(address)));
    let _ = writeln!(text, "  {:>6}  in all", steps.len());
    text.push_str("what emulation makes free, by function of the source:\n");
    text.push_str(&costs(steps, names));
    text.push_str("in order:\n");
    for Visit { cpu, function, instructions } in visits(steps, names) {
        let _ = writeln!(text, "  {instructions:>6}  cpu{cpu} {function}");
    }
    text
}

/// Adds up by name, the most first.
fn sums(steps: &[Step], name_of: impl Fn(u64) -> String) -> String {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for step in steps {
        *sums.entry(name_of(step.address)).or_default() += 1;
    }
    let mut sums: Vec<(String, u64)> = sums.into_iter().collect();
    sums.sort_by_key(|(name, count)| (Reverse(*count), name.clone()));
    sums.into_iter().map(|(name, count)| format!("  {count:>6}  {name}\n")).collect()
}

fn costs(steps: &[Step], names: &Names) -> String {
    let mut sums: BTreeMap<(&str, String), u64> = BTreeMap::new();
    for step in steps {
        for kind in &step.costs {
            *sums.entry((kind, names.source(step.address))).or_default() += 1;
        }
    }
    sums.into_iter().map(|((kind, name), count)| format!("  {count:>6}  {kind:9} {name}\n")).collect()
}

fn list(steps: &[Step], names: &Names) -> String {
    let mut text = String::new();
    let mut last = String::new();
    for step in steps {
        let function = names.symbol(step.address);
        if function != last {
            let _ = writeln!(text, "{function}:");
            last = function;
        }
        let origin = names.origins.get(&step.address);
        let origin =
            origin.map_or(String::new(), |origin| format!("  ; {} {}", origin.line, origin.function));
        let _ = writeln!(text, "  {} {:#x}  {}{origin}", step.cpu, step.address, step.text);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "at 0 0x1000 svc\nat 0 0x2000 mov x0, x1\nat 0 0x2004 ret\ncosts gic\nat 0 0x1000 nop\nwindow 0 x\n\
                        at 0 0x3000 later\n";

    fn names() -> Names {
        let origin = Origin { function: "inlined".into(), line: "a.rs:7".into() };
        Names { functions: Functions::default(), origins: [(0x2004, origin)].into() }
    }

    #[test]
    fn instructions_are_summed_by_function_and_kept_in_order() {
        let steps = steps(FILE).unwrap();
        assert_eq!(steps.len(), 4);
        assert_eq!(steps[1], Step { cpu: 0, address: 0x2000, text: "mov x0, x1".into(), costs: vec![] });
        let text = summary(&steps, &names());
        assert!(
            text.contains("themselves:\n       2  0x1000\n       1  0x2000\n       1  inlined\n"),
            "{text}"
        );
        assert!(text.contains("       4  in all\n"), "{text}");
        assert!(text.contains("source:\n       1  gic       inlined\nin order"), "{text}");
        assert!(
            text.ends_with("       1  cpu0 0x2000\n       1  cpu0 0x2004\n       1  cpu0 0x1000\n"),
            "{text}"
        );
        assert!(list(&steps, &names()).contains("  0 0x2004  ret  ; a.rs:7 inlined\n"));
    }

    #[test]
    fn a_damaged_line_is_an_error() {
        assert!(steps("at 0 zero x\n").is_err());
        assert!(steps("at 0\n").is_err());
    }
}

//! `cargo xtask bench --trace OP`: where the instructions of one iteration go, by function and in order.
//!
//! The plugin lists the executed instructions; the symbols are those of the hypervisor's ELF and the guest's.

use super::lab::{Images, Kind, Run, Under, directory};
use super::plugin::{self, Mode};
use crate::image::symbols::Functions;
use crate::{cmd, paths};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// An executed instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    cpu: u32,
    address: u64,
    text: String,
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
        let mut functions = Functions::default();
        for elf in images.ours_elf.iter().chain([&images.guest_elf]) {
            functions.add(&fs::read(elf)?)?;
        }
        let name_of = |address| functions.at(address).unwrap_or_else(|| format!("{address:#x}"));
        println!("{operation} on {kind}, one iteration with the loop around it:");
        println!("{}", summary(&steps, &name_of));
        let listing = directory()?.join(format!("trace-{kind}-{operation}.txt"));
        fs::write(&listing, list(&steps, &name_of))?;
        cmd::progress(&format!("each instruction: {}", paths::shown(&listing)));
    }
    Ok(())
}

/// Reads the first window's lines `at CPU ADDRESS TEXT`.
fn steps(file: &str) -> Result<Vec<Step>> {
    let lines = file.lines().take_while(|line| !line.starts_with("window "));
    let steps = lines.filter_map(|line| line.strip_prefix("at ")).map(|line| {
        let mut words = line.splitn(3, ' ');
        let mut next = || words.next().context("an instruction's line is too short");
        let (cpu, address, text) = (next()?.parse()?, next()?, next()?);
        let address = u64::from_str_radix(address.trim_start_matches("0x"), 16)?;
        Ok(Step { cpu, address, text: text.to_owned() })
    });
    steps.collect()
}

fn visits(steps: &[Step], name_of: &impl Fn(u64) -> String) -> Vec<Visit> {
    let mut visits: Vec<Visit> = Vec::new();
    for step in steps {
        let function = name_of(step.address);
        match visits.last_mut() {
            Some(last) if last.function == function && last.cpu == step.cpu => last.instructions += 1,
            _ => visits.push(Visit { cpu: step.cpu, function, instructions: 1 }),
        }
    }
    visits
}

fn summary(steps: &[Step], name_of: &impl Fn(u64) -> String) -> String {
    let visits = visits(steps, name_of);
    let mut by_function: BTreeMap<&str, u64> = BTreeMap::new();
    for visit in &visits {
        *by_function.entry(&visit.function).or_default() += visit.instructions;
    }
    let mut by_function: Vec<(&str, u64)> = by_function.into_iter().collect();
    by_function.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let mut text = String::new();
    for (name, count) in by_function {
        let _ = writeln!(text, "  {count:>6}  {name}");
    }
    let _ = writeln!(text, "  {:>6}  in all", steps.len());
    let _ = writeln!(text, "in order:");
    for Visit { cpu, function, instructions } in &visits {
        let _ = writeln!(text, "  {instructions:>6}  cpu{cpu} {function}");
    }
    text
}

fn list(steps: &[Step], name_of: &impl Fn(u64) -> String) -> String {
    let mut text = String::new();
    let mut last = String::new();
    for step in steps {
        let function = name_of(step.address);
        if function != last {
            let _ = writeln!(text, "{function}:");
            last = function;
        }
        let _ = writeln!(text, "  {} {:#x}  {}", step.cpu, step.address, step.text);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "at 0 0x1000 svc\nat 0 0x2000 mov x0, x1\nat 0 0x2004 ret\nat 0 0x1004 nop\nwindow 0 x\n\
                        at 0 0x3000 later\n";

    fn name_of(address: u64) -> String {
        if address < 0x2000 { "guest" } else { "handler" }.to_owned()
    }

    #[test]
    fn instructions_are_summed_by_function_and_kept_in_order() {
        let steps = steps(FILE).unwrap();
        assert_eq!(steps.len(), 4);
        assert_eq!(steps[1], Step { cpu: 0, address: 0x2000, text: "mov x0, x1".into() });
        let text = summary(&steps, &name_of);
        assert!(text.starts_with("       2  guest\n       2  handler\n       4  in all\n"), "{text}");
        assert!(text.ends_with("       1  cpu0 guest\n       2  cpu0 handler\n       1  cpu0 guest\n"));
        assert!(list(&steps, &name_of).contains("handler:\n  0 0x2000  mov x0, x1\n  0 0x2004  ret\nguest:"));
    }

    #[test]
    fn a_damaged_line_is_an_error() {
        assert!(steps("at 0 zero x\n").is_err());
        assert!(steps("at 0\n").is_err());
    }
}

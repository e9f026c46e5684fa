//! What each operation may cost on this hypervisor: a checked-in file for each kind of machine, tests/bench.
//!
//! A line is `OP INSTRUCTIONS`; what follows `#` is a remark. The counts are deterministic, so a change of
//! them is a change of the code. Where one is wanted, `cargo xtask bench --update-budgets` writes it down.

use super::json::decimal;
use super::lab::Kind;
use super::protocol::{Hundredths, Measured, Report};
use super::table::is_variant;
use crate::paths;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

/// How much more than its budget an operation may cost, in hundredths of it.
const GROWTH_PERCENT: i64 = 2;
/// How far the same operation with other arguments may be from it, in hundredths of it.
const VARIANT_PERCENT: u64 = 5;

/// The budgets of a kind of machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budgets {
    each: BTreeMap<String, Hundredths>,
}

/// Where they are.
pub fn path(kind: Kind) -> PathBuf {
    paths::root().join("tests/bench").join(format!("{kind}.budget"))
}

/// Reads the checked-in ones.
///
/// # Errors
/// There is no such file, or a line of it is damaged.
pub fn read(kind: Kind) -> Result<Budgets> {
    let path = path(kind);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Budgets::parse(&text).with_context(|| path.display().to_string())
}

/// Writes what a run measured as the budgets from now on.
///
/// # Errors
/// The file cannot be written.
pub fn write(kind: Kind, report: &Report) -> Result<PathBuf> {
    let path = path(kind);
    fs::create_dir_all(path.parent().context("budgets have a directory")?)?;
    fs::write(&path, Budgets::of(report).text(kind))?;
    Ok(path)
}

impl Budgets {
    /// Makes budgets of what was measured: the operations without variants, and times.
    pub fn of(report: &Report) -> Self {
        let operations = report.measured.iter().filter(|(name, _)| !is_variant(name));
        let operations = operations.map(|(name, measured)| (name.clone(), measured.min));
        let times = report.values.iter().filter(|(_, value)| value.unit == "ns");
        let times = times.map(|(name, value)| (name.clone(), Hundredths(value.number.saturating_mul(100))));
        Self { each: operations.chain(times).collect() }
    }

    /// Parses a file's text.
    ///
    /// # Errors
    /// A line is damaged.
    pub fn parse(text: &str) -> Result<Self> {
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
        let each = lines.filter(|line| !line.is_empty()).map(|line| {
            let (name, number) = line.split_once(' ').context("a line is OP INSTRUCTIONS")?;
            let (whole, part) = number.trim().split_once('.').context("a number has two decimals")?;
            let digits = format!("{whole}{part}");
            Ok((name.to_owned(), Hundredths(digits.parse().with_context(|| format!("{name} {number}"))?)))
        });
        Ok(Self { each: each.collect::<Result<_>>()? })
    }

    fn text(&self, kind: Kind) -> String {
        let mut text = format!(
            "# Instructions that an operation may cost on {kind}; made by `cargo xtask bench --update-budgets`.\n"
        );
        for (name, budget) in &self.each {
            let _ = writeln!(text, "{name} {}", decimal(*budget));
        }
        text
    }

    /// Tells what of a run's figures is not as it must be.
    pub fn violations(&self, report: &Report) -> Vec<String> {
        let measured = Self::of(report);
        let mut wrong = Vec::new();
        for (name, cost) in &measured.each {
            match self.each.get(name) {
                None => wrong.push(format!("{name} has no budget")),
                Some(budget) if exceeds(*cost, *budget) => {
                    wrong.push(format!(
                        "{name} costs {}, its budget is {}",
                        decimal(*cost),
                        decimal(*budget)
                    ));
                }
                Some(_) => {}
            }
        }
        let lost = self.each.keys().filter(|name| !measured.each.contains_key(*name));
        wrong.extend(lost.map(|name| format!("{name} has a budget but was not measured")));
        wrong.extend(report.failures.iter().cloned());
        wrong.extend(differing_variants(report));
        wrong.extend(disturbed(report));
        wrong
    }
}

fn exceeds(cost: Hundredths, budget: Hundredths) -> bool {
    cost.0.saturating_mul(100) > budget.0.saturating_mul(100 + GROWTH_PERCENT)
}

/// A path that tests for the bench's own arguments would be fast with these alone.
fn differing_variants(report: &Report) -> Vec<String> {
    let variants = report.measured.iter().filter(|(name, _)| is_variant(name));
    let differing = variants.filter_map(|(name, variant)| {
        let original = report.measured(name.get(..name.len() - 2)?)?.min;
        let distance = original.0.abs_diff(variant.min.0).saturating_mul(1000);
        let tenths = distance / original.0.unsigned_abs().max(1);
        (tenths > 10 * VARIANT_PERCENT).then(|| {
            format!("{name} costs {}, with other arguments {}", decimal(variant.min), decimal(original))
        })
    });
    differing.collect()
}

/// Between two CPUs it matters where in the emulator's turns a round begins; on one nothing disturbs.
fn disturbed(report: &Report) -> Vec<String> {
    let alone = report.measured.iter().filter(|(name, _)| !name.ends_with("-2cpu"));
    let disturbed = alone.filter(|(_, measured)| measured.disturbed > 0);
    let line = |name: &str, measured: &Measured| {
        format!("{} of {} rounds of {name} were disturbed", measured.disturbed, measured.rounds)
    };
    disturbed.map(|(name, measured)| line(name, measured)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::protocol::parse;

    const LOG: &str = "bench: a min=10000 mean=10000 rounds=9 disturbed=0 loops=9\n\
        bench: a.b min=10400 mean=10400 rounds=9 disturbed=0 loops=9\n\
        bench-value: boot 500 ns\nbench-value: head 12 address\nPASS bench 1 checks\n";

    fn violations(budgets: &str, from: &str, to: &str) -> Vec<String> {
        Budgets::parse(budgets).unwrap().violations(&parse(&LOG.replace(from, to)))
    }

    #[test]
    fn what_was_written_reads_back_and_holds() {
        let budgets = Budgets::of(&parse(LOG));
        let text = budgets.text(Kind::ALL[0]);
        assert!(text.ends_with("a 100.00\nboot 500.00\n"), "{text}");
        assert_eq!(Budgets::parse(&text).unwrap(), budgets);
        assert!(budgets.violations(&parse(LOG)).is_empty());
        assert!(Budgets::parse("a 5").is_err() && Budgets::parse("a").is_err());
    }

    #[test]
    fn growth_by_more_than_two_percent_is_too_much() {
        let budgets = "# remark\na 100.00 # why\nboot 500.00\n";
        assert!(violations(budgets, "a min=10000", "a min=10200").is_empty());
        assert_eq!(
            violations(budgets, "a min=10000", "a min=10201"),
            ["a costs 102.01, its budget is 100.00"]
        );
        assert_eq!(violations(budgets, "boot 500", "boot 511").len(), 1);
    }

    #[test]
    fn an_operation_and_its_budget_need_each_other() {
        assert_eq!(violations("boot 500.00", "x", "x"), ["a has no budget"]);
        let budgets = "a 100.00\nboot 500.00\nlost 1.00";
        assert_eq!(violations(budgets, "x", "x"), ["lost has a budget but was not measured"]);
    }

    #[test]
    fn variants_agree_and_nothing_disturbs() {
        let budgets = "a 100.00\nboot 500.00\n";
        assert_eq!(violations(budgets, "b min=10400", "b min=10600").len(), 1);
        assert_eq!(violations(budgets, "b min=10400", "b min=9400").len(), 1);
        assert_eq!(violations(budgets, "disturbed=0", "disturbed=1").len(), 2);
        assert_eq!(violations(budgets, "PASS", "x"), ["the guest gave no verdict"]);
    }
}

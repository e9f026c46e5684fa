//! The lines that the bench guest prints (tests/guests/bench), and what they mean.
//!
//! `bench: OP min=M mean=A rounds=R disturbed=D loops=L` in hundredths of a virtual nanosecond, which under
//! QEMU's `-icount shift=0` are hundredths of an instruction; `bench-skip: OP why`;
//! `bench-value: OP N unit`; `bench-window: OP loops=L` before each marked window.

use anyhow::{Context, Result};
use std::fmt;

/// A number of instructions in hundredths; below zero where less than an empty loop was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hundredths(pub i64);

impl Hundredths {
    /// Gives this as a part of `other`, where that is above zero.
    pub fn ratio_to(self, other: Self) -> Option<f64> {
        // Both are far below 2^53.
        (other.0 > 0).then(|| self.0 as f64 / other.0 as f64)
    }
}

impl fmt::Display for Hundredths {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let value = self.0.unsigned_abs();
        match value {
            0..10_000 if value % 100 >= 5 && value % 100 < 95 => {
                let tenths = (value + 5) / 10;
                formatter.pad(&format!("{sign}{}.{}", tenths / 10, tenths % 10))
            }
            _ => formatter.pad(&format!("{sign}{}", (value + 50) / 100)),
        }
    }
}

/// What came of an operation's rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The least that one cost, averaged over a round.
    pub min: Hundredths,
    /// What one cost on average.
    pub mean: Hundredths,
    /// How many rounds there were.
    pub rounds: u64,
    /// In how many of them it cost more than a hundredth above the least.
    pub disturbed: u64,
    /// How often it was done in a round.
    pub loops: u64,
}

/// A figure that is no timed loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The number.
    pub number: i64,
    /// Its unit.
    pub unit: String,
}

/// A marked window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The operation in it.
    pub operation: String,
    /// How often it was done there.
    pub loops: u64,
}

/// All that a run of the guest printed, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Operations that were measured.
    pub measured: Vec<(String, Measured)>,
    /// Operations that do not exist there, and why.
    pub skipped: Vec<(String, String)>,
    /// Other figures.
    pub values: Vec<(String, Value)>,
    /// Marked windows.
    pub windows: Vec<Window>,
    /// Debian's version of the package, if real Xen ran.
    pub xen_version: Option<String>,
    /// What went wrong: failed checks, damaged lines, no verdict.
    pub failures: Vec<String>,
}

impl Report {
    /// Finds a measured operation.
    pub fn measured(&self, operation: &str) -> Option<&Measured> {
        self.measured.iter().find(|(name, _)| name == operation).map(|(_, measured)| measured)
    }

    /// Finds a figure.
    pub fn value(&self, operation: &str) -> Option<&Value> {
        self.values.iter().find(|(name, _)| name == operation).map(|(_, value)| value)
    }

    /// Adds what another run printed.
    pub fn extend(&mut self, other: Self) {
        self.measured.extend(other.measured);
        self.skipped.extend(other.skipped);
        self.values.extend(other.values);
        self.windows.extend(other.windows);
        self.failures.extend(other.failures);
        self.xen_version = self.xen_version.take().or(other.xen_version);
    }
}

/// Reads a run's console. What is wrong with it is among the failures; what is right is still of use.
pub fn parse(text: &str) -> Report {
    let mut report = Report { xen_version: xen_version(text), ..Report::default() };
    let mut verdict = false;
    for line in text.lines().map(str::trim_end) {
        verdict |= line.starts_with("PASS ") || line.starts_with("FAIL ");
        let known = line.split_once(": ").map_or(Ok(()), |(kind, rest)| report.take(kind, rest));
        if let Err(error) = known {
            report.failures.push(format!("{line:?}: {error:#}"));
        }
        if line.starts_with("FAIL ") {
            report.failures.push(line.to_owned());
        }
    }
    if !verdict {
        report.failures.push("the guest gave no verdict".to_owned());
    }
    report
}

impl Report {
    fn take(&mut self, kind: &str, rest: &str) -> Result<()> {
        let (operation, details) = rest.split_once(' ').unwrap_or((rest, ""));
        let operation = operation.to_owned();
        match kind {
            "bench" => self.measured.push((operation, measured(details)?)),
            "bench-skip" => self.skipped.push((operation, details.to_owned())),
            "bench-value" => self.values.push((operation, value(details)?)),
            "bench-window" => self.windows.push(Window { operation, loops: field(details, "loops")? }),
            _ => {}
        }
        Ok(())
    }
}

fn measured(details: &str) -> Result<Measured> {
    Ok(Measured {
        min: Hundredths(field(details, "min")?),
        mean: Hundredths(field(details, "mean")?),
        rounds: field(details, "rounds")?,
        disturbed: field(details, "disturbed")?,
        loops: field(details, "loops")?,
    })
}

fn value(details: &str) -> Result<Value> {
    let (number, unit) = details.split_once(' ').context("a value has a number and a unit")?;
    Ok(Value { number: number.parse().context("the number")?, unit: unit.to_owned() })
}

/// Finds `name=NUMBER` among words.
pub fn field<T: std::str::FromStr>(words: &str, name: &str) -> Result<T> {
    let value = words.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let value = value.with_context(|| format!("there is no {name}="))?;
    value.parse().ok().with_context(|| format!("{name}={value} is no number"))
}

/// Finds in a console what real Xen says about itself: Debian's version of the package.
fn xen_version(console: &str) -> Option<String> {
    let line = console.lines().find(|line| line.contains("Xen version "))?;
    let debian = line.split_once("(Debian ")?.1;
    Some(debian.split(')').next()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "(XEN) Xen version 4.17.6-pre (Debian 4.17.5+72-g01140da4e8-1) (a@b) (gcc (Debian 12))\r\n\
        bench-window: null-hypercall loops=1000\r\n\
        bench: null-hypercall min=42300 mean=42310 rounds=10 disturbed=1 loops=1000\r\n\
        bench-skip: evtchn-unmask no hypervisor\r\n\
        bench-value: boot 12000000 ns\r\n\
        PASS bench 3 checks\r\n";

    #[test]
    fn reads_each_kind_of_line() {
        let report = parse(LOG);
        assert_eq!(report.xen_version.as_deref(), Some("4.17.5+72-g01140da4e8-1"));
        let measured = report.measured("null-hypercall").unwrap();
        assert_eq!((measured.min, measured.mean), (Hundredths(42_300), Hundredths(42_310)));
        assert_eq!((measured.rounds, measured.disturbed, measured.loops), (10, 1, 1000));
        assert_eq!(report.skipped, [("evtchn-unmask".into(), "no hypervisor".into())]);
        assert_eq!(report.value("boot").unwrap(), &Value { number: 12_000_000, unit: "ns".into() });
        assert_eq!(report.windows, [Window { operation: "null-hypercall".into(), loops: 1000 }]);
    }

    #[test]
    fn a_failed_check_a_damaged_line_and_a_missing_verdict_are_failures() {
        let failures = |from: &str, to: &str| parse(&LOG.replace(from, to)).failures.len();
        assert_eq!(failures("x", "x"), 0);
        assert_eq!(failures("PASS bench 3 checks", "FAIL bench 1 of 3"), 1);
        assert_eq!(failures("mean=42310", "mean="), 1);
        assert_eq!(failures("min=42300", ""), 1);
        assert_eq!(failures("PASS", "ok"), 1);
        assert_eq!(parse(&LOG.replace("mean=42310", "mean=")).values.len(), 1);
    }

    #[test]
    fn numbers_print_with_three_digits_or_a_decimal() {
        for (hundredths, text) in
            [(42_349, "423"), (9_970, "99.7"), (9_999, "100"), (1_203, "12"), (-120, "-1.2"), (0, "0")]
        {
            assert_eq!(Hundredths(hundredths).to_string(), text);
        }
        assert_eq!(Hundredths(50).ratio_to(Hundredths(200)), Some(0.25));
        assert_eq!(Hundredths(50).ratio_to(Hundredths(0)), None);
    }
}

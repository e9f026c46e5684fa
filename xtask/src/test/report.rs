//! What came of each test, and the table at the end.

use std::fmt::Write;
use std::time::Duration;

/// What came of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It passed.
    Passed,
    /// It failed, and why.
    Failed(String),
    /// It was not run, and why.
    Skipped(String),
}

/// One test.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name, unique in its stage.
    pub name: String,
    /// What came of it.
    pub outcome: Outcome,
    /// How long it took, where that was measured.
    pub took: Duration,
}

impl Case {
    /// Makes a case from a result: an error is a failure.
    pub fn from_result(name: impl Into<String>, result: anyhow::Result<()>, took: Duration) -> Self {
        let outcome = match result {
            Ok(()) => Outcome::Passed,
            Err(error) => Outcome::Failed(format!("{error:#}")),
        };
        Self { name: name.into(), outcome, took }
    }

    /// Makes a case that was not run.
    pub fn skipped(name: impl Into<String>, why: impl Into<String>) -> Self {
        Self { name: name.into(), outcome: Outcome::Skipped(why.into()), took: Duration::ZERO }
    }

    /// Prints the case's line.
    pub fn announce(&self) {
        let word = match &self.outcome {
            Outcome::Passed => "ok",
            Outcome::Failed(_) => "FAILED",
            Outcome::Skipped(_) => "skipped",
        };
        println!("  {word:7} {} ({:.1} s)", self.name, self.took.as_secs_f32());
    }
}

/// A stage's cases and time.
#[derive(Clone, Debug)]
pub struct StageReport {
    /// The stage's name.
    pub name: &'static str,
    /// Its cases.
    pub cases: Vec<Case>,
    /// How long the whole stage took.
    pub took: Duration,
}

/// Numbers of cases by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Passed.
    pub passed: usize,
    /// Failed.
    pub failed: usize,
    /// Not run.
    pub skipped: usize,
}

impl Totals {
    fn of<'a>(cases: impl Iterator<Item = &'a Case>) -> Self {
        let mut totals = Self::default();
        for case in cases {
            match case.outcome {
                Outcome::Passed => totals.passed += 1,
                Outcome::Failed(_) => totals.failed += 1,
                Outcome::Skipped(_) => totals.skipped += 1,
            }
        }
        totals
    }
}

/// Prints failures, the table, and the last line; gives the totals.
pub fn print_summary(stages: &[StageReport]) -> Totals {
    println!("{}", summary(stages));
    Totals::of(stages.iter().flat_map(|stage| &stage.cases))
}

fn summary(stages: &[StageReport]) -> String {
    let mut text = String::new();
    for stage in stages {
        for case in &stage.cases {
            if let Outcome::Failed(why) = &case.outcome {
                let _ = writeln!(text, "\nFAILED {}: {}\n{why}", stage.name, case.name);
            }
        }
    }
    let _ = writeln!(text, "\n{:10} {:>7} {:>7} {:>8} {:>8}", "stage", "passed", "failed", "skipped", "time");
    for stage in stages {
        let Totals { passed, failed, skipped } = Totals::of(stage.cases.iter());
        let seconds = stage.took.as_secs();
        let _ = writeln!(text, "{:10} {passed:>7} {failed:>7} {skipped:>8} {seconds:>6} s", stage.name);
    }
    let Totals { passed, failed, skipped } = Totals::of(stages.iter().flat_map(|stage| &stage.cases));
    let _ = write!(text, "\n{passed} passed, {failed} failed, {skipped} skipped");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_counts_cases() {
        let cases = vec![
            Case::from_result("a", Ok(()), Duration::ZERO),
            Case::from_result("b", Err(anyhow::anyhow!("reason")), Duration::ZERO),
            Case::skipped("c", "not now"),
        ];
        let text = summary(&[StageReport { name: "host", cases, took: Duration::from_secs(3) }]);
        assert!(text.contains("FAILED host: b\nreason"));
        assert_eq!(text.lines().last(), Some("1 passed, 1 failed, 1 skipped"));
    }
}

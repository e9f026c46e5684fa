//! The table `operation | bare | Xen | Xenolith | Xenolith/Xen` of one kind of machine.

use super::counts::Counts;
use super::lab::{Kind, Under};
use super::protocol::{Hundredths, Report};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Everything measured on one kind of machine.
#[derive(Clone, Debug)]
pub struct Results {
    /// The machine.
    pub kind: Kind,
    /// By who ran under the guest, in the order of [`Under::ALL`]; `None` where nobody did.
    pub reports: [Option<Report>; 3],
    /// What emulation makes free, by operation, likewise.
    pub counts: [BTreeMap<String, Counts>; 3],
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The operation.
    pub operation: String,
    /// The least of each, in the order of [`Under::ALL`].
    pub least: [Option<Hundredths>; 3],
    /// What was done more often than on Xen, of what emulation makes free.
    pub above_xen: Vec<String>,
}

impl Row {
    /// Gives ours as a part of Xen's.
    pub fn ratio(&self) -> Option<f64> {
        let [_, xen, ours] = self.least;
        ours?.ratio_to(xen?)
    }
}

/// Tells whether this is the same operation as another with other arguments.
pub fn is_variant(operation: &str) -> bool {
    operation.ends_with(".b") || operation.ends_with(".c")
}

impl Results {
    /// Starts with nothing measured.
    pub fn new(kind: Kind) -> Self {
        Self { kind, reports: [const { None }; 3], counts: [const { BTreeMap::new() }; 3] }
    }

    /// Gives what ran `under` the guest.
    pub fn report(&self, under: Under) -> Option<&Report> {
        self.reports.get(index(under))?.as_ref()
    }

    /// Adds what a run `under` the guest printed.
    pub fn add(&mut self, under: Under, report: Report) {
        if let Some(place) = self.reports.get_mut(index(under)) {
            match place {
                Some(old) => old.extend(report),
                None => *place = Some(report),
            }
        }
    }

    /// Adds what a run with marked windows counted.
    pub fn add_counts(&mut self, under: Under, counts: BTreeMap<String, Counts>) {
        if let Some(place) = self.counts.get_mut(index(under)) {
            place.extend(counts);
        }
    }

    /// Lists the operations in the guest's order.
    pub fn operations(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        // Ours first: nothing is skipped there but what is not asked for.
        for report in self.reports.iter().rev().flatten() {
            for (name, _) in &report.measured {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
        names
    }

    /// Makes the rows, without variants.
    pub fn rows(&self) -> Vec<Row> {
        let names = self.operations().into_iter().filter(|name| !is_variant(name));
        names.map(|operation| self.row(operation)).collect()
    }

    fn row(&self, operation: String) -> Row {
        let least = self.reports.each_ref().map(|report| {
            let measured = report.as_ref()?.measured(&operation)?;
            Some(measured.min)
        });
        let [_, xen, ours] = &self.counts;
        let above_xen = match (xen.get(&operation), ours.get(&operation)) {
            (Some(xen), Some(ours)) => ours.above(xen),
            _ => Vec::new(),
        };
        Row { operation, least, above_xen }
    }
}

fn index(under: Under) -> usize {
    Under::ALL.iter().position(|other| *other == under).unwrap_or(0)
}

/// Writes a number, or a dash for none.
pub fn cell(value: Option<Hundredths>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// Writes a ratio, or a dash for none.
pub fn ratio_cell(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"))
}

/// Writes the table for a terminal.
pub fn text(results: &Results) -> String {
    let mut text = String::new();
    let version = results.report(Under::Xen).and_then(|report| report.xen_version.as_deref());
    let _ =
        writeln!(text, "{}: instructions for one; Xen is Debian's {}", results.kind, version.unwrap_or("-"));
    let _ = writeln!(
        text,
        "{:22} {:>9} {:>9} {:>9} {:>13}  more often than Xen",
        "operation", "bare", "Xen", "Xenolith", "Xenolith/Xen"
    );
    for row in results.rows() {
        let [bare, xen, ours] = row.least.map(cell);
        let ratio = ratio_cell(row.ratio());
        let above = row.above_xen.join(", ");
        let line = format!("{:22} {bare:>9} {xen:>9} {ours:>9} {ratio:>13}  {above}", row.operation);
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text.push_str(&values(results));
    for under in Under::ALL {
        for failure in results.report(under).iter().flat_map(|report| &report.failures) {
            let _ = writeln!(text, "WRONG under {}: {failure}", under.name());
        }
    }
    text
}

/// Writes the figures that are no loops.
fn values(results: &Results) -> String {
    let mut text = String::new();
    for (name, unit) in value_names(results) {
        let numbers = results.reports.each_ref().map(|report| Some(report.as_ref()?.value(&name)?.number));
        let [_, xen, ours] = numbers.map(|number| number.map(Hundredths));
        let ratio = ratio_cell(ours.zip(xen).and_then(|(ours, xen)| ours.ratio_to(xen)));
        let [bare, xen, ours] =
            numbers.map(|number| number.map_or_else(|| "-".to_owned(), |number| number.to_string()));
        let _ = writeln!(text, "{name:22} {bare:>9} {xen:>9} {ours:>9} {ratio:>13}  {unit}");
    }
    text
}

/// Lists the figures that are no loops, with their units.
pub fn value_names(results: &Results) -> Vec<(String, String)> {
    let mut names: Vec<(String, String)> = Vec::new();
    for report in results.reports.iter().rev().flatten() {
        for (name, value) in &report.values {
            if !names.iter().any(|(other, _)| other == name) {
                names.push((name.clone(), value.unit.clone()));
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::protocol::parse;

    fn results() -> Results {
        let mut results = Results::new(Kind::ALL[0]);
        let bare = "bench: psci-version min=1000 mean=1000 rounds=9 disturbed=0 loops=9\n\
                    bench-skip: null-hypercall no hypervisor\nPASS bench 1 checks\n";
        let xen = "bench: null-hypercall min=42300 mean=42300 rounds=9 disturbed=0 loops=9\n\
                   bench: psci-version min=47400 mean=47400 rounds=9 disturbed=0 loops=9\n\
                   bench-value: boot 9000 ns\nPASS bench 1 checks\n";
        let ours = xen.replace("42300", "10575").replace("9000", "500");
        let ours = format!("bench: null-hypercall.b min=1 mean=1 rounds=9 disturbed=0 loops=9\n{ours}");
        results.add(Under::Bare, parse(bare));
        results.add(Under::Xen, parse(xen));
        results.add(Under::Ours, parse(&ours));
        results
    }

    #[test]
    fn rows_hold_the_least_of_each_and_no_variants() {
        let rows = results().rows();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].operation, "null-hypercall");
        assert_eq!(rows[0].least, [None, Some(Hundredths(42_300)), Some(Hundredths(10_575))]);
        assert_eq!(rows[0].ratio(), Some(0.25));
    }

    #[test]
    fn the_text_has_dashes_where_nothing_was_measured() {
        let text = text(&results());
        assert!(
            text.contains("null-hypercall                 -       423       106          0.25\n"),
            "{text}"
        );
        assert!(
            text.contains("boot                           -      9000       500          0.06  ns\n"),
            "{text}"
        );
    }

    #[test]
    fn what_is_free_and_done_more_often_is_named() {
        let mut results = results();
        let counts = |line: &str| [("null-hypercall".to_owned(), Counts::parse(line, 1).unwrap())].into();
        results.add_counts(Under::Xen, counts("barrier=2 tlbi=0 cache=0 translate=0 exclusive=4 gic=3"));
        results.add_counts(Under::Ours, counts("barrier=3 tlbi=0 cache=0 translate=0 exclusive=4 gic=1"));
        assert_eq!(results.rows()[0].above_xen, ["barrier 3 > 2"]);
    }
}

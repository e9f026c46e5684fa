//! docs/PERFORMANCE.md: the method, the tables, the curves.

use super::counts::KINDS;
use super::curves::Curve;
use super::lab::{Kind, Under};
use super::protocol::Hundredths;
use super::table::{Results, cell, is_variant, ratio_cell, value_names};
use std::fmt::Write;

/// The chart of ratios, beside the document.
pub const BARS: &str = "performance.svg";
/// Names the picture of a machine's curves, beside the document.
pub fn curves_file(kind: Kind) -> String {
    format!("performance-curves-{kind}.svg")
}

const METHOD: &str = include_str!("method.md");

/// Makes the document; `emulator` is what QEMU says about itself.
pub fn document(all: &[Results], curves: &[(Kind, Vec<Curve>)], emulator: &str) -> String {
    let version = all.iter().find_map(|results| results.report(Under::Xen)?.xen_version.as_deref());
    let mut text = METHOD.replace("{xen}", version.unwrap_or("-")).replace("{emulator}", emulator);
    let _ = write!(text, "\n![Xenolith as a part of Xen]({BARS})\n");
    for results in all {
        let _ = write!(text, "\n## {}\n\n{}", results.kind, operations(results));
        let _ = write!(text, "\n### Booting, and what is kept: {}\n\n{}", results.kind, values(results));
        let _ = write!(text, "\n### What emulation makes free: {}\n\n{}", results.kind, counts(results));
    }
    for (kind, curves) in curves {
        let _ = write!(
            text,
            "\n## Curves: {kind}\n\n![Curves of {kind}]({})\n{}",
            curves_file(*kind),
            tables(curves)
        );
    }
    text
}

fn tables(curves: &[Curve]) -> String {
    let mut text = String::new();
    for curve in curves {
        let _ = write!(text, "\n| {} | Xen: {} | Xenolith |\n|--:|--:|--:|\n", curve.quantity, curve.title);
        for (value, figures) in &curve.points {
            let [xen, ours] = figures.map(number);
            let _ = writeln!(text, "| {value} | {xen} | {ours} |");
        }
    }
    text
}

fn operations(results: &Results) -> String {
    let mut text = String::from(
        "| operation | bare | Xen | Xenolith | Xenolith/Xen | other arguments | disturbed, of Xen's and Xenolith's \
         rounds |\n|---|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in results.rows() {
        let [bare, xen, ours] = row.least.map(cell);
        let rounds = |under| {
            let measured = results.report(under).and_then(|report| report.measured(&row.operation));
            measured.map_or_else(|| "-".to_owned(), |measured| measured.disturbed.to_string())
        };
        let (xen_rounds, our_rounds) = (rounds(Under::Xen), rounds(Under::Ours));
        let _ = writeln!(
            text,
            "| {} | {bare} | {xen} | {ours} | {} | {} | {xen_rounds}, {our_rounds} |",
            row.operation,
            ratio_cell(row.ratio()),
            variants(results, &row.operation)
        );
    }
    text
}

/// What the same operation costs on this hypervisor with other arguments.
fn variants(results: &Results, operation: &str) -> String {
    let Some(report) = results.report(Under::Ours) else { return String::new() };
    let named = report.measured.iter().filter(|(name, _)| is_variant(name));
    let of_it = named.filter(|(name, _)| name.get(..name.len() - 2) == Some(operation));
    of_it.map(|(_, measured)| measured.min.to_string()).collect::<Vec<_>>().join(", ")
}

fn values(results: &Results) -> String {
    let mut text = String::from("| what | unit | Xen | Xenolith | Xenolith/Xen |\n|---|---|--:|--:|--:|\n");
    for (name, unit) in value_names(results) {
        let value = |under| results.report(under)?.value(&name).map(|value| value.number);
        let (xen, ours) = (value(Under::Xen), value(Under::Ours));
        let ratio = ours.zip(xen).and_then(|(ours, xen)| Hundredths(ours).ratio_to(Hundredths(xen)));
        let (xen, ours, ratio) = (number(xen), number(ours), ratio_cell(ratio));
        let _ = writeln!(text, "| {name} | {unit} | {xen} | {ours} | {ratio} |");
    }
    text
}

/// Xen's and ours by operation; what exceeds Xen's is in bold.
fn counts(results: &Results) -> String {
    let mut text = format!("| operation | {} |\n|---{}|\n", KINDS.join(" | "), "|--:".repeat(KINDS.len()));
    let [_, xen, ours] = &results.counts;
    for row in results.rows() {
        let (Some(xen), Some(ours)) = (xen.get(&row.operation), ours.get(&row.operation)) else { continue };
        let cells = xen.each.iter().zip(ours.each).zip(ours.exceeding(xen));
        let cells = cells.map(|((xen, ours), exceeds)| {
            let mark = if exceeds { "**" } else { "" };
            format!("{xen} {mark}{ours}{mark}")
        });
        let _ = writeln!(text, "| {} | {} |", row.operation, cells.collect::<Vec<_>>().join(" | "));
    }
    text
}

fn number(value: Option<i64>) -> String {
    value.map_or_else(|| "-".to_owned(), grouped)
}

/// Writes a number with its thousands apart.
fn grouped(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::from(if value < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::counts::Counts;
    use crate::bench::protocol::parse;

    #[test]
    fn it_has_rows_bold_excesses_and_grouped_numbers() {
        let mut results = Results::new(Kind::ALL[0]);
        let log = "bench: a min=20000 mean=20000 rounds=9 disturbed=0 loops=9\n\
                   bench: a.b min=20100 mean=20100 rounds=9 disturbed=0 loops=9\n\
                   bench-value: boot-x 12345678 ns\nPASS bench 1 checks\n";
        results.add(Under::Xen, parse(log));
        results.add(Under::Ours, parse(log));
        let line = "barrier=2 tlbi=0 cache=0 translate=0 exclusive=0 gic=0";
        let counts = |line: &str| [("a".to_owned(), Counts::parse(line, 1).unwrap())].into();
        results.add_counts(Under::Xen, counts(line));
        results.add_counts(Under::Ours, counts(&line.replace("tlbi=0", "tlbi=1")));
        let curve = Curve { title: "cost".into(), quantity: "vCPUs", points: vec![(1, [None, Some(1000)])] };
        let text = document(&[results], &[(Kind::ALL[0], vec![curve])], "QEMU 7.2");
        assert!(text.contains("| a | - | 200 | 200 | 1.00 | 201 | 0, 0 |\n"), "{text}");
        assert!(text.contains("| boot-x | ns | 12,345,678 | 12,345,678 | 1.00 |\n"), "{text}");
        assert!(text.contains("| a | 2 2 | 0 **1** | 0 0 | 0 0 | 0 0 | 0 0 |\n"), "{text}");
        assert!(text.contains("| 1 | - | 1,000 |\n") && text.contains("QEMU 7.2") && !text.contains("{xen}"));
    }
}

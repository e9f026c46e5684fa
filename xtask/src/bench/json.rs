//! The figures of one kind of machine as JSON, in an order that does not change from run to run.

use super::counts::KINDS;
use super::lab::Under;
use super::protocol::{Hundredths, Measured};
use super::table::{Results, value_names};
use std::fmt::Write;

/// Makes the document.
pub fn document(results: &Results) -> String {
    let version = results.report(Under::Xen).and_then(|report| report.xen_version.as_deref());
    let mut text = format!("{{\n  \"machine\": \"{}\",\n", results.kind);
    let _ =
        writeln!(text, "  \"xen\": {},", version.map_or("null".into(), |version| format!("\"{version}\"")));
    let operations = results.operations();
    let operations: Vec<String> = operations.iter().map(|name| operation(results, name)).collect();
    let _ = writeln!(text, "  \"operations\": {{\n{}\n  }},", operations.join(",\n"));
    let values = value_names(results);
    let values: Vec<String> = values.iter().map(|(name, unit)| value(results, name, unit)).collect();
    let _ = writeln!(text, "  \"values\": {{\n{}\n  }}\n}}", values.join(",\n"));
    text
}

fn operation(results: &Results, name: &str) -> String {
    let mut parts = Vec::new();
    for (under, counts) in Under::ALL.into_iter().zip(&results.counts) {
        let Some(measured) = results.report(under).and_then(|report| report.measured(name)) else { continue };
        let counts = counts.get(name).map(|counts| {
            let each = KINDS.iter().zip(counts.each);
            each.map(|(kind, count)| format!("\"{kind}\": {}", decimal(count))).collect::<Vec<_>>()
        });
        let counts =
            counts.map_or(String::new(), |counts| format!(", \"counts\": {{{}}}", counts.join(", ")));
        parts.push(format!("      \"{}\": {{{}{counts}}}", under.name(), figures(measured)));
    }
    format!("    \"{name}\": {{\n{}\n    }}", parts.join(",\n"))
}

fn figures(measured: &Measured) -> String {
    let Measured { min, mean, rounds, disturbed, loops } = measured;
    let (min, mean) = (decimal(*min), decimal(*mean));
    format!(
        "\"min\": {min}, \"mean\": {mean}, \"rounds\": {rounds}, \"disturbed\": {disturbed}, \"loops\": {loops}"
    )
}

fn value(results: &Results, name: &str, unit: &str) -> String {
    let mut parts = vec![format!("\"unit\": \"{unit}\"")];
    for under in Under::ALL {
        if let Some(value) = results.report(under).and_then(|report| report.value(name)) {
            parts.push(format!("\"{}\": {}", under.name(), value.number));
        }
    }
    format!("    \"{name}\": {{{}}}", parts.join(", "))
}

/// Writes hundredths as a number with two decimals.
pub fn decimal(value: Hundredths) -> String {
    let sign = if value.0 < 0 { "-" } else { "" };
    let digits = value.0.unsigned_abs();
    format!("{sign}{}.{:02}", digits / 100, digits % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::counts::Counts;
    use crate::bench::lab::Kind;
    use crate::bench::protocol::parse;
    use tinyjson::JsonValue;

    #[test]
    fn it_is_json_and_holds_what_was_measured() {
        let mut results = Results::new(Kind::ALL[2]);
        let log =
            "bench: loop min=-5 mean=300 rounds=9 disturbed=0 loops=9\nbench-value: boot 9 ns\nPASS b 1\n";
        results.add(Under::Ours, parse(log));
        let counts = Counts::parse("barrier=1 tlbi=0 cache=0 translate=0 exclusive=0 gic=0", 1).unwrap();
        results.add_counts(Under::Ours, [("loop".to_owned(), counts)].into());
        let json: JsonValue = document(&results).parse().unwrap();
        assert_eq!(json["machine"].get::<String>().unwrap(), "arm32-gic2");
        let row = &json["operations"]["loop"]["xenolith"];
        assert_eq!(row["min"].get::<f64>(), Some(&-0.05));
        assert_eq!(row["counts"]["barrier"].get::<f64>(), Some(&1.0));
        assert_eq!(json["values"]["boot"]["xenolith"].get::<f64>(), Some(&9.0));
    }
}

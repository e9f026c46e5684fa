//! The charts of docs/PERFORMANCE.md, as SVG written by hand: bars of ratios, and small curves.

use super::curves::Curve;
use super::table::Results;
use std::fmt::Write;

/// A colour for each kind of machine, or for each hypervisor of a curve.
const COLOURS: [&str; 3] = ["#3b6fb5", "#e08a2e", "#4f9d5a"];
/// Ratios above this are cut, and written beside the bar.
const RATIO_MAX: f64 = 1.5;
const LABELS: f64 = 190.0;
const WIDTH: f64 = 560.0;
const BAR: f64 = 7.0;
const GAP: f64 = 6.0;
const TOP: f64 = 56.0;

/// Draws the ratio Xenolith/Xen of each operation, a bar for each kind of machine.
pub fn bars(all: &[Results]) -> String {
    let mut names: Vec<String> = Vec::new();
    for row in all.iter().flat_map(Results::rows) {
        if row.ratio().is_some() && row.operation != "loop" && !names.contains(&row.operation) {
            names.push(row.operation);
        }
    }
    let group = BAR * count(all.len()) + GAP;
    let height = TOP + group * count(names.len()) + 24.0;
    let mut body =
        text(8.0, 18.0, "start", "Instructions of Xenolith, as a part of real Xen's (shorter is better)");
    for (index, results) in all.iter().enumerate() {
        let x = LABELS + 130.0 * count(index);
        let _ = writeln!(
            body,
            "<rect x=\"{x}\" y=\"28\" width=\"10\" height=\"10\" fill=\"{}\"/>",
            colour(index)
        );
        body.push_str(&text(x + 14.0, 37.0, "start", &results.kind.to_string()));
    }
    for mark in [0.0, 0.33, 0.5, 1.0] {
        let x = LABELS + scale(mark);
        let bottom = height - 20.0;
        let _ = writeln!(
            body,
            "<line x1=\"{x:.1}\" y1=\"{}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\" stroke=\"#999\"/>",
            TOP - 8.0
        );
        body.push_str(&text(x, height - 6.0, "middle", &format!("{mark}")));
    }
    for (row, name) in names.iter().enumerate() {
        let y = TOP + group * count(row);
        body.push_str(&text(LABELS - 6.0, y + group / 2.0, "end", name));
        for (index, results) in all.iter().enumerate() {
            let found = results.rows().into_iter().find(|row| row.operation == *name);
            if let Some(ratio) = found.and_then(|row| row.ratio()) {
                body.push_str(&bar(y + BAR * count(index), ratio, colour(index)));
            }
        }
    }
    svg(LABELS + WIDTH + 60.0, height, &body)
}

fn bar(y: f64, ratio: f64, colour: &str) -> String {
    let width = scale(ratio);
    let mut bar = format!(
        "<rect x=\"{LABELS}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{}\" fill=\"{colour}\"/>\n",
        BAR - 1.0
    );
    if ratio > RATIO_MAX {
        bar.push_str(&text(LABELS + width + 4.0, y + BAR - 0.5, "start", &format!("{ratio:.1}")));
    }
    bar
}

fn scale(ratio: f64) -> f64 {
    WIDTH * ratio.min(RATIO_MAX) / RATIO_MAX
}

const PANEL: (f64, f64) = (300.0, 170.0);
const COLUMNS: usize = 3;
/// Labels of points nearer than this to the last one are left out.
const LABEL_WIDTH: f64 = 24.0;

/// Draws each curve in a panel of its own, from zero; Xen and Xenolith in one.
pub fn curves(all: &[Curve]) -> String {
    let mut body = String::new();
    for (index, curve) in all.iter().enumerate() {
        let (column, row) = (index % COLUMNS, index / COLUMNS);
        let (x, y) = (count(column) * PANEL.0, count(row) * PANEL.1);
        let _ = writeln!(body, "<g transform=\"translate({x},{y})\">\n{}</g>", panel(curve));
    }
    let rows = all.len().div_ceil(COLUMNS);
    svg(count(COLUMNS) * PANEL.0, count(rows) * PANEL.1, &body)
}

fn panel(curve: &Curve) -> String {
    let (left, right, top, bottom) = (16.0, PANEL.0 - 70.0, 34.0, PANEL.1 - 28.0);
    let figures = curve.points.iter().flat_map(|(_, figures)| figures.iter().flatten());
    let most = figures.copied().max().unwrap_or(1).max(1) as f64;
    let largest = curve.points.iter().map(|(value, _)| *value).max().unwrap_or(1) as f64;
    let place = |value: u64, figure: i64| {
        let x = left + (right - left) * value as f64 / largest;
        (x, bottom - (bottom - top) * figure as f64 / most)
    };
    let mut body = text(left, 16.0, "start", &format!("{} by {}", curve.title, curve.quantity));
    let _ = writeln!(body, "<path d=\"M{left} {top}V{bottom}H{right}\" fill=\"none\" stroke=\"#999\"/>");
    body.push_str(&text(left + 2.0, top - 4.0, "start", &most.to_string()));
    let mut labelled = f64::MIN;
    for (value, _) in &curve.points {
        let x = place(*value, 0).0;
        if x - labelled > LABEL_WIDTH {
            body.push_str(&text(x, bottom + 14.0, "middle", &value.to_string()));
            labelled = x;
        }
    }
    for (column, name) in ["Xen", "Xenolith"].into_iter().enumerate() {
        let points = curve.points.iter().filter_map(|(value, figures)| {
            let figure = figures.get(column).copied().flatten()?;
            Some((place(*value, figure), figure))
        });
        let points: Vec<((f64, f64), i64)> = points.collect();
        let path: Vec<String> = points.iter().map(|((x, y), _)| format!("{x:.1},{y:.1}")).collect();
        let colour = colour(column);
        let _ = writeln!(
            body,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            path.join(" ")
        );
        for ((x, y), _) in &points {
            let _ = writeln!(body, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"{colour}\"/>");
        }
        if let Some(((x, y), _)) = points.last() {
            body.push_str(&text(x + 5.0, y + 4.0, "start", name));
        }
    }
    body
}

fn colour(index: usize) -> &'static str {
    COLOURS.get(index % COLOURS.len()).copied().unwrap_or("#000")
}

/// Small numbers of things, as coordinates.
fn count(number: usize) -> f64 {
    number as f64
}

fn text(x: f64, y: f64, anchor: &str, words: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>\n")
}

fn svg(width: f64, height: f64, body: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"10\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{body}</svg>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::lab::{Kind, Under};
    use crate::bench::protocol::parse;

    #[test]
    fn a_bar_for_each_machine_and_a_number_where_it_is_cut() {
        let mut results = Results::new(Kind::ALL[0]);
        let log = |cost: u32| {
            parse(&format!(
                "bench: a min={cost} mean={cost} rounds=9 disturbed=0 loops=9\nPASS bench 1 checks\n"
            ))
        };
        results.add(Under::Xen, log(1000));
        results.add(Under::Ours, log(2000));
        let chart = bars(&[results]);
        assert!(chart.contains("width=\"560.0\"") && chart.contains(">2.0</text>"), "{chart}");
        assert!(chart.starts_with("<svg ") && chart.ends_with("</svg>\n"));
    }

    #[test]
    fn a_curve_goes_through_its_points() {
        let curve = Curve {
            title: "cost".into(),
            quantity: "vCPUs",
            points: vec![(1, [Some(50), None]), (2, [Some(100), Some(0)])],
        };
        let chart = curves(&[curve]);
        assert!(chart.contains("points=\"123.0,88.0 230.0,34.0\""), "{chart}");
        assert!(chart.contains("points=\"230.0,142.0\""), "{chart}");
    }
}

//! What emulation makes free, counted by the plugin between the guest's markers (xtask/plugin).
//!
//! A line of its file is `window N instructions=I barrier=B tlbi=T cache=C translate=A exclusive=E gic=G`.

use super::protocol::{Hundredths, Window, field};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;

/// The kinds of instruction that are counted, by the plugin's names.
pub const KINDS: [&str; 6] = ["barrier", "tlbi", "cache", "translate", "exclusive", "gic"];

/// How often each kind was executed for one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// In the order of [`KINDS`].
    pub each: [Hundredths; KINDS.len()],
}

impl Counts {
    /// Reads the counts of a window in which the operation was done `loops` times.
    ///
    /// # Errors
    /// A count is missing.
    pub fn parse(line: &str, loops: u64) -> Result<Self> {
        let loops = i64::try_from(loops.max(1)).context("loops")?;
        let mut each = [Hundredths(0); KINDS.len()];
        for (place, kind) in each.iter_mut().zip(KINDS) {
            let count: i64 = field(line, kind)?;
            *place = Hundredths(count.saturating_mul(100) / loops);
        }
        Ok(Self { each })
    }

    /// Takes the lower of each.
    fn least(self, other: Self) -> Self {
        let mut each = self.each;
        for (place, value) in each.iter_mut().zip(other.each) {
            *place = (*place).min(value);
        }
        Self { each }
    }

    /// Tells which exceed `xen`'s.
    pub fn exceeding(&self, xen: &Self) -> [bool; KINDS.len()] {
        // A window's own two barriers, and what interrupts a round, are a small part of one.
        const SLACK: i64 = 25;
        let mut exceeding = [false; KINDS.len()];
        for (place, (ours, xen)) in exceeding.iter_mut().zip(self.each.iter().zip(xen.each)) {
            *place = ours.0 > xen.0 + SLACK;
        }
        exceeding
    }

    /// Names what exceeds `xen`'s, with both numbers.
    pub fn above(&self, xen: &Self) -> Vec<String> {
        let pairs = KINDS.iter().zip(self.each.iter().zip(xen.each)).zip(self.exceeding(xen));
        let above = pairs.filter(|(_, exceeds)| *exceeds);
        above.map(|((kind, (ours, xen)), _)| format!("{kind} {ours} > {xen}")).collect()
    }
}

/// Gives each operation its least counts of all its windows.
///
/// # Errors
/// The plugin's windows are not the guest's.
pub fn by_operation(file: &str, windows: &[Window]) -> Result<BTreeMap<String, Counts>> {
    let lines: Vec<&str> = file.lines().filter(|line| line.starts_with("window ")).collect();
    ensure!(
        // The last one is open where the guest died in it.
        lines.len() == windows.len() || lines.len() + 1 == windows.len(),
        "the plugin saw {} windows where the guest announced {}",
        lines.len(),
        windows.len()
    );
    let mut all: BTreeMap<String, Counts> = BTreeMap::new();
    for (line, window) in lines.into_iter().zip(windows) {
        let counts = Counts::parse(line, window.loops).with_context(|| format!("the plugin's {line:?}"))?;
        all.entry(window.operation.clone())
            .and_modify(|least| *least = least.least(counts))
            .or_insert(counts);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "instructions=9 barrier=210 tlbi=0 cache=0 translate=100 exclusive=1 gic=7";

    #[test]
    fn counts_are_for_one_operation_and_the_least_of_all_windows() {
        let window = |operation: &str| Window { operation: operation.into(), loops: 100 };
        let second = LINE.replace("barrier=210", "barrier=200").replace("gic=7", "gic=9");
        let file = format!("at 0 0x0 nop\nwindow 0 {LINE}\nwindow 1 {LINE}\nwindow 2 {second}\n");
        let counts = by_operation(&file, &[window("a"), window("b"), window("b")]).unwrap();
        assert_eq!(counts["a"].each.map(|count| count.0), [210, 0, 0, 100, 1, 7]);
        assert_eq!(counts["b"].each.map(|count| count.0), [200, 0, 0, 100, 1, 7]);
        assert!(by_operation(&file, &[window("a"), window("b")]).is_err());
        assert!(Counts::parse("barrier=1", 1).is_err());
    }

    #[test]
    fn a_little_more_is_a_windows_own() {
        let counts = |line: &str| Counts::parse(line, 1).unwrap();
        let ours = counts(LINE);
        assert!(ours.above(&ours).is_empty());
        let xen = counts(&LINE.replace("translate=100", "translate=0"));
        assert_eq!(ours.above(&xen), ["translate 100 > 0"]);
    }
}

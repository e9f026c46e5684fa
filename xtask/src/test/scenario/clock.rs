//! Time passes in dom0 as it does outside.

use super::{Setting, begin, power, typed};
use crate::qemu::console::Console;
use anyhow::{Context, Result, ensure};
use std::time::Instant;

/// Sleeps ten seconds and asks both clocks.
pub fn run(console: &mut Console, _: &Setting<'_>) -> Result<()> {
    begin(console)?;
    // What is loaded from disk at the first use is not counted.
    typed(console, "sleep 0; cut -d' ' -f1 /proc/uptime")?;
    let start = Instant::now();
    let text = typed(console, "cut -d' ' -f1 /proc/uptime; sleep 10; cut -d' ' -f1 /proc/uptime")?;
    let outside = start.elapsed().as_secs_f64();
    let times: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let (first, second) = times.first().zip(times.get(1)).with_context(|| format!("no times in {text:?}"))?;
    let inside = second - first;
    ensure!((10.0..10.6).contains(&inside), "sleep 10 took {inside:.2} s of dom0's clock");
    // Starting two processes in software emulation on a busy machine takes a while.
    ensure!((10.0..13.0).contains(&outside), "sleep 10 took {outside:.2} s outside");
    ensure!((outside - inside).abs() < 3.0, "dom0 counted {inside:.2} s, outside it was {outside:.2} s");
    power::off(console)
}

//! Two busy guests share one CPU by their weights, and a cap holds.

use super::{Guest, create, in_guest, row, start};
use crate::qemu::console::Console;
use crate::test::scenario::{Setting, power, typed};
use anyhow::{Context, Result, ensure};

const GUESTS: [Guest; 2] = [Guest::usual(1), Guest::usual(2)];

/// How far a share may be from what it should be.
const TOLERANCE: f64 = 0.05;

/// Weights 256 and 512, then a cap of 25.
pub fn run(console: &mut Console, setting: &Setting<'_>) -> Result<()> {
    start(console, 2)?;
    let seconds = if setting.full { 120 } else { 60 };
    for guest in &GUESTS {
        create(console, guest)?;
    }
    typed(console, "xl sched-credit2 -d g1 -w 256 && xl sched-credit2 -d g2 -w 512")?;
    for guest in &GUESTS {
        in_guest(console, guest, "(while :; do :; done) >/dev/null 2>&1 & true")?;
    }
    let [(first, _), (second, _)] = watch(console, seconds)?;
    let ratio = second / first;
    ensure!((ratio / 2.0 - 1.0).abs() < TOLERANCE, "weights 256:512 gave {first:.1} s and {second:.1} s");
    typed(console, "xl pause g2 && xl sched-credit2 -d g1 -c 25")?;
    let [(first, elapsed), _] = watch(console, seconds)?;
    let share = first / elapsed;
    ensure!((share / 0.25 - 1.0).abs() < TOLERANCE, "a cap of 25 gave {first:.1} of {elapsed:.1} s");
    println!(
        "  {}: weights 256:512 give 1:{ratio:.3}, a cap of 25 gives {:.2} %",
        setting.machine,
        share * 100.0
    );
    power::off(console)
}

/// Gives each guest's CPU time while dom0 sleeps, with the time between its two readings.
fn watch(console: &mut Console, seconds: u32) -> Result<[(f64, f64); 2]> {
    // What was done to set it up has been paid for by then.
    typed(console, "sleep 5")?;
    let before = [reading(console, &GUESTS[0])?, reading(console, &GUESTS[1])?];
    typed(console, &format!("sleep {seconds}"))?;
    let after = [reading(console, &GUESTS[0])?, reading(console, &GUESTS[1])?];
    Ok([0, 1].map(|at| (after[at].0 - before[at].0, after[at].1 - before[at].1)))
}

/// A guest's CPU time, and dom0's clock.
fn reading(console: &mut Console, guest: &Guest) -> Result<(f64, f64)> {
    let columns = row(console, guest)?;
    let clock = typed(console, "cut -d' ' -f1 /proc/uptime")?;
    let cpu = columns.last().context("xl list has no times")?.parse()?;
    Ok((cpu, clock.trim().parse()?))
}

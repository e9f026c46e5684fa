//! An idle dom0 leaves the hypervisor alone: how often each vCPU enters EL2, by the hypervisor's own counters.

use super::{PROMPT, SWITCH, Setting, power};
use crate::qemu::boot::Hypervisor;
use crate::qemu::console::Console;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

/// How long dom0 is watched.
const WATCHED: Duration = Duration::from_secs(60);
/// Entries a second and vCPU that are left when those that cannot be avoided are taken off.
const RATE_MAX: f64 = 50.0;

/// What the counters of one vCPU said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Counters {
    entries: u64,
    by_cause: BTreeMap<String, u64>,
}

impl Counters {
    /// All entries, less two for each interrupt of the virtual timer and one for each WFI.
    fn avoidable(&self) -> i64 {
        let cause = |name: &str| self.by_cause.get(name).copied().unwrap_or_default();
        self.entries.cast_signed() - 2 * cause("vtimer").cast_signed() - cause("wfx").cast_signed()
    }
}

/// Reads the counters twice, a minute apart.
pub fn run(console: &mut Console, setting: &Setting<'_>) -> Result<()> {
    console.wait_for(PROMPT)?;
    if setting.hypervisor != Hypervisor::Xenolith {
        return power::off(console);
    }
    console.send(SWITCH)?;
    console.wait_for("(XEN) ")?;
    console.wait_for_quiet();
    let (first, start) = (read(console)?, Instant::now());
    thread::sleep(WATCHED);
    let (second, seconds) = (read(console)?, start.elapsed().as_secs_f64());
    ensure!(first.len() == usize::try_from(setting.machine.cpus)?, "counters of {} vCPUs", first.len());
    for (vcpu, after) in &second {
        let before = first.get(vcpu).with_context(|| format!("{vcpu} was not there before"))?;
        let difference = i32::try_from(after.avoidable() - before.avoidable())?;
        let rate = f64::from(difference) / seconds;
        ensure!(rate < RATE_MAX, "{vcpu} enters EL2 {rate:.1} times a second: {before:?}, then {after:?}");
    }
    console.send(SWITCH)?;
    console.wait_for("(XEN) ")?;
    console.wait_for_quiet();
    power::off(console)
}

fn read(console: &mut Console) -> Result<BTreeMap<String, Counters>> {
    console.send(b"T")?;
    console.wait_for("'T' pressed")?;
    let text = console.wait_for_quiet();
    let counters = parse(&text);
    ensure!(!counters.is_empty(), "the key T shows no counters: {text}");
    Ok(counters)
}

/// Reads `d0v1: 123 entries` and the lines of `cause=number` behind it.
fn parse(text: &str) -> BTreeMap<String, Counters> {
    let mut all: BTreeMap<String, Counters> = BTreeMap::new();
    let mut vcpu = String::new();
    for line in text.lines().filter_map(|line| line.trim_end().strip_prefix("(XEN) ")) {
        if let Some((name, entries)) = line.strip_suffix(" entries").and_then(|line| line.split_once(": ")) {
            vcpu = name.to_owned();
            all.entry(vcpu.clone()).or_default().entries = entries.parse().unwrap_or_default();
            continue;
        }
        for (cause, count) in line.split_whitespace().filter_map(|word| word.split_once('=')) {
            if let (Some(counters), Ok(count)) = (all.get_mut(&vcpu), count.parse()) {
                counters.by_cause.insert(cause.to_owned(), count);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_counters_and_takes_off_what_cannot_be_avoided() {
        let text = "(XEN) d0v0: 100 entries\r\n(XEN)   hypercall=20  smc=0  wfx=30\r\n(XEN)   vtimer=15\r\n\
                    noise a=b\r\n(XEN) d0v1: 7 entries\r\n";
        let all = parse(text);
        assert_eq!(all["d0v0"].avoidable(), 40);
        assert_eq!(all["d0v1"].avoidable(), 7);
        assert_eq!(all.len(), 2);
    }
}

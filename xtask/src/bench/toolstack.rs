//! What guests do under the stock toolstack, in virtual time: creation, disk, network, on real Xen and here.
//!
//! dom0's script `measure-io` (tests/qemu/toolstack) takes the times under `-icount`, one CPU: an instruction is
//! a nanosecond and waiting for an interrupt costs nothing but the wait.

use super::Kind;
use super::Options;
use super::lab::Under;
use crate::qemu::boot::{Boot, Guest, Hypervisor, dom0_cmdline, hypervisor_cmdline};
use crate::qemu::console::Console;
use crate::qemu::machine::Memory;
use crate::test::scenario::toolstack;
use crate::test::scenario::{power, typed};
use crate::{cmd, debian, image, paths};
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Three rounds of half a minute of virtual time.
const LIMIT: Duration = Duration::from_secs(3600);

/// The most that ours may take of Xen's time.
const RATIO_MAX: f64 = 1.0;

/// The shortest of the rounds, in nanoseconds, by name.
type Times = BTreeMap<String, u64>;

/// Measures the kinds and prints the comparison; tells whether ours is as fast everywhere.
///
/// # Errors
/// A machine does not come up or a measurement fails.
pub fn compare(options: &Options) -> Result<bool> {
    let mut sound = true;
    for kind in &options.kinds {
        let xen = measure(*kind, Under::Xen, options.image.as_deref())?;
        let ours = measure(*kind, Under::Ours, options.image.as_deref())?;
        println!(
            "{kind}, milliseconds of virtual time\n{:24} {:>10} {:>10} {:>7}",
            "", "Xen", "Xenolith", "ratio"
        );
        for (name, theirs) in &xen {
            let own = ours.get(name).with_context(|| format!("{name} was not measured here"))?;
            let ratio = to_ms(*own) / to_ms(*theirs);
            println!("{name:24} {:>10.1} {:>10.1} {ratio:>7.3}", to_ms(*theirs), to_ms(*own));
            sound &= ratio <= RATIO_MAX;
        }
    }
    Ok(sound)
}

fn to_ms(ns: u64) -> f64 {
    Duration::from_nanos(ns).as_secs_f64() * 1000.0
}

fn measure(kind: Kind, under: Under, given: Option<&Path>) -> Result<Times> {
    cmd::progress(&format!("guests at work on {kind} under {}", under.name()));
    let machine = kind.machine(1, Memory::gib(2));
    let payload = debian::ensure_with_guests(kind.arch, &[kind.arch])?;
    let image: PathBuf = match (under, given) {
        (Under::Bare, _) => bail!("the bare machine has no guests"),
        (Under::Xen, _) => payload.xen,
        (Under::Ours, Some(given)) => given.to_path_buf(),
        (Under::Ours, None) => image::build(kind.arch, image::Options::default())?.image,
    };
    let guest = Guest {
        kernel: payload.kernel,
        ramdisk: Some(payload.ramdisk),
        cmdline: dom0_cmdline(Hypervisor::Xen, ""),
    };
    let mut qemu = machine.command();
    Boot { hypervisor: Some((image, hypervisor_cmdline(&machine, ""))), guest }.add_to(&mut qemu);
    qemu.args(["-icount", "shift=0,sleep=off"]);
    let log = paths::logs()?.join(format!("toolstack-{kind}-{}.log", under.name()));
    let mut console = Console::start(&mut qemu, &log, LIMIT)?;
    toolstack::start(&mut console, 1)?;
    let text = typed(&mut console, "measure-io")?;
    power::off(&mut console)?;
    parse(&text)
}

/// Reads lines `measured: NAME NANOSECONDS`.
fn parse(text: &str) -> Result<Times> {
    let mut times = Times::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("measured: ")) {
        let (name, ns) = line.trim().split_once(' ').with_context(|| format!("odd line: {line}"))?;
        let ns: u64 = ns.parse().with_context(|| format!("odd line: {line}"))?;
        let least = times.entry(name.to_owned()).or_insert(ns);
        *least = ns.min(*least);
    }
    ensure!(times.len() == 4, "not everything was measured: {text}");
    Ok(times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_round_counts() {
        let text = "measured: a 30\nmeasured: a 20\nnoise\nmeasured: b 1\nmeasured: c 2\nmeasured: d 3\n";
        let times = parse(text).unwrap();
        assert_eq!(times.get("a"), Some(&20));
        assert!(parse("measured: a 1\n").is_err());
    }
}

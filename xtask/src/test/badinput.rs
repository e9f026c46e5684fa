//! The stage that boots with what a boot loader should never pass: each case must end in one clear line, and
//! then halt or restart, or boot on with a warning.
//!
//! [`rig`] puts a machine together byte by byte, [`tree`] edits device trees, [`kernels`] makes small kernels,
//! [`ramlog`] reads the log that the hypervisor keeps in memory, [`cases`] is the table.

mod cases;
mod kernels;
mod ramlog;
mod rig;
mod tree;

use super::Context;
use super::jobs::{Job, run_all};
use super::report::Case;
use crate::arch::Arch;
use crate::qemu::boot::Hypervisor;
use crate::qemu::console::Console;
use crate::setup::{self, Need};
use crate::{image, paths};
use anyhow::{Result, ensure};
use rig::Rig;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// A boot that has said nothing by then has hung; a busy test machine is slow.
const LIMIT: Duration = Duration::from_secs(60);

/// How a case ends after its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The hypervisor says so and restarts the machine, which ends QEMU.
    Restarts,
    /// The hypervisor says so and halts.
    Halts,
    /// The entry code has stopped: nothing more is said.
    Stops,
    /// dom0 is started all the same.
    Boots,
    /// Nothing reaches a UART: the line is in the RAM log.
    Silent,
}

/// Something wrong, and what must be said of it.
struct Bad {
    name: &'static str,
    /// Makes it wrong.
    spoil: fn(&mut Rig) -> Result<()>,
    /// What must be printed, in this order.
    says: &'static [&'static str],
    end: End,
}

fn all() -> impl Iterator<Item = &'static Bad> {
    cases::ALL.iter().copied().flatten()
}

fn name(bad: &Bad) -> String {
    format!("badinput-{}-{}", Arch::Arm64, bad.name)
}

/// Names every case.
pub fn names() -> Result<Vec<String>> {
    Ok(all().map(name).collect())
}

/// Runs every case that is wanted.
pub fn run(context: &Context) -> Result<Vec<Case>> {
    if context.hypervisor != Hypervisor::Xenolith {
        return Ok(Vec::new());
    }
    let wanted: Vec<&Bad> = all().filter(|bad| context.wants(&name(bad))).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    setup::packages(&[Need::Emulator])?;
    let image = fs::read(image::build(Arch::Arm64, image::Options::default())?.image)?;
    let directory = paths::made(paths::target().join("badinput"))?;
    let blob = rig::host_tree(&directory)?;
    let job = |bad: &'static Bad| {
        let (name, image, blob, directory) = (name(bad), &image, &blob, &directory);
        Job { name: name.clone(), test: Box::new(move || boot(bad, &name, (image, blob), directory)) }
    };
    Ok(run_all(wanted.into_iter().map(job).collect()))
}

fn boot(bad: &Bad, name: &str, (image, blob): (&[u8], &[u8]), directory: &Path) -> Result<()> {
    let mut rig = Rig::new(image, blob)?;
    (bad.spoil)(&mut rig)?;
    let directory = paths::made(directory.join(name))?;
    let mut qemu = rig.command(&directory)?;
    let log = paths::logs()?.join(format!("{name}.log"));
    let mut console = Console::start(&mut qemu, &log, LIMIT)?;
    // A panic is never the answer to bad input; the console gives up at its first line.
    if bad.end == End::Silent {
        return silent(bad, &console, &directory.join(rig::RAM_FILE));
    }
    for line in bad.says {
        console.wait_for(line)?;
    }
    match bad.end {
        End::Restarts => {
            console.wait_for("(XEN) Restarting")?;
            let status = console.wait_for_end()?;
            ensure!(status.success(), "QEMU ended with {status}");
        }
        End::Halts => drop(console.wait_for("(XEN) Halted")?),
        End::Boots => drop(console.wait_for("Serial input to DOM0")?),
        End::Stops | End::Silent => {}
    }
    Ok(())
}

/// Waits until the lines are in the RAM log, and sees that the UART said nothing.
fn silent(bad: &Bad, console: &Console, ram: &Path) -> Result<()> {
    let start = Instant::now();
    loop {
        // QEMU makes the file when it starts.
        let text = ramlog::find(&rig::image_memory(ram)).unwrap_or_default();
        if bad.says.iter().all(|line| text.contains(line)) {
            ensure!(console.text().is_empty(), "the UART said {:?}", console.text());
            return Ok(());
        }
        ensure!(start.elapsed() < LIMIT, "the RAM log has only {text:?}");
        std::thread::sleep(Duration::from_millis(300));
    }
}

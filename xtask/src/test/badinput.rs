//! The stage that boots with what a boot loader should never pass: each case must end in one clear line, and
//! then halt or restart, or boot on with a warning.
//!
//! [`rig`] puts a machine together byte by byte, [`starter`] begins it, [`tree`] edits device trees, [`kernels`] makes small kernels,
//! [`ramlog`] reads the log that the hypervisor keeps in memory, [`cases`] is the table.

mod cases;
mod kernels;
mod ramlog;
mod rig;
mod starter;
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
use std::path::{Path, PathBuf};
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

/// Where a case makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    /// On both architectures.
    Both,
    /// On one.
    Only(Arch),
}

/// Something wrong, and what must be said of it.
struct Bad {
    name: &'static str,
    on: On,
    /// Makes it wrong.
    spoil: fn(&mut Rig) -> Result<()>,
    /// What must be printed, in this order.
    says: &'static [&'static str],
    end: End,
}

fn all() -> impl Iterator<Item = (Arch, &'static Bad)> {
    let on = |arch| move |bad: &&Bad| matches!(bad.on, On::Both) || bad.on == On::Only(arch);
    let cases = || cases::ALL.iter().copied().flatten();
    Arch::ALL.into_iter().flat_map(move |arch| cases().filter(on(arch)).map(move |bad| (arch, bad)))
}

fn name(arch: Arch, bad: &Bad) -> String {
    format!("badinput-{arch}-{}", bad.name)
}

/// What all cases of an architecture start from.
struct Base {
    arch: Arch,
    /// The hypervisor's image.
    image: Vec<u8>,
    /// The machine's own tree.
    tree: Vec<u8>,
    /// Where the cases' files go.
    directory: PathBuf,
}

impl Base {
    fn new(arch: Arch) -> Result<Self> {
        let image = fs::read(image::build(arch, image::Options::default())?.image)?;
        let directory = paths::made(paths::target().join("badinput").join(arch.name()))?;
        Ok(Self { arch, image, tree: rig::host_tree(arch, &directory)?, directory })
    }
}

/// Names every case.
pub fn names() -> Result<Vec<String>> {
    Ok(all().map(|(arch, bad)| name(arch, bad)).collect())
}

/// Runs every case that is wanted.
pub fn run(context: &Context) -> Result<Vec<Case>> {
    if context.hypervisor != Hypervisor::Xenolith {
        return Ok(Vec::new());
    }
    let wanted: Vec<_> = all().filter(|(arch, bad)| context.wants(&name(*arch, bad))).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    setup::packages(&[Need::Emulator])?;
    let archs = Arch::ALL.into_iter().filter(|arch| wanted.iter().any(|(wanted, _)| wanted == arch));
    let bases = archs.map(Base::new).collect::<Result<Vec<_>>>()?;
    let jobs = wanted.into_iter().filter_map(|(arch, bad)| {
        let base = bases.iter().find(|base| base.arch == arch)?;
        Some(Job { name: name(arch, bad), test: Box::new(move || boot(bad, base)) })
    });
    Ok(run_all(jobs.collect()))
}

fn boot(bad: &Bad, base: &Base) -> Result<()> {
    let mut rig = Rig::new(base.arch, &base.image, &base.tree)?;
    (bad.spoil)(&mut rig)?;
    let directory = paths::made(base.directory.join(bad.name))?;
    let mut qemu = rig.command(&directory)?;
    let log = paths::logs()?.join(format!("{}.log", name(base.arch, bad)));
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

//! The stage that boots Debian in QEMU: a table of machines and what is done on each.

mod table;

use super::jobs::{Job, run_all};
use super::report::Case;
use super::scenario::{SWITCH, Scenario, Setting, System};
use super::{BOOT_LIMIT, Context};
use crate::arch::Arch;
use crate::qemu::boot::{self, Boot, Guest, Hypervisor};
use crate::qemu::console::Console;
use crate::qemu::machine::{Gic, Machine, Memory};
use crate::setup::{self, Need};
use crate::{debian, image, paths};
use anyhow::Result;
use std::fs;
use std::time::Duration;

/// When a boot is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// Always.
    Default,
    /// With `--full`, or when a filter names it.
    Full,
}

/// A boot: a machine and what is done on it.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    set: Set,
    arch: Arch,
    gic: Gic,
    cpu: &'static str,
    cpus: u32,
    memory_gib: u64,
    scenario: &'static Scenario,
}

impl Row {
    fn machine(&self) -> Machine {
        let Self { arch, gic, cpus, .. } = *self;
        Machine { arch, gic, cpu: self.cpu.into(), cpus, memory: Memory::gib(self.memory_gib) }
    }

    fn name(&self) -> String {
        format!("{}-{}", self.scenario.name, self.machine())
    }
}

/// Names every row.
pub fn names() -> Result<Vec<String>> {
    Ok(table::rows().iter().map(Row::name).collect())
}

/// Boots every row that is wanted.
pub fn run(context: &Context) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    let mut jobs = Vec::new();
    for row in table::rows().into_iter().filter(|row| context.wants(&row.name())) {
        if row.set == Set::Full && !context.full && context.filter.is_none() {
            continue;
        }
        if context.hypervisor == Hypervisor::Xenolith && !table::READY.contains(&row.arch) {
            cases.push(Case::skipped(row.name(), "the hypervisor does not boot Linux yet"));
            continue;
        }
        let way = Way { hypervisor: context.hypervisor, full: context.full };
        jobs.push(Job { name: row.name(), test: Box::new(move || boot_row(&row, way)) });
    }
    if !jobs.is_empty() {
        prepare(context)?;
    }
    cases.extend(run_all(jobs));
    Ok(cases)
}

/// Makes what all rows share before any runs, so that no two make it at once.
fn prepare(context: &Context) -> Result<()> {
    setup::packages(&[Need::Emulator])?;
    for arch in Arch::ALL {
        debian::ensure(arch)?;
        if context.hypervisor == Hypervisor::Xenolith {
            image::build(arch, image::Options::default())?;
        }
    }
    Ok(())
}

/// How all rows are booted.
#[derive(Clone, Copy, Debug)]
struct Way {
    hypervisor: Hypervisor,
    full: bool,
}

/// The longest that one boot may take.
fn limit(row: &Row, full: bool) -> Duration {
    match (row.scenario.system, full) {
        (System::Guests | System::Disk, false) => BOOT_LIMIT * 4,
        (System::Guests | System::Disk, true) => BOOT_LIMIT * 24,
        _ => BOOT_LIMIT,
    }
}

fn boot_row(row: &Row, way: Way) -> Result<()> {
    let Way { hypervisor, full } = way;
    let machine = row.machine();
    let payload = debian::ensure(row.arch)?;
    let image = match hypervisor {
        Hypervisor::Xenolith => Some(paths::dist().join(format!("xenolith-{}", row.arch))),
        Hypervisor::Xen => Some(payload.xen),
        Hypervisor::None => None,
    };
    let cmdline = boot::hypervisor_cmdline(&machine, row.scenario.hypervisor_options);
    let (guest, disk) = guest(row, hypervisor)?;
    let boot = Boot { hypervisor: image.map(|image| (image, cmdline)), guest };
    let mut qemu = machine.command();
    boot.add_to(&mut qemu);
    let scratch = paths::target().join("scratch").join(row.name());
    qemu.args(disk).args((row.scenario.devices)(&scratch)?);
    let log = paths::logs()?.join(format!("boot-{}.log", row.name()));
    let mut console = Console::start(&mut qemu, &log, limit(row, full))?;
    let setting = Setting { machine: &machine, hypervisor, scratch: &scratch, full };
    let result = (row.scenario.run)(&mut console, &setting);
    if result.is_err() && hypervisor == Hypervisor::Xenolith {
        autopsy(&mut console);
    }
    result?;
    // Kept only where somebody may want to look.
    let _ = fs::remove_dir_all(&scratch);
    Ok(())
}

/// Asks a hypervisor under a dom0 that hangs what it knows; the answers are in the log.
fn autopsy(console: &mut Console) {
    for keys in [SWITCH, b"q", b"d", b"i", b"e", b"t", b"T"] {
        // It may be dead as well: then there is nothing to be had.
        if console.send(keys).is_err() {
            return;
        }
        console.listen();
    }
}

/// Gives dom0's kernel and ramdisk, and QEMU's options for its disk if it has one.
fn guest(row: &Row, hypervisor: Hypervisor) -> Result<(Guest, Vec<String>)> {
    let cmdline = boot::dom0_cmdline(hypervisor, "");
    match row.scenario.system {
        System::Ramdisk | System::Ramdisk32 => {
            let width = if row.scenario.system == System::Ramdisk32 { Arch::Arm32 } else { row.arch };
            let payload = debian::ensure(width)?;
            Ok((Guest { kernel: payload.kernel, ramdisk: Some(payload.ramdisk), cmdline }, Vec::new()))
        }
        System::Guests => {
            // A 64-bit dom0 creates guests of both kinds.
            let guests = if row.arch == Arch::Arm64 { &Arch::ALL[..] } else { &[Arch::Arm32] };
            let payload = debian::ensure_with_guests(row.arch, guests)?;
            Ok((Guest { kernel: payload.kernel, ramdisk: Some(payload.ramdisk), cmdline }, Vec::new()))
        }
        System::Disk => {
            let disk = debian::ensure_disk(row.arch)?;
            let cmdline = cmdline.replace("rdinit=/init", "root=/dev/vda rw");
            // Each boot starts from the disk as it was made; a copy is for dom0's guest.
            let mut options = Vec::new();
            for name in ["disk0", "disk1"] {
                options.extend(debian::drive_options(&disk.image, name, ",cache=unsafe,snapshot=on")?);
            }
            Ok((Guest { kernel: disk.kernel, ramdisk: Some(disk.ramdisk), cmdline }, options))
        }
    }
}

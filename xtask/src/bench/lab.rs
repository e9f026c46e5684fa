//! The machines that are measured, who runs on them, and a run.

use super::protocol::{self, Report};
use crate::arch::Arch;
use crate::qemu::boot::{Boot, Guest};
use crate::qemu::console::Console;
use crate::qemu::machine::{Gic, Machine, Memory};
use crate::{debian, image, paths};
use anyhow::{Context, Result};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A run without a verdict has hung; a busy test machine is slow.
const LIMIT: Duration = Duration::from_secs(240);

/// The package of the bench guest.
const GUEST: &str = "guest-bench";

const OPTIONS: &str = "console=dtuart bootscrub=0 noreboot";

/// Two vCPUs share the one CPU in the operations between two of them.
const VCPUS: u32 = 2;

/// Some command line for the guest: where it has none, a hypervisor takes `bootargs` for the guest's.
const EVERYTHING: &str = "everything";

/// What dom0 gets where a row does not say.
const DOM0_MEM: &str = "256M";

/// A kind of machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its architecture.
    pub arch: Arch,
    /// Its interrupt controller.
    pub gic: Gic,
}

impl Kind {
    /// Those that are measured.
    pub const ALL: [Self; 3] = [
        Self { arch: Arch::Arm64, gic: Gic::V3 },
        Self { arch: Arch::Arm64, gic: Gic::V2 },
        Self { arch: Arch::Arm32, gic: Gic::V2 },
    ];

    /// Gives a machine of this kind.
    pub fn machine(self, cpus: u32, memory: Memory) -> Machine {
        Machine { gic: self.gic, cpus, memory, ..Machine::usual(self.arch) }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-gic{}", self.arch, self.gic)
    }
}

/// Who runs under the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Under {
    /// Nobody.
    Bare,
    /// Debian's Xen.
    Xen,
    /// This hypervisor, or the image given in its place.
    Ours,
}

impl Under {
    /// In the order of the table.
    pub const ALL: [Self; 3] = [Self::Bare, Self::Xen, Self::Ours];

    /// Gives its name in file names and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Xen => "xen",
            Self::Ours => "xenolith",
        }
    }
}

/// The images of an architecture, copied so that a later build does not change a running measurement.
#[derive(Clone, Debug)]
pub struct Images {
    /// The bench guest.
    pub guest: PathBuf,
    /// Its ELF.
    pub guest_elf: PathBuf,
    /// The hypervisor.
    pub ours: PathBuf,
    /// Its ELF, unless the image was given by the user.
    pub ours_elf: Option<PathBuf>,
}

/// Where results go.
///
/// # Errors
/// The directory cannot be made.
pub fn directory() -> Result<PathBuf> {
    paths::made(paths::target().join("bench"))
}

impl Images {
    /// Builds them; `given` stands for the hypervisor's image where there is one.
    ///
    /// # Errors
    /// Something does not compile.
    pub fn build(arch: Arch, given: Option<&Path>) -> Result<Self> {
        let own = paths::made(directory()?.join(arch.name()))?;
        let keep = |from: &Path, name: &str| -> Result<PathBuf> {
            let to = own.join(name);
            fs::copy(from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
            Ok(to)
        };
        let guest = keep(&image::build_guest(arch, GUEST)?, GUEST)?;
        let elf = paths::target().join(arch.target()).join("release").join(GUEST);
        let guest_elf = keep(&elf, "guest-bench.elf")?;
        if let Some(given) = given {
            return Ok(Self { guest, guest_elf, ours: given.to_path_buf(), ours_elf: None });
        }
        let built = image::build(arch, image::Options::default())?;
        let ours_elf = Some(keep(&built.elf, "xenolith.elf")?);
        Ok(Self { guest, guest_elf, ours: keep(&built.image, "xenolith")?, ours_elf })
    }
}

/// A run of the bench guest.
#[derive(Clone, Debug)]
pub struct Run {
    /// Names its log.
    pub name: String,
    /// The machine.
    pub kind: Kind,
    /// How many CPUs it has.
    pub cpus: u32,
    /// How much memory it has.
    pub memory: Memory,
    /// Who runs under the guest.
    pub under: Under,
    /// `dom0_mem=`.
    pub dom0_mem: String,
    /// dom0's vCPUs.
    pub vcpus: u32,
    /// The guest's command line.
    pub cmdline: String,
    /// The guest's ramdisk.
    pub ramdisk: Option<PathBuf>,
    /// More of QEMU's options.
    pub qemu: Vec<String>,
}

impl Run {
    /// The usual run: one CPU, 1 GiB, everything the guest does by itself.
    pub fn new(kind: Kind, under: Under) -> Self {
        Self {
            name: format!("{kind}-{}", under.name()),
            kind,
            cpus: 1,
            memory: Memory::gib(1),
            under,
            dom0_mem: DOM0_MEM.into(),
            vcpus: VCPUS,
            cmdline: EVERYTHING.into(),
            ramdisk: None,
            qemu: Vec::new(),
        }
    }

    /// Runs the guest and reads what it printed; what went wrong meanwhile is among the report's failures.
    ///
    /// # Errors
    /// QEMU cannot be started.
    pub fn report(&self, images: &Images) -> Result<Report> {
        let mut qemu = self.command(images)?;
        let log = self.log()?;
        let mut console = Console::start(&mut qemu, &log, LIMIT)?;
        let end = console.wait_for_end();
        let mut report = protocol::parse(console.text());
        let end = end.err().map(|error| error.to_string().lines().next().unwrap_or_default().to_owned());
        report.failures.extend(end);
        if !report.failures.is_empty() {
            report.failures.push(format!("the whole log: {}", log.display()));
        }
        Ok(report)
    }

    /// Where its console is kept.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn log(&self) -> Result<PathBuf> {
        Ok(paths::logs()?.join(format!("bench-{}.log", self.name)))
    }

    /// Makes QEMU's command line.
    ///
    /// # Errors
    /// Real Xen cannot be had.
    pub fn command(&self, images: &Images) -> Result<Command> {
        let machine = self.kind.machine(self.cpus, self.memory);
        let hypervisor = match self.under {
            Under::Bare => None,
            Under::Xen => Some(debian::ensure(self.kind.arch)?.xen),
            Under::Ours => Some(images.ours.clone()),
        };
        let mut qemu = match hypervisor {
            Some(_) => machine.command(),
            None => machine.command_without_el2(),
        };
        let options = format!("{OPTIONS} dom0_max_vcpus={} dom0_mem={}", self.vcpus, self.dom0_mem);
        let guest = Guest {
            kernel: images.guest.clone(),
            ramdisk: self.ramdisk.clone(),
            cmdline: self.cmdline.clone(),
        };
        let hypervisor = hypervisor.map(|image| (image, options));
        Boot { hypervisor, guest }.add_to(&mut qemu);
        qemu.args(["-icount", "shift=0,sleep=off", "-no-reboot"]);
        qemu.args(&self.qemu);
        Ok(qemu)
    }
}

//! A `virt` machine: architecture, interrupt controller, CPUs, memory.
//!
//! qemu-system-aarch64 runs both architectures: Debian's qemu-system-arm 7.2 goes wrong above 4 GiB.

use crate::arch::Arch;
use crate::args::Args;
use anyhow::{Context, Error, Result, bail, ensure};
use std::fmt;
use std::process::Command;
use std::str::FromStr;

/// The emulator's program.
pub const PROGRAM: &str = "qemu-system-aarch64";

/// A version of Arm's Generic Interrupt Controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gic {
    /// GICv2.
    V2,
    /// GICv3.
    V3,
}

impl FromStr for Gic {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "2" => Ok(Self::V2),
            "3" => Ok(Self::V3),
            _ => bail!("a GIC's version is 2 or 3"),
        }
    }
}

impl fmt::Display for Gic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if *self == Self::V2 { "2" } else { "3" })
    }
}

/// A size of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Memory {
    /// In MiB.
    pub mib: u64,
}

impl Memory {
    /// Makes a size of `gib` GiB.
    pub const fn gib(gib: u64) -> Self {
        Self { mib: gib * 1024 }
    }
}

impl FromStr for Memory {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
        let number: u64 = digits.parse().context("write a size as 2G or 512M")?;
        match text.strip_prefix(digits) {
            Some("G" | "g" | "GiB") => Ok(Self { mib: number * 1024 }),
            Some("" | "M" | "m" | "MiB") => Ok(Self { mib: number }),
            _ => bail!("write a size as 2G or 512M"),
        }
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mib % 1024 {
            0 => write!(formatter, "{}G", self.mib / 1024),
            _ => write!(formatter, "{}M", self.mib),
        }
    }
}

/// A machine to boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Its architecture.
    pub arch: Arch,
    /// Its interrupt controller.
    pub gic: Gic,
    /// QEMU's name of its CPU.
    pub cpu: String,
    /// How many CPUs.
    pub cpus: u32,
    /// How much memory.
    pub memory: Memory,
}

impl Machine {
    /// The usual machine of an architecture.
    pub fn usual(arch: Arch) -> Self {
        let (gic, cpu) = match arch {
            Arch::Arm64 => (Gic::V3, "cortex-a57"),
            Arch::Arm32 => (Gic::V2, "cortex-a15"),
        };
        Self { arch, gic, cpu: cpu.into(), cpus: 2, memory: Memory::gib(2) }
    }

    /// Takes `--arch --gic --cpu --cpus --memory`, the usual machine's values where absent.
    ///
    /// # Errors
    /// A value is not understood, or no such machine exists.
    pub fn from_args(args: &mut Args) -> Result<Self> {
        let arch = args.take_parsed("--arch")?.unwrap_or(Arch::Arm64);
        let mut machine = Self::usual(arch);
        machine.gic = args.take_parsed("--gic")?.unwrap_or(machine.gic);
        machine.cpu = args.take_value("--cpu")?.unwrap_or(machine.cpu);
        machine.cpus = args.take_parsed("--cpus")?.unwrap_or(machine.cpus);
        machine.memory = args.take_parsed("--memory")?.unwrap_or(machine.memory);
        ensure!((1..=64).contains(&machine.cpus), "--cpus is 1 to 64");
        let gicv2_cpus = 8;
        ensure!(machine.gic != Gic::V2 || machine.cpus <= gicv2_cpus, "a GICv2 serves at most 8 CPUs");
        ensure!(machine.memory.mib >= 256, "--memory is at least 256M");
        Ok(machine)
    }

    /// Starts a command line: the machine without anything in it, and no display.
    pub fn command(&self) -> Command {
        self.command_for("virt,virtualization=on")
    }

    /// As [`Machine::command`], but what it starts begins in EL1 or SVC.
    pub fn command_without_el2(&self) -> Command {
        self.command_for("virt")
    }

    fn command_for(&self, model: &str) -> Command {
        let mut command = Command::new(PROGRAM);
        let model = format!("{model},gic-version={}", self.gic);
        command.args(["-machine", &model, "-cpu", &self.cpu]);
        command.args(["-smp", &self.cpus.to_string(), "-m", &self.memory.to_string()]);
        command.args(["-display", "none", "-nodefaults"]);
        command
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { arch, gic, cpu, cpus, memory } = self;
        write!(formatter, "{arch}-gic{gic}-{cpu}-{cpus}cpu-{memory}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_and_print() {
        assert_eq!("8G".parse::<Memory>().unwrap(), Memory::gib(8));
        assert_eq!("1500M".parse::<Memory>().unwrap().to_string(), "1500M");
        assert_eq!("2048".parse::<Memory>().unwrap().to_string(), "2G");
        assert!("4T".parse::<Memory>().is_err() && "G".parse::<Memory>().is_err());
    }
}

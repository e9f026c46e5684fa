//! What is done on a booted machine: type at dom0's shell, look at what comes back.

mod clock;
mod crash;
mod devices;
mod idle;
mod keys;
mod load;
mod memory;
pub mod power;
mod server;
mod shell;
mod systemd;
pub mod toolstack;

use crate::qemu::boot::Hypervisor;
use crate::qemu::console::Console;
use crate::qemu::machine::Machine;
use anyhow::{Context, Result, ensure};
use std::path::Path;

/// The prompt of dom0's shell.
pub const PROMPT: &str = "dom0# ";

/// What runs as dom0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// The ramdisk with the toolstack.
    Ramdisk,
    /// The same of arm32, on whatever machine.
    Ramdisk32,
    /// As [`System::Ramdisk`], with what guests are created from.
    Guests,
    /// The full Debian on a disk.
    Disk,
}

/// Typed, it switches the console's input between dom0 and the hypervisor.
pub const SWITCH: &[u8] = b"\x01\x01\x01";

/// A sequence of steps, with what the machine needs for it.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// The first part of its cases' names.
    pub name: &'static str,
    /// What runs as dom0.
    pub system: System,
    /// Added to the hypervisor's command line.
    pub hypervisor_options: &'static str,
    /// Makes files in a scratch directory and names QEMU's options for them.
    pub devices: fn(&Path) -> Result<Vec<String>>,
    /// The steps.
    pub run: fn(&mut Console, &Setting<'_>) -> Result<()>,
}

/// Where a scenario runs.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The machine.
    pub machine: &'a Machine,
    /// Who runs under dom0.
    pub hypervisor: Hypervisor,
    /// The directory given to [`Scenario::devices`].
    pub scratch: &'a Path,
    /// All of it, however long it takes.
    pub full: bool,
}

/// The shell comes up, shows Debian on all CPUs, and switches the machine off.
pub const SHELL: Scenario = Scenario {
    name: "shell",
    system: System::Ramdisk,
    hypervisor_options: "",
    devices: no_devices,
    run: shell::run,
};

/// As [`SHELL`], with dom0 of 32 bits.
pub const A32: Scenario = Scenario {
    name: "a32",
    system: System::Ramdisk32,
    hypervisor_options: "",
    devices: no_devices,
    run: shell::run_32,
};

/// As [`SHELL`], where one instruction is one nanosecond of the machine's time and idle time passes at once:
/// a wait loop that does not yield eats all of it.
pub const DETERMINISTIC: Scenario = Scenario {
    name: "icount",
    system: System::Ramdisk,
    hypervisor_options: "",
    devices: |_| Ok(vec!["-icount".into(), "shift=0,sleep=off".into()]),
    run: shell::run,
};

/// `reboot` boots again.
pub const REBOOT: Scenario = Scenario {
    name: "reboot",
    system: System::Ramdisk,
    hypervisor_options: "",
    devices: no_devices,
    run: power::reboot,
};

/// All vCPUs busy for a minute.
pub const LOAD: Scenario = Scenario {
    name: "load",
    system: System::Ramdisk,
    hypervisor_options: "dom0_max_vcpus=4",
    devices: no_devices,
    run: load::run,
};

/// Disks on PCI and on virtio-mmio, and the network.
pub const DEVICES: Scenario = Scenario {
    name: "devices",
    system: System::Ramdisk,
    hypervisor_options: "",
    devices: devices::make,
    run: devices::run,
};

/// Ten seconds are ten seconds.
pub const CLOCK: Scenario = Scenario {
    name: "clock",
    system: System::Ramdisk,
    hypervisor_options: "",
    devices: no_devices,
    run: clock::run,
};

/// How often an idle dom0 enters the hypervisor.
pub const IDLE: Scenario = Scenario {
    name: "idle",
    system: System::Ramdisk,
    hypervisor_options: "",
    devices: no_devices,
    run: idle::run,
};

/// How much memory is lost.
pub const MEMORY: Scenario = Scenario {
    name: "memory",
    system: System::Ramdisk,
    hypervisor_options: "",
    devices: no_devices,
    run: memory::run,
};

/// The hypervisor's debug keys.
pub const KEYS: Scenario = Scenario {
    name: "keys",
    system: System::Ramdisk,
    hypervisor_options: "",
    devices: no_devices,
    run: keys::run,
};

/// The hypervisor panics and boots again.
pub const CRASH: Scenario = Scenario {
    name: "crash",
    system: System::Ramdisk,
    hypervisor_options: "",
    devices: no_devices,
    run: crash::run,
};

/// systemd reaches its login with all services.
pub const SYSTEMD: Scenario = Scenario {
    name: "systemd",
    system: System::Disk,
    hypervisor_options: "",
    devices: no_devices,
    run: systemd::run,
};

fn no_devices(_: &Path) -> Result<Vec<String>> {
    Ok(Vec::new())
}

/// Waits for the shell and keeps the kernel's messages off the console from then on: on a slow machine one of
/// them in the middle of a command is taken for what the command printed.
///
/// # Errors
/// The console ends or is silent for too long.
pub fn begin(console: &mut Console) -> Result<()> {
    console.wait_for(PROMPT)?;
    console.shell("dmesg -n 1", PROMPT).map(|_| ())
}

/// Types `command` and gives what it printed.
///
/// # Errors
/// It fails, or the console does.
pub fn typed(console: &mut Console, command: &str) -> Result<String> {
    let output = console.shell(&format!("{command}; echo status=$?"), PROMPT)?;
    let (text, status) =
        output.rsplit_once("status=").with_context(|| format!("{command}: no status in {output:?}"))?;
    let status = status.split_whitespace().next().unwrap_or_default();
    ensure!(status == "0", "`{command}` ended with status {status}: {text}");
    Ok(text.to_owned())
}

//! Debian's shell on every machine: the smallest thing that shows that a machine works.

use super::{PROMPT, Setting, power, typed};
use crate::qemu::boot::Hypervisor;
use crate::qemu::console::Console;
use anyhow::{Result, ensure};

/// Sees that the system has 32 bits, then does as [`run`].
pub fn run_32(console: &mut Console, setting: &Setting<'_>) -> Result<()> {
    console.wait_for(PROMPT)?;
    let machine = typed(console, "uname -m")?;
    ensure!(machine.trim() == "armv7l", "this is no system of 32 bits: {machine}");
    look_around(console, setting)
}

/// Looks around and switches off.
pub fn run(console: &mut Console, setting: &Setting<'_>) -> Result<()> {
    console.wait_for(PROMPT)?;
    look_around(console, setting)
}

fn look_around(console: &mut Console, setting: &Setting<'_>) -> Result<()> {
    let release = typed(console, "cat /etc/os-release; uname -r")?;
    ensure!(release.contains("VERSION_CODENAME=bookworm"), "this is no Debian 12: {release}");
    let online = typed(console, "nproc")?;
    let online = online.trim();
    ensure!(online == setting.machine.cpus.to_string(), "{online} CPUs are online");
    if setting.hypervisor != Hypervisor::None {
        let kind = typed(console, "cat /sys/hypervisor/type /proc/xen/capabilities")?;
        ensure!(
            kind.contains("xen") && kind.contains("control_d"),
            "dom0 does not know that it is one: {kind}"
        );
    }
    power::off(console)
}

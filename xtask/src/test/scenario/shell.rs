//! Debian's shell on every machine: the smallest thing that shows that a machine works.

use super::{PROMPT, Setting, power, typed};
use crate::qemu::boot::Hypervisor;
use crate::qemu::console::Console;
use anyhow::{Result, ensure};

/// Looks around and switches off.
pub fn run(console: &mut Console, setting: &Setting<'_>) -> Result<()> {
    console.wait_for(PROMPT)?;
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

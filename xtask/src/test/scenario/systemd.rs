//! A full Debian with systemd on a disk: to its login, with every service up but the toolstack's.

use super::Setting;
use crate::qemu::console::Console;
use anyhow::{Result, ensure};

/// The prompt of root's shell there.
const PROMPT: &str = "root@dom0:~# ";

/// Logs in, asks systemd, switches off.
pub fn run(console: &mut Console, _: &Setting<'_>) -> Result<()> {
    console.wait_for("dom0 login:")?;
    console.send_line("root")?;
    console.wait_for(PROMPT)?;
    let state = console.shell("systemctl is-system-running --wait", PROMPT)?;
    if !state.contains("running") {
        let failed = console.shell("systemctl --failed --no-pager --plain --no-legend", PROMPT)?;
        let units = failed.lines().filter(|line| line.contains(" failed "));
        let only_toolstack =
            units.clone().count() > 0 && units.clone().all(|unit| unit.contains("xen.service"));
        ensure!(only_toolstack, "systemd is {}: {failed}", state.trim());
    }
    console.send_line("poweroff")?;
    let status = console.wait_for_end()?;
    ensure!(status.success(), "QEMU ended with {status}");
    Ok(())
}

//! Switching off and booting again.

use super::{PROMPT, Setting, typed};
use crate::qemu::console::Console;
use anyhow::{Result, ensure};

/// Switches the machine off from dom0; QEMU must end well.
///
/// # Errors
/// QEMU goes on, or ends with a failure.
pub fn off(console: &mut Console) -> Result<()> {
    console.send_line("poweroff")?;
    let status = console.wait_for_end()?;
    ensure!(status.success(), "QEMU ended with {status}");
    Ok(())
}

/// Boots, boots again, switches off.
pub fn reboot(console: &mut Console, _: &Setting<'_>) -> Result<()> {
    console.wait_for(PROMPT)?;
    typed(console, "touch /run/first-boot")?;
    console.send_line("reboot")?;
    console.wait_for("Linux version")?;
    console.wait_for(PROMPT)?;
    typed(console, "test ! -e /run/first-boot")?;
    off(console)
}

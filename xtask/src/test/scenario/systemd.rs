//! A full Debian with systemd on a disk: to its login, with every service up, and a guest that is the same.

use super::Setting;
use crate::qemu::console::Console;
use anyhow::{Result, ensure};

/// The prompt of root's shell there.
const PROMPT: &str = "root@dom0:~# ";

/// The guest: dom0's own kernel and ramdisk, and a second disk like dom0's.
const GUEST: &str = "name=\"debian\"\nkernel=\"/vmlinuz\"\nramdisk=\"/initrd.img\"\nmemory=512\n\
                     extra=\"console=hvc0 root=/dev/xvda rw\"\ndisk=[\"phy:/dev/vdb,xvda,w\"]\n";

/// Logs in, asks systemd, boots a guest to its login, switches off.
pub fn run(console: &mut Console, _: &Setting<'_>) -> Result<()> {
    log_in(console)?;
    let state = console.shell("systemctl is-system-running --wait", PROMPT)?;
    let failed = console.shell("systemctl --failed --no-pager --plain --no-legend", PROMPT)?;
    ensure!(state.contains("running"), "systemd is {}: {failed}", state.trim());
    let services = console.shell("systemctl is-active xen xendomains", PROMPT)?;
    let active = services.lines().filter(|line| line.trim() == "active").count();
    ensure!(active == 2, "xen and xendomains are {services}");
    let daemons = console.shell("ps -C xenstored,xenconsoled -o comm=", PROMPT)?;
    ensure!(daemons.contains("xenstored") && daemons.contains("xenconsoled"), "running: {daemons}");
    guest(console)?;
    console.send_line("poweroff")?;
    let status = console.wait_for_end()?;
    ensure!(status.success(), "QEMU ended with {status}");
    Ok(())
}

fn log_in(console: &mut Console) -> Result<()> {
    console.wait_for("dom0 login:")?;
    console.send_line("root")?;
    console.wait_for(PROMPT)?;
    Ok(())
}

/// The guest's name of itself is dom0's: it is the same disk.
fn guest(console: &mut Console) -> Result<()> {
    console.shell(&format!("printf '{}' >guest.cfg", GUEST.replace('\n', "\\n")), PROMPT)?;
    console.send_line("xl create -c guest.cfg")?;
    let (which, shown) = console.wait_for_any(&["dom0 login:", PROMPT])?;
    ensure!(which == 0, "the guest gives no login: {shown}");
    console.send_line("root")?;
    console.wait_for(PROMPT)?;
    let roots = console.shell("findmnt -n -o SOURCE /; cat /sys/hypervisor/type", PROMPT)?;
    ensure!(roots.contains("/dev/xvda") && roots.contains("xen"), "this is no guest: {roots}");
    console.send_line("poweroff")?;
    console.wait_for(PROMPT)?;
    // The console closes before the domain is gone.
    console.shell("sleep 5", PROMPT)?;
    let list = console.shell("xl list", PROMPT)?;
    ensure!(!list.contains("debian"), "the guest is still there: {list}");
    Ok(())
}

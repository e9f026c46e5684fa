//! Daemons of the toolstack die and are started again: guests go on, as they do on Xen.

use super::{Guest, create, in_guest, ping, start, write_disk};
use crate::qemu::console::Console;
use crate::test::scenario::{Setting, power, typed};
use anyhow::{Result, ensure};

const GUESTS: [Guest; 2] = [Guest::usual(1), Guest::usual(2)];

/// No devices: those need watches of dom0's kernel, which a new xenstored knows nothing of, on Xen as here.
const BARE: Guest =
    Guest { lines: &["disk=[]", "vif=[]", "extra=\"console=hvc0 rdinit=/init\""], ..Guest::usual(3) };

const TOOLS: &str = "/usr/lib/xen-4.17/bin";

/// Kills the console daemon, the process that watches over a guest, and xenstored.
pub fn run(console: &mut Console, _: &Setting<'_>) -> Result<()> {
    start(console, 2)?;
    for guest in &GUESTS {
        create(console, guest)?;
    }
    let [first, second] = &GUESTS;
    console_daemon(console)?;
    for guest in &GUESTS {
        in_guest(console, guest, "true")?;
    }
    ping(console, first, &second.address())?;
    // Nobody handles a reboot of the second any more; it can still be destroyed.
    typed(console, "kill -9 $(busybox pgrep -f \"xl create.*g2\")")?;
    write_disk(console, second, 4)?;
    typed(console, "xl destroy g2")?;
    store(console)?;
    let text = typed(console, &format!("ping -c 3 -W 10 {}", first.address()))?;
    ensure!(text.contains(" 0% packet loss"), "the guest's network is gone: {text}");
    create(console, &BARE)?;
    in_guest(console, &BARE, "true")?;
    typed(console, "xl destroy g3")?;
    power::off(console)
}

fn console_daemon(console: &mut Console) -> Result<()> {
    typed(console, "kill -9 $(cat /run/xen/xenconsoled.pid); sleep 1")?;
    typed(console, &format!("{TOOLS}/xenconsoled --log=all --pid-file=/run/xen/xenconsoled.pid; sleep 2"))?;
    Ok(())
}

fn store(console: &mut Console) -> Result<()> {
    typed(console, "kill -9 $(cat /run/xen/xenstored.pid); sleep 1")?;
    let started =
        format!("{TOOLS}/xenstored --pid-file /run/xen/xenstored.pid && timeout 60 {TOOLS}/xen-init-dom0");
    typed(console, &started)?;
    console_daemon(console)
}

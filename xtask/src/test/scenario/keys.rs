//! Ctrl-A three times switches the console's input to the hypervisor and back; its keys answer.

use super::{PROMPT, Setting, power, typed};
use crate::qemu::boot::Hypervisor;
use crate::qemu::console::Console;
use anyhow::{Context, Result};

const SWITCH: &[u8] = b"\x01\x01\x01";

/// Each key and a part of what it prints.
const KEYS: &[(&[u8], &str)] = &[
    (b"h", "h"),
    (b"0", "PC"),
    (b"d", "CPU"),
    (b"q", "d0"),
    (b"r", "d0"),
    (b"i", "IRQ"),
    (b"t", "timer"),
    (b"m", "free"),
    (b"e", "port"),
];

/// Types every key, then goes on at dom0's shell.
pub fn run(console: &mut Console, setting: &Setting<'_>) -> Result<()> {
    console.wait_for(PROMPT)?;
    if setting.hypervisor != Hypervisor::Xenolith {
        return power::off(console);
    }
    console.send(SWITCH)?;
    console.wait_for("(XEN) ")?;
    for (key, answer) in KEYS {
        let shown = String::from_utf8_lossy(key);
        console.send(key)?;
        console
            .wait_for("(XEN) ")
            .and_then(|_| console.wait_for(answer))
            .with_context(|| format!("the key {shown}"))?;
        console.wait_for_quiet();
    }
    console.send(SWITCH)?;
    console.wait_for("(XEN) ")?;
    console.wait_for_quiet();
    console.send_line("")?;
    console.wait_for(PROMPT)?;
    typed(console, "uname -r")?;
    power::off(console)
}

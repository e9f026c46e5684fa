//! Ctrl-A three times switches the console's input to the hypervisor and back; its keys answer.

use super::{PROMPT, SWITCH, Setting, power, typed};
use crate::qemu::boot::Hypervisor;
use crate::qemu::console::Console;
use anyhow::{Result, ensure};

/// Each key and a part of what it prints, behind its own line.
const KEYS: &[(&str, &str)] = &[
    ("h", "show this message"),
    ("0", "d0v0"),
    ("d", "CPU"),
    ("q", "VCPU information for domain 0"),
    ("r", "CPU"),
    ("i", "IRQ"),
    ("t", "timer"),
    ("m", "free"),
    ("e", "port"),
    ("T", "entries"),
];

/// Types every key, then goes on at dom0's shell.
pub fn run(console: &mut Console, setting: &Setting<'_>) -> Result<()> {
    console.wait_for(PROMPT)?;
    if setting.hypervisor != Hypervisor::Xenolith {
        return power::off(console);
    }
    console.send(SWITCH)?;
    console.wait_for("(XEN) ")?;
    console.wait_for_quiet();
    for (key, answer) in KEYS {
        console.send(key.as_bytes())?;
        console.wait_for(&format!("(XEN) '{key}' pressed"))?;
        let text = console.wait_for_quiet();
        ensure!(text.contains(answer), "the key {key} does not show {answer:?}: {text}");
    }
    console.send(SWITCH)?;
    console.wait_for("(XEN) ")?;
    console.wait_for_quiet();
    console.send_line("")?;
    console.wait_for(PROMPT)?;
    typed(console, "uname -r")?;
    power::off(console)
}

//! The debug key `C` makes the hypervisor panic: it says why and where, stops every CPU, and restarts.

use super::{PROMPT, SWITCH, Setting, power};
use crate::qemu::boot::Hypervisor;
use crate::qemu::console::Console;
use anyhow::{Result, ensure};

/// What a panic's report contains, in this order.
const REPORT: &[&str] = &[
    "(XEN) Panic on CPU ",
    "(XEN) crash requested by debug key 'C'",
    "(XEN) EL2's system registers:",
    "(XEN) Xen call trace:",
    "hypervisor::machine::panic::panicked+",
    "hypervisor::console::keys::",
    "hypervisor::sched::leave+",
    "(XEN) Restarting",
];

/// Panics at dom0's prompt, with every CPU at work before, and boots again.
pub fn run(console: &mut Console, setting: &Setting<'_>) -> Result<()> {
    console.wait_for(PROMPT)?;
    if setting.hypervisor != Hypervisor::Xenolith {
        return power::off(console);
    }
    for _ in 0..setting.machine.cpus {
        console.send_line("while :; do :; done &")?;
        console.wait_for(PROMPT)?;
    }
    console.expect_panic();
    console.send(SWITCH)?;
    console.wait_for("(XEN) *** Serial input to Xen")?;
    console.send(b"C")?;
    let mut report = String::new();
    for part in REPORT {
        report += &console.wait_for(part)?;
    }
    ensure!(!report.contains("does not stop"), "a CPU did not stop: {report}");
    let lines = report.lines().skip_while(|line| !line.contains("Panic on CPU"));
    for line in lines {
        ensure!(line.trim().is_empty() || line.starts_with("(XEN)"), "{line:?} came after the panic");
    }
    console.wait_for(PROMPT)?;
    power::off(console)
}

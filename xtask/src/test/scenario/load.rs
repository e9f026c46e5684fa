//! All of dom0's vCPUs busy at once, more of them than CPUs or as many.

use super::{Setting, begin, power, typed};
use crate::qemu::boot::Hypervisor;
use crate::qemu::console::Console;
use anyhow::{Context, Result, ensure};

/// What Linux says when a CPU did not get its time.
const COMPLAINTS: &str =
    "WARNING:|BUG:|rcu.*stall|stalls on|soft lockup|hung_task|blocked for more|unstable|clocksource: .*skew";

/// Counts vCPUs, keeps them busy, reads the kernel's log and interrupt counts.
pub fn run(console: &mut Console, setting: &Setting<'_>) -> Result<()> {
    begin(console)?;
    let vcpus = if setting.hypervisor == Hypervisor::None { setting.machine.cpus } else { 4 };
    let online = typed(console, "cat /sys/devices/system/cpu/online")?;
    ensure!(online.trim() == format!("0-{}", vcpus - 1), "of {vcpus} vCPUs, {} are online", online.trim());
    typed(console, &format!("sh /tests/busy.sh {vcpus} 60"))?;
    let complaints = typed(console, &format!("dmesg | grep -E '{COMPLAINTS}' || true"))?;
    ensure!(complaints.trim().is_empty(), "the kernel complains: {complaints}");
    let interrupts = typed(console, "cat /proc/interrupts")?;
    check_counts(&interrupts, "arch_timer", vcpus)?;
    check_counts(&interrupts, "Function call interrupts", vcpus)?;
    check_counts(&interrupts, "Rescheduling interrupts", vcpus)?;
    power::off(console)
}

/// Every CPU has taken some of the interrupt's kind.
fn check_counts(interrupts: &str, kind: &str, cpus: u32) -> Result<()> {
    let line = interrupts.lines().find(|line| line.contains(kind)).with_context(|| format!("no {kind}"))?;
    let counts = line.split_whitespace().skip(1).map_while(|word| word.parse::<u64>().ok());
    let nonzero = counts.filter(|count| *count > 0).count();
    ensure!(nonzero == usize::try_from(cpus)?, "{kind} on {nonzero} of {cpus} CPUs: {line}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpu_without_interrupts_is_noticed() {
        let text = "            CPU0       CPU1\n 11:   1234        17     GICv3  27 Level     arch_timer\n\
                    IPI0:      5          0       Rescheduling interrupts\n";
        assert!(check_counts(text, "arch_timer", 2).is_ok());
        assert!(check_counts(text, "Rescheduling interrupts", 2).is_err());
        assert!(check_counts(text, "Function call interrupts", 2).is_err());
    }
}

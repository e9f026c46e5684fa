//! What `xl` shows of guests and of the machine, and the ways in which a guest starts and ends.

use super::{Guest, await_ready, create, in_guest, row, start};
use crate::qemu::console::Console;
use crate::test::scenario::{PROMPT, Setting, power, typed};
use anyhow::{Context, Result, ensure};

const GUEST: Guest = Guest::usual(1);

/// Goes through the subcommands.
pub fn run(console: &mut Console, setting: &Setting<'_>) -> Result<()> {
    start(console, 1)?;
    paused(console)?;
    shown(console)?;
    machine(console, setting)?;
    interactive(console)?;
    named(console)?;
    endings(console)?;
    power::off(console)
}

/// Runs a command whose output must have all of `parts`.
pub fn expect(console: &mut Console, command: &str, parts: &[&str]) -> Result<String> {
    let text = typed(console, command)?;
    for part in parts {
        ensure!(text.contains(part), "`{command}` does not show {part:?}: {text}");
    }
    Ok(text)
}

fn paused(console: &mut Console) -> Result<()> {
    typed(console, &GUEST.create_command("-p"))?;
    let columns = row(console, &GUEST)?;
    ensure!(columns.get(4).is_some_and(|state| state == "--p---"), "create -p: {columns:?}");
    ensure!(columns.get(5).is_some_and(|seconds| seconds == "0.0"), "it ran while paused: {columns:?}");
    typed(console, "xl unpause g1")?;
    await_ready(console, &GUEST)?;
    typed(console, "xl pause g1")?;
    let before = row(console, &GUEST)?;
    typed(console, "sleep 2")?;
    let after = row(console, &GUEST)?;
    ensure!(
        before == after && before.get(4).is_some_and(|state| state.contains('p')),
        "{before:?}, {after:?}"
    );
    typed(console, "xl unpause g1")?;
    in_guest(console, &GUEST, "true")?;
    Ok(())
}

fn shown(console: &mut Console) -> Result<()> {
    let columns = row(console, &GUEST)?;
    ensure!(columns.get(2).is_some_and(|mib| mib == "256"), "not 256 MiB: {columns:?}");
    expect(console, "xl list", &["Domain-0", "g1"])?;
    expect(console, "xl list -v", &["UUID", "Domain-0", "g1"])?;
    expect(
        console,
        "xl list -l g1",
        &["\"domid\": 1", "\"name\": \"g1\"", "\"ramdisk\"", "/guests/own/ramdisk"],
    )?;
    expect(console, "xl uptime", &["Domain-0", "g1"])?;
    expect(console, "xl vcpu-list", &["Domain-0", "g1"])?;
    let number = expect(console, "xl domid g1", &["1"])?;
    expect(console, &format!("xl domname {}", number.trim()), &["g1"])?;
    Ok(())
}

fn machine(console: &mut Console, setting: &Setting<'_>) -> Result<()> {
    let cpus = format!("nr_cpus                : {}", setting.machine.cpus);
    expect(console, "xl info", &["xen_scheduler          : credit2", "total_memory", "free_memory", &cpus])?;
    expect(console, "xl info -n", &["numa_info", "memfree"])?;
    expect(console, "xl cpupool-list", &["Pool-0", "credit2"])?;
    // Lines that begin as the hypervisor's do are taken for the console's.
    let messages = "xl dmesg | sed -n \"s/^(XEN)/: (XEN)/p\"";
    typed(console, "xl debug-keys q")?;
    expect(console, messages, &["(XEN)"])?;
    typed(console, "xl dmesg -c >/dev/null; xl debug-keys h")?;
    expect(console, &format!("sleep 1; {messages}"), &["(XEN)"])?;
    ensure!(typed(console, "xl debug-keys").is_err(), "no key is a key");
    expect(console, "xentop -b -i 2 -d 1", &["Domain-0", "g1"])?;
    console.send_line("xl top")?;
    answer(console, "Domain-0")?;
    console.send(b"q")?;
    console.wait_for(PROMPT)?;
    Ok(())
}

/// Waits for `text` of a program that has dom0's console; the shell must not have it back.
fn answer(console: &mut Console, text: &str) -> Result<()> {
    let (which, shown) = console.wait_for_any(&[text, PROMPT])?;
    ensure!(which == 0, "it ended without {text:?}: {shown}");
    Ok(())
}

/// A person at the guest's console; Ctrl-] leaves it.
fn interactive(console: &mut Console) -> Result<()> {
    console.send_line("xl console g1")?;
    answer(console, "guest# ")?;
    console.send_line("echo $((6*7))$((6*7))")?;
    answer(console, "4242")?;
    console.send(b"\x1d")?;
    console.wait_for(PROMPT)?;
    typed(console, "true")?;
    Ok(())
}

fn named(console: &mut Console) -> Result<()> {
    typed(console, "xl rename g1 renamed")?;
    expect(console, "xl list", &["renamed"])?;
    ensure!(typed(console, "xl domid g1").is_err(), "the old name is still known");
    typed(console, "xl rename renamed g1")?;
    typed(console, "xl sysrq g1 h")?;
    typed(console, "guest g1 --wait \"sysrq: HELP\" 60")?;
    Ok(())
}

/// Reboot, shutdown, crash and destruction.
fn endings(console: &mut Console) -> Result<()> {
    let old = typed(console, "xl domid g1")?;
    typed(console, "xl reboot -w g1")?;
    typed(console, "guest g1 --wait \"is ready\" 600 2")?;
    let new = typed(console, "xl domid g1")?;
    ensure!(old != new, "after a reboot it is still domain {new}");
    typed(console, "xl shutdown -w g1")?;
    gone(console)?;
    create(console, &GUEST)?;
    // Debian's kernel lets nobody crash it unless told so; then it spins with interrupts off.
    in_guest(console, &GUEST, "echo 1 >/proc/sys/kernel/sysrq")?;
    typed(console, "xl sysrq g1 c && guest g1 --wait \"Kernel panic\" 120")?;
    expect(console, "xl list -v g1", &["g1"])?;
    typed(console, "xl destroy g1")?;
    gone(console)?;
    ensure!(typed(console, "xl destroy g1").is_err(), "what is not there can be destroyed");
    Ok(())
}

fn gone(console: &mut Console) -> Result<()> {
    let list = typed(
        console,
        "for n in $(seq 120); do xl domid g1 >/dev/null 2>&1 || break; sleep 0.5; done; xl list",
    )?;
    ensure!(list.lines().filter(|line| line.starts_with("g1")).count() == 0, "it is still there: {list}");
    list.lines().find(|line| line.starts_with("Domain-0")).context("there is no dom0")?;
    Ok(())
}

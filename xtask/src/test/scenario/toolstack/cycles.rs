//! Guests that come and go leave nothing behind: no page, no node in xenstore.

use super::{Guest, await_ready, create, destroy, free_pages, in_guest, start};
use crate::arch::Arch;
use crate::qemu::boot::Hypervisor;
use crate::qemu::console::Console;
use crate::qemu::machine::Gic;
use crate::test::scenario::{Setting, power, typed};
use anyhow::{Result, ensure};

const GUEST: Guest = Guest::usual(1);

/// How often each is done.
#[derive(Clone, Copy, Debug)]
struct Counts {
    creations: u32,
    reboots: u32,
    interruptions: u32,
}

fn counts(setting: &Setting<'_>) -> Counts {
    let machine = setting.machine;
    match (setting.full, machine.arch, machine.gic) {
        (true, Arch::Arm64, Gic::V3) => Counts { creations: 200, reboots: 50, interruptions: 20 },
        (true, ..) => Counts { creations: 5, reboots: 5, interruptions: 5 },
        (false, ..) => Counts { creations: 5, reboots: 3, interruptions: 2 },
    }
}

/// Creates and destroys, reboots, destroys at work.
pub fn run(console: &mut Console, setting: &Setting<'_>) -> Result<()> {
    start(console, 1)?;
    let counts = counts(setting);
    let mut ledger = Ledger::new(setting.hypervisor);
    for cycle in 1..=counts.creations {
        typed(console, &GUEST.create_command(if cycle % 2 == 0 { "-p" } else { "" }))?;
        destroy(console, &[GUEST])?;
        ledger.check(console, &format!("creation {cycle}"))?;
    }
    create(console, &GUEST)?;
    for cycle in 1..=counts.reboots {
        typed(console, "xl reboot -w g1")?;
        typed(console, &format!("guest g1 --wait \"is ready\" 600 {}", cycle + 1))?;
    }
    destroy(console, &[GUEST])?;
    ledger.check(console, "the reboots")?;
    for cycle in 1..=counts.interruptions {
        at_work(console)?;
        destroy(console, &[GUEST])?;
        ledger.check(console, &format!("destruction {cycle} at work"))?;
    }
    power::off(console)
}

/// A guest that writes its disk and sends to dom0 as fast as it can.
fn at_work(console: &mut Console) -> Result<()> {
    typed(console, "(nc -l -p 5000 >/run/received &)")?;
    create(console, &GUEST)?;
    in_guest(
        console,
        &GUEST,
        "(while :; do dd if=/dev/zero of=/dev/xvda bs=1M count=32; done) >/dev/null 2>&1 & true",
    )?;
    in_guest(console, &GUEST, "(dd if=/dev/zero bs=64k | nc 10.0.0.1 5000) >/dev/null 2>&1 & true")?;
    typed(
        console,
        "for n in $(seq 100); do [ -s /run/received ] && break; sleep 0.1; done; [ -s /run/received ]",
    )?;
    await_ready(console, &GUEST)
}

/// What there was after the second guest.
#[derive(Debug)]
struct Ledger {
    checks: u32,
    pages: u64,
    missing_max: u64,
}

impl Ledger {
    /// Real Xen takes a few pages more each time for a while, for tables of dom0's; ours takes none.
    fn new(hypervisor: Hypervisor) -> Self {
        let missing_max = if hypervisor == Hypervisor::Xen { 256 } else { 0 };
        Self { checks: 0, pages: 0, missing_max }
    }

    fn check(&mut self, console: &mut Console, after: &str) -> Result<()> {
        self.checks += 1;
        let pages = free_pages(console)?;
        typed(
            console,
            "xenstore-ls -f /local | sort >/run/xenstore-now; xenstore-ls -f /vm >>/run/xenstore-now; true",
        )?;
        if self.checks == 2 {
            self.pages = pages;
            typed(console, "cp /run/xenstore-now /run/xenstore-then")?;
        }
        if self.checks > 2 {
            let missing = self.pages.abs_diff(pages);
            ensure!(
                missing <= self.missing_max,
                "after {after} {pages} pages are free, there were {}",
                self.pages
            );
            typed(console, "diff /run/xenstore-then /run/xenstore-now")?;
        }
        Ok(())
    }
}

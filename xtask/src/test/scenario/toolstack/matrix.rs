//! Kinds of guests: few and many vCPUs, 32 bits under 64, several at once.

use super::{Guest, create, destroy, free_pages, in_guest, ping, start, write_disk};
use crate::arch::Arch;
use crate::qemu::console::Console;
use crate::test::scenario::{Setting, power};
use anyhow::{Result, ensure};

/// More vCPUs than the machine has CPUs.
const MANY: Guest = Guest { vcpus: 4, ..Guest::usual(1) };

/// Each kind alone, then four guests at once.
pub fn run(console: &mut Console, setting: &Setting<'_>) -> Result<()> {
    start(console, 4)?;
    let mut kinds = vec![Guest::usual(1), MANY];
    if setting.machine.arch == Arch::Arm64 {
        kinds.push(Guest { arch: Some(Arch::Arm32), ..Guest::usual(1) });
        kinds.push(Guest { arch: Some(Arch::Arm32), ..MANY });
    }
    let mut free = None;
    for kind in &kinds {
        alone(console, kind, kind.arch.unwrap_or(setting.machine.arch))?;
        let now = free_pages(console)?;
        // What the first guest ever leaves behind is the toolstack's, and dom0's.
        let before = *free.get_or_insert(now);
        ensure!(now >= before, "{kind:?} left {} pages behind", before - now);
    }
    together(console)?;
    power::off(console)
}

fn alone(console: &mut Console, guest: &Guest, arch: Arch) -> Result<()> {
    create(console, guest)?;
    let machine = in_guest(console, guest, "uname -m; nproc")?;
    let name = if arch == Arch::Arm64 { "aarch64" } else { "armv7l" };
    ensure!(
        machine.contains(name) && machine.lines().any(|line| line.trim() == guest.vcpus.to_string()),
        "not a machine of {} {name} CPUs: {machine}",
        guest.vcpus
    );
    in_guest(console, guest, BUSY)?;
    ping(console, guest, "10.0.0.1")?;
    write_disk(console, guest, 8)?;
    destroy(console, &[*guest])
}

/// All CPUs at once, for as long as a loop takes.
const BUSY: &str =
    "for n in $(seq $(nproc)); do (i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done) & done; wait";

fn together(console: &mut Console) -> Result<()> {
    let guests = [1, 2, 3, 4].map(Guest::usual);
    for guest in &guests {
        create(console, guest)?;
    }
    for (index, guest) in guests.iter().enumerate() {
        let next = guests.get((index + 1) % guests.len()).unwrap_or(guest);
        ping(console, guest, &next.address())?;
        write_disk(console, guest, 4)?;
    }
    destroy(console, &guests)
}

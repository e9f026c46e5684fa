//! dom0 with the stock toolstack: guests are created, worked with and destroyed by `xl`.
//!
//! dom0's helpers `guest`, `guest-host` and `free-pages` are in tests/qemu/toolstack.

mod cycles;
mod lifecycle;
mod matrix;
mod recovery;
mod resources;
mod shares;
mod vuart;

use super::{PROMPT, Scenario, Setting, System, no_devices, typed};
use crate::arch::Arch;
use crate::qemu::console::Console;
use anyhow::{Context, Result, ensure};

/// Kinds of guests: vCPUs, 32 bits, four at once.
pub const GUESTS: Scenario = scenario("guests", matrix::run);
/// What `xl` shows, and how guests start and end.
pub const LIFECYCLE: Scenario = scenario("xl-lifecycle", lifecycle::run);
/// What `xl` changes of a running guest.
pub const RESOURCES: Scenario = scenario("xl-resources", resources::run);
/// Guests that come and go leave nothing behind.
pub const CYCLES: Scenario = scenario("xl-cycles", cycles::run);
/// Weights and caps.
pub const SHARES: Scenario = scenario("xl-shares", shares::run);

/// Daemons die and are started again.
pub const RECOVERY: Scenario = scenario("xl-recovery", recovery::run);
/// The emulated UART.
pub const VUART: Scenario = scenario("xl-vuart", vuart::run);

const fn scenario(name: &'static str, run: fn(&mut Console, &Setting<'_>) -> Result<()>) -> Scenario {
    Scenario { name, system: System::Guests, hypervisor_options: "", devices: no_devices, run }
}

/// A guest that `/etc/xen/demo.cfg` describes, but for these.
#[derive(Clone, Copy, Debug)]
pub struct Guest {
    /// From 1 on: it is called `g<number>`, has the address 10.0.0.<number + 1>, and the disk /dev/loop<number - 1>.
    pub number: u32,
    /// The directory of its kernel; `None` means dom0's architecture.
    pub arch: Option<Arch>,
    /// Its vCPUs.
    pub vcpus: u32,
    /// In MiB.
    pub memory_mib: u32,
    /// More lines of its configuration, without single quotes.
    pub lines: &'static [&'static str],
}

impl Guest {
    /// Gives the guest `number` of one vCPU and 256 MiB.
    pub const fn usual(number: u32) -> Self {
        Self { number, arch: None, vcpus: 1, memory_mib: 256, lines: &[] }
    }

    /// Gives its name.
    pub fn name(&self) -> String {
        format!("g{}", self.number)
    }

    /// Gives its IPv4 address.
    pub fn address(&self) -> String {
        format!("10.0.0.{}", self.number + 1)
    }

    /// Gives the file in dom0 that its disk is.
    pub fn disk_file(&self) -> String {
        format!("/var/lib/xen/disks/{}", self.number - 1)
    }

    /// Gives the command that creates it, with xl's options `options`.
    pub fn create_command(&self, options: &str) -> String {
        let Self { number, vcpus, memory_mib, .. } = self;
        let parts = self.arch.map_or("own", Arch::name);
        let mut lines = vec![
            format!("name=\"g{number}\""),
            format!("kernel=\"/guests/{parts}/kernel\""),
            format!("ramdisk=\"/guests/{parts}/ramdisk\""),
            format!("vcpus={vcpus}"),
            format!("memory={memory_mib}"),
            format!("disk=[\"phy:/dev/loop{},xvda,w\"]", number - 1),
            format!("extra=\"console=hvc0 rdinit=/init guest.address={}/24\"", self.address()),
        ];
        lines.extend(self.lines.iter().map(|line| (*line).to_owned()));
        let lines: Vec<String> = lines.iter().map(|line| format!("'{line}'")).collect();
        format!("xl create {options} /etc/xen/demo.cfg {}", lines.join(" "))
    }
}

/// Waits for dom0 with its toolstack and `disks` disks.
///
/// # Errors
/// dom0 does not come up, or has no toolstack.
pub fn start(console: &mut Console, disks: u32) -> Result<()> {
    console.wait_for(PROMPT)?;
    // What the kernel says of bridges and disks is not what is looked for.
    typed(console, "dmesg -n 1")?;
    typed(console, "xenstore-exists /local/domain/0/name || cat /run/toolstack.log; xl list >/dev/null")?;
    typed(console, &format!("for n in $(seq 2 {disks}); do guest-disk $((n - 1)); done; true"))?;
    Ok(())
}

/// Creates a guest and waits for its shell.
///
/// # Errors
/// `xl` fails, or the guest does not come up.
pub fn create(console: &mut Console, guest: &Guest) -> Result<()> {
    typed(console, &format!("rm -f /var/log/xen/console/guest-{}.log", guest.name()))?;
    typed(console, &guest.create_command(""))?;
    await_ready(console, guest)
}

/// Waits for the shell of a guest that starts.
///
/// # Errors
/// It does not come up.
pub fn await_ready(console: &mut Console, guest: &Guest) -> Result<()> {
    typed(console, &format!("guest {} --wait \"is ready\" 600", guest.name()))?;
    Ok(())
}

/// Types `command` at the shell of `guest` and gives what it prints.
///
/// # Errors
/// It fails, or the guest does not answer.
pub fn in_guest(console: &mut Console, guest: &Guest, command: &str) -> Result<String> {
    typed(console, &format!("guest {} '{command}'", guest.name()))
}

/// Destroys guests.
///
/// # Errors
/// `xl` fails.
pub fn destroy(console: &mut Console, guests: &[Guest]) -> Result<()> {
    for guest in guests {
        typed(console, &format!("xl destroy {}", guest.name()))?;
    }
    Ok(())
}

/// Gives how many pages the hypervisor has free once they no longer become more: destruction goes on behind `xl`.
///
/// # Errors
/// The hypervisor does not say.
pub fn free_pages(console: &mut Console) -> Result<u64> {
    let text = typed(
        console,
        "old=; while new=$(free-pages); [ \"$new\" != \"$old\" ]; do old=$new; sleep 1; done; echo $new",
    )?;
    text.trim().parse().with_context(|| format!("not a number of pages: {text:?}"))
}

/// Gives a guest's row of `xl list`: name, number, MiB, vCPUs, state, seconds.
///
/// # Errors
/// There is no such guest.
pub fn row(console: &mut Console, guest: &Guest) -> Result<Vec<String>> {
    let text = typed(console, &format!("xl list {}", guest.name()))?;
    let line = text
        .lines()
        .find(|line| line.starts_with(&guest.name()))
        .with_context(|| format!("no row in {text}"))?;
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    ensure!(words.len() == 6, "a row of xl list has six columns: {line:?}");
    Ok(words)
}

/// Lets a guest ping another, or dom0, once they know each other's Ethernet addresses.
///
/// # Errors
/// A packet is lost.
pub fn ping(console: &mut Console, from: &Guest, to: &str) -> Result<()> {
    let known = format!("for n in 1 2 3 4 5 6; do ping -c 1 -W 10 {to} >/dev/null && break; done");
    let text = in_guest(console, from, &format!("{known}; ping -c 3 -W 10 {to}"))?;
    ensure!(text.contains("3 packets transmitted, 3 packets received"), "{} to {to}: {text}", from.name());
    Ok(())
}

/// Writes `mib` MiB of noise to a guest's disk; dom0 must find them in its file.
///
/// # Errors
/// They are not there.
pub fn write_disk(console: &mut Console, guest: &Guest, mib: u32) -> Result<()> {
    in_guest(console, guest, &format!("dd if=/dev/urandom of=/dev/xvda bs=1M count={mib} conv=fsync"))?;
    let there = in_guest(
        console,
        guest,
        &format!("echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/xvda bs=1M count={mib} | sha256sum"),
    )?;
    let here = typed(console, &format!("head -c {mib}M {} | sha256sum", guest.disk_file()))?;
    let digest = |text: &str| text.split_whitespace().find(|word| word.len() == 64).map(str::to_owned);
    let digests = (digest(&there), digest(&here));
    ensure!(
        digests.0.is_some() && digests.0 == digests.1,
        "{} wrote {there:?}, dom0 reads {here:?}",
        guest.name()
    );
    Ok(())
}

//! `cargo xtask demo`: dom0 creates two guests that work together, and takes them away; nobody types.

use crate::args::Args;
use crate::qemu::boot::{self, Boot, Guest as Dom0, Hypervisor};
use crate::qemu::console::Console;
use crate::qemu::machine::Machine;
use crate::setup::{self, Need};
use crate::test::scenario::toolstack::{self, Guest};
use crate::test::scenario::{power, typed};
use crate::{debian, image, paths};
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// It takes a minute where nothing else runs.
const LIMIT: Duration = Duration::from_secs(1200);

/// What both guests are made with, but for their numbers.
const GUESTS: [Guest; 2] = [Guest::usual(1), Guest::usual(2)];

/// `cargo xtask demo [OPTIONS]`; see the tool's help.
pub fn command(mut args: Args) -> Result<ExitCode> {
    let machine = Machine::from_args(&mut args)?;
    let hypervisor = args.take_parsed("--hypervisor")?.unwrap_or(Hypervisor::Xenolith);
    args.finish()?;
    ensure!(
        hypervisor != Hypervisor::None,
        "the bare machine has no guests; --hypervisor is xenolith or xen"
    );
    setup::packages(&[Need::Emulator])?;
    let boot = assemble(&machine, hypervisor)?;
    let log = paths::logs()?.join(format!("demo-{machine}.log"));
    let tale = Tale { start: Instant::now() };
    let result = tell(&tale, &machine, &boot, &log);
    println!("log: {}", paths::shown(&log));
    match result {
        Ok(()) => {
            println!("PASS demo on {machine} in {} s", tale.start.elapsed().as_secs());
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            println!("{error:#}\nFAIL demo on {machine}");
            Ok(ExitCode::FAILURE)
        }
    }
}

fn assemble(machine: &Machine, hypervisor: Hypervisor) -> Result<Boot> {
    let payload = debian::ensure_with_guests(machine.arch, &[machine.arch])
        .context("next: check the network and /etc/apt/sources.list")?;
    let image = match hypervisor {
        Hypervisor::Xen => payload.xen,
        _ => image::build(machine.arch, image::Options::default())?.image,
    };
    let cmdline = boot::dom0_cmdline(hypervisor, "");
    let guest = Dom0 { kernel: payload.kernel, ramdisk: Some(payload.ramdisk), cmdline };
    Ok(Boot { hypervisor: Some((image, boot::hypervisor_cmdline(machine, ""))), guest })
}

/// The story so far.
struct Tale {
    start: Instant,
}

impl Tale {
    fn says(&self, text: &str) {
        println!("[{:5.1} s] {text}", self.start.elapsed().as_secs_f32());
    }

    fn shows(&self, text: &str) {
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            println!("          | {line}");
        }
    }
}

fn tell(tale: &Tale, machine: &Machine, boot: &Boot, log: &Path) -> Result<()> {
    let mut qemu = machine.command();
    boot.add_to(&mut qemu);
    tale.says(&format!("QEMU starts: {machine}"));
    let mut console = Console::start(&mut qemu, log, LIMIT)?;
    let console = &mut console;
    toolstack::start(console, 2)?;
    tale.says("dom0 is up, and so is its toolstack");
    tale.shows(&typed(
        console,
        "xl info | grep -E \"release|nr_cpus|xen_(version|major|minor|extra)|memory\"",
    )?);
    let before = free_mib(console)?;
    for guest in &GUESTS {
        tale.says(&format!("xl create {}", guest.name()));
        typed(console, &guest.create_command(""))?;
    }
    for guest in &GUESTS {
        toolstack::await_ready(console, guest)?;
        tale.says(&format!("{} gives a shell on its console", guest.name()));
        tale.shows(&toolstack::in_guest(console, guest, "uname -srm")?);
    }
    work(tale, console)?;
    for guest in &GUESTS {
        tale.says(&format!("xl destroy {}", guest.name()));
        toolstack::destroy(console, &[*guest])?;
    }
    toolstack::free_pages(console)?;
    let after = free_mib(console)?;
    tale.says(&format!("free_memory was {before} MiB and is {after} MiB"));
    ensure!(after + 1 >= before, "{} MiB are not given back", before - after);
    let left = typed(console, "xl list | tail -n +3")?;
    ensure!(left.trim().is_empty(), "there are still guests: {left}");
    power::off(console)
}

/// What the guests do, and what dom0 sees of it.
fn work(tale: &Tale, console: &mut Console) -> Result<()> {
    let [first, second] = &GUESTS;
    toolstack::ping(console, first, &second.address())?;
    toolstack::ping(console, second, &first.address())?;
    tale.says("they ping each other, no packet is lost");
    for guest in &GUESTS {
        toolstack::write_disk(console, guest, 8)?;
        tale.says(&format!("{} wrote 8 MiB to its disk; dom0 reads the same", guest.name()));
    }
    tale.says("xl list");
    tale.shows(&typed(console, "xl list")?);
    tale.says("xentop -b -i 1");
    tale.shows(&typed(console, "xentop -b -i 1 | cut -c 1-90")?);
    Ok(())
}

/// The smallest part of a MiB more or less may be a page of the toolstack's own.
fn free_mib(console: &mut Console) -> Result<u64> {
    let text = typed(console, "xl info free_memory")?;
    text.trim().parse().with_context(|| format!("xl info free_memory says {text:?}"))
}

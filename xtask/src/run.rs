//! `cargo xtask run`: assembles what is missing and boots it on this terminal.

use crate::args::Args;
use crate::qemu::boot::{self, Boot, Guest, Hypervisor};
use crate::qemu::machine::Machine;
use crate::setup::Need;
use crate::{cmd, debian, image, paths, setup};
use anyhow::{Context, Result, bail};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

const LEAVING: &str =
    "to leave QEMU: Ctrl-] then x (Ctrl-] c: its monitor; Ctrl-A three times: the hypervisor's keys)";

/// Who the guest is.
enum Choice {
    Linux,
    Demo,
    File(PathBuf),
}

struct Options {
    machine: Machine,
    hypervisor: Hypervisor,
    guest: Choice,
    cmdline: String,
    dom0_cmdline: String,
    disk: Option<PathBuf>,
    gdb: bool,
}

/// `cargo xtask run [OPTIONS]`; see the tool's help.
pub fn command(mut args: Args) -> Result<ExitCode> {
    let options = options(&mut args)?;
    args.finish()?;
    setup::packages(&[Need::Emulator])?;
    let boot = assemble(&options)?;
    let mut qemu = options.machine.command();
    boot.add_to(&mut qemu);
    add_devices(&mut qemu, &options)?;
    qemu.args(["-serial", "mon:stdio", "-echr", "0x1d"]);
    println!("{LEAVING}");
    if options.gdb {
        qemu.args(["-s", "-S"]);
        println!("{}", gdb_hint(&options));
    }
    let status = qemu.status().with_context(|| format!("cannot start `{}`", cmd::describe(&qemu)))?;
    if !status.success() {
        bail!("QEMU ended with {status}; its command line was: {}", cmd::describe(&qemu));
    }
    Ok(ExitCode::SUCCESS)
}

fn options(args: &mut Args) -> Result<Options> {
    let machine = Machine::from_args(args)?;
    let guest = match args.take_value("--guest")?.as_deref() {
        None | Some("linux") => Choice::Linux,
        Some("demo") => Choice::Demo,
        Some(file) => Choice::File(existing(file)?),
    };
    let disk = args.take_value("--disk")?;
    Ok(Options {
        machine,
        hypervisor: args.take_parsed("--hypervisor")?.unwrap_or(Hypervisor::Xenolith),
        guest,
        cmdline: args.take_value("--cmdline")?.unwrap_or_default(),
        dom0_cmdline: args.take_value("--dom0-cmdline")?.unwrap_or_default(),
        disk: disk.as_deref().map(existing).transpose()?,
        gdb: args.take_flag("--gdb"),
    })
}

fn existing(file: &str) -> Result<PathBuf> {
    let path = PathBuf::from(file);
    if !path.is_file() {
        bail!("there is no file {file:?}");
    }
    Ok(path)
}

fn assemble(options: &Options) -> Result<Boot> {
    let arch = options.machine.arch;
    let guest = match &options.guest {
        Choice::Linux => linux_or_demo(options)?,
        Choice::Demo => demo(options)?,
        Choice::File(kernel) => {
            Guest { kernel: kernel.clone(), ramdisk: None, cmdline: options.dom0_cmdline.clone() }
        }
    };
    let image = match options.hypervisor {
        Hypervisor::Xenolith => Some(image::build(arch, image::Options::default())?.image),
        Hypervisor::Xen => Some(debian::ensure(arch)?.xen),
        Hypervisor::None => None,
    };
    let cmdline = boot::hypervisor_cmdline(&options.machine, &options.cmdline);
    Ok(Boot { hypervisor: image.map(|image| (image, cmdline)), guest })
}

/// Debian; or the demo guest where Debian cannot be had and a person is there to be told.
fn linux_or_demo(options: &Options) -> Result<Guest> {
    let arch = options.machine.arch;
    let guests = [arch];
    let guests = if options.hypervisor == Hypervisor::None { &[] } else { &guests[..] };
    match debian::ensure_with_guests(arch, guests) {
        Ok(payload) => {
            let cmdline = boot::dom0_cmdline(options.hypervisor, &options.dom0_cmdline);
            Ok(Guest { kernel: payload.kernel, ramdisk: Some(payload.ramdisk), cmdline })
        }
        Err(error) if std::io::stdin().is_terminal() && options.hypervisor != Hypervisor::Xen => {
            eprintln!("xtask: Debian cannot be had here ({error:#})");
            eprintln!(
                "xtask: booting the demo guest instead; `cargo xtask run` again once Debian's archive is reachable"
            );
            demo(options)
        }
        Err(error) => Err(error.context("next: check the network, or type `cargo xtask run --guest demo`")),
    }
}

fn demo(options: &Options) -> Result<Guest> {
    let kernel = image::build_guest(options.machine.arch, "guest-demo")?;
    Ok(Guest { kernel, ramdisk: None, cmdline: options.dom0_cmdline.clone() })
}

fn add_devices(qemu: &mut Command, options: &Options) -> Result<()> {
    qemu.args(["-netdev", "user,id=net0", "-device", "virtio-net-pci,netdev=net0,romfile="]);
    if let Some(disk) = &options.disk {
        qemu.args(debian::drive_options(disk, "disk0", "")?);
    }
    Ok(())
}

fn gdb_hint(options: &Options) -> String {
    let elf = paths::shown(&paths::dist().join(format!("xenolith-{}.elf", options.machine.arch)));
    format!("QEMU waits for a debugger; in another terminal: gdb-multiarch {elf} -ex 'target remote :1234'")
}

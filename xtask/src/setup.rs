//! Puts on the machine what a command needs: Rust targets by rustup, system packages by apt-get.
//!
//! Nothing is done for what is already there, so an offline machine that has everything works.

use crate::arch::Arch;
use crate::args::Args;
use crate::cmd;
use anyhow::{Context, Result, bail};
use std::io::IsTerminal;
use std::path::Path;
use std::process::{Command, ExitCode};

/// The 32-bit host target on which the pure crates' tests also run.
pub const HOST_32: &str = "i686-unknown-linux-musl";

/// A system package and how to tell that it is there.
struct Package {
    name: &'static str,
    present: Presence,
}

enum Presence {
    Program(&'static str),
    File(&'static str),
}

/// Booting anything in QEMU.
const EMULATOR: &[Package] = &[
    Package { name: "qemu-system-arm", present: Presence::Program("qemu-system-aarch64") },
    Package { name: "ipxe-qemu", present: Presence::File("/usr/lib/ipxe/qemu/efi-virtio.rom") },
];

/// Reading Debian's archives and packages.
const DEBIAN: &[Package] = &[
    Package { name: "apt", present: Presence::Program("apt-get") },
    Package { name: "dpkg", present: Presence::Program("dpkg-deb") },
    Package {
        name: "debian-archive-keyring",
        present: Presence::File("/usr/share/keyrings/debian-archive-keyring.gpg"),
    },
];

/// Checking device trees.
const DEVICE_TREE: &[Package] =
    &[Package { name: "device-tree-compiler", present: Presence::Program("dtc") }];

/// Comparing the ABI's layouts with Debian's headers.
const ABI: &[Package] = &[
    Package { name: "libxen-dev", present: Presence::File("/usr/include/xen/xen.h") },
    Package { name: "gcc-aarch64-linux-gnu", present: Presence::Program("aarch64-linux-gnu-gcc") },
    Package {
        name: "libc6-dev-arm64-cross",
        present: Presence::File("/usr/aarch64-linux-gnu/include/stdint.h"),
    },
    Package {
        name: "libc6-dev-armhf-cross",
        present: Presence::File("/usr/arm-linux-gnueabihf/include/stdint.h"),
    },
    Package { name: "gcc-arm-linux-gnueabihf", present: Presence::Program("arm-linux-gnueabihf-gcc") },
];

/// Looking into a running hypervisor.
const DEBUGGER: &[Package] =
    &[Package { name: "gdb-multiarch", present: Presence::Program("gdb-multiarch") }];

/// A set of system packages that some command needs.
#[derive(Clone, Copy, Debug)]
pub enum Need {
    /// QEMU with its option ROMs.
    Emulator,
    /// Tools to fetch and unpack Debian packages.
    Debian,
    /// dtc.
    DeviceTree,
    /// Xen's public headers and C compilers for both architectures.
    Abi,
    /// gdb for both architectures.
    Debugger,
}

impl Need {
    fn packages(self) -> &'static [Package] {
        match self {
            Self::Emulator => EMULATOR,
            Self::Debian => DEBIAN,
            Self::DeviceTree => DEVICE_TREE,
            Self::Abi => ABI,
            Self::Debugger => DEBUGGER,
        }
    }
}

/// `cargo xtask setup [--all]`: what building and running need; with `--all` what testing needs too.
pub fn command(mut args: Args) -> Result<ExitCode> {
    let all = args.take_flag("--all");
    args.finish()?;
    let both = Arch::ALL.map(Arch::target);
    rust_targets(&both)?;
    packages(&[Need::Emulator, Need::Debian])?;
    if all {
        rust_components()?;
        rust_targets(&[HOST_32])?;
        packages(&[Need::DeviceTree, Need::Abi, Need::Debugger])?;
    }
    println!("everything needed is installed");
    Ok(ExitCode::SUCCESS)
}

/// Installs the missing ones of `targets` for the pinned toolchain.
///
/// # Errors
/// A target is missing and rustup cannot add it.
pub fn rust_targets(targets: &[&str]) -> Result<()> {
    let mut missing = Vec::new();
    for target in targets {
        if !target_installed(target)? {
            missing.push(*target);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    cmd::progress(&format!("installing the Rust targets {}", missing.join(" ")));
    let mut rustup = Command::new("rustup");
    rustup.current_dir(crate::paths::root()).args(["target", "add"]).args(&missing);
    cmd::run_shown(&mut rustup).with_context(|| {
        format!(
            "next: install rustup, or type `rustup target add {}` where the network is",
            missing.join(" ")
        )
    })
}

/// Installs the components that lints and formatting need.
///
/// # Errors
/// One is missing and rustup cannot add it.
pub fn rust_components() -> Result<()> {
    let missing: Vec<&str> = [("fmt", "rustfmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(subcommand, _)| cmd::output(cmd::cargo().args([subcommand, "--version"])).is_err())
        .map(|(_, component)| component)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    cmd::progress(&format!("installing the Rust components {}", missing.join(" ")));
    let mut rustup = Command::new("rustup");
    rustup.current_dir(crate::paths::root()).args(["component", "add"]).args(&missing);
    cmd::run_shown(&mut rustup).with_context(|| format!("next: rustup component add {}", missing.join(" ")))
}

/// Installs a nightly toolchain's Miri, where `cargo miri` does not answer yet.
///
/// # Errors
/// rustup cannot add it.
pub fn miri() -> Result<()> {
    let mut version = Command::new("rustup");
    version.args(["run", "nightly", "cargo", "miri", "--version"]);
    if cmd::output(&mut version).is_ok() {
        return Ok(());
    }
    cmd::progress("installing Miri");
    let mut rustup = Command::new("rustup");
    rustup.args(["toolchain", "install", "nightly", "--profile", "minimal", "--component", "miri,rust-src"]);
    rustup.args(["--no-self-update"]);
    cmd::run_shown(&mut rustup)
        .context("next: rustup toolchain install nightly --component miri,rust-src, where the network is")
}

fn target_installed(target: &str) -> Result<bool> {
    let directory = cmd::output(cmd::rustc().args(["--print", "target-libdir", "--target", target]))?;
    Ok(Path::new(directory.trim()).is_dir())
}

/// Installs the missing system packages of each of `needs`.
///
/// # Errors
/// Packages are missing and this user cannot install them; the error is the command to type.
pub fn packages(needs: &[Need]) -> Result<()> {
    let all = needs.iter().flat_map(|need| need.packages());
    let missing: Vec<&str> = all.filter(|package| !is_present(package)).map(|package| package.name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let by_hand = format!("apt-get update && apt-get install --no-install-recommends {}", missing.join(" "));
    if !cmd::exists("apt-get") {
        bail!("this machine lacks {} and has no apt-get; install them by its own means", missing.join(", "));
    }
    let Some(prefix) = privilege() else {
        bail!("system packages are missing; as root, type: {by_hand}");
    };
    cmd::progress(&format!("installing the system packages {}", missing.join(" ")));
    install(prefix, &missing).with_context(|| format!("next, as root, type: {by_hand}"))
}

fn is_present(package: &Package) -> bool {
    match package.present {
        Presence::Program(program) => cmd::exists(program),
        Presence::File(path) => Path::new(path).exists(),
    }
}

fn install(prefix: &[&str], packages: &[&str]) -> Result<()> {
    let log = crate::paths::logs()?.join("apt-get.log");
    cmd::run_logged(apt_get(prefix).args(["-y", "-q", "-o", "DPkg::Lock::Timeout=600", "update"]), &log)?;
    let mut install = apt_get(prefix);
    install.args(["-y", "-q", "-o", "DPkg::Lock::Timeout=600", "install", "--no-install-recommends"]);
    cmd::run_logged(install.args(packages), &log)
}

fn apt_get(prefix: &[&str]) -> Command {
    let words: Vec<&str> =
        prefix.iter().copied().chain(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]).collect();
    let (program, arguments) = words.split_first().unwrap_or((&"apt-get", &[]));
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// What to put before a command to run it as root: nothing, or a sudo; one that may ask only at a terminal.
fn privilege() -> Option<&'static [&'static str]> {
    if cmd::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0") {
        return Some(&[]);
    }
    if !cmd::exists("sudo") {
        return None;
    }
    if std::io::stdin().is_terminal() {
        return Some(&["sudo"]);
    }
    cmd::output(Command::new("sudo").args(["-n", "true"])).is_ok().then_some(&["sudo", "-n"])
}

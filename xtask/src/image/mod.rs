//! `cargo xtask build`: the hypervisor's image, flat, with its symbol table and early-UART slot.
//!
//! [`compile`] makes the ELF, [`elf`] reads it, [`flat`] lays its segments out, [`symtab`] fills the symbol
//! region, [`early_uart`] the slot, [`symbols`] names addresses. The result is in `dist/`.

mod compile;
mod early_uart;
mod elf;
mod flat;
pub mod symbols;
mod symtab;

use crate::arch::{self, Arch};
use crate::args::Args;
use crate::{cmd, paths, setup};
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

pub use compile::{Profile, Program, compile};
pub use early_uart::{EarlyUart, patch as patch_early_uart};

/// What to build.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Optimised or for the debugger.
    pub profile: Profile,
    /// The UART of the first instructions, if any.
    pub early_uart: Option<EarlyUart>,
}

impl Default for Options {
    fn default() -> Self {
        Self { profile: Profile::Release, early_uart: None }
    }
}

/// A finished image.
#[derive(Clone, Debug)]
pub struct Built {
    /// The flat image that a boot loader starts.
    pub image: PathBuf,
    /// Its size in bytes.
    pub size_bytes: usize,
    /// The ELF beside it, for a debugger.
    pub elf: PathBuf,
}

/// `cargo xtask build [--arch A] [--debug] [--early-uart KIND,ADDRESS]`.
pub fn command(mut args: Args) -> Result<ExitCode> {
    let arches = arch::parse_list(args.take_value("--arch")?.as_deref())?;
    let profile = if args.take_flag("--debug") { Profile::Debug } else { Profile::Release };
    let early_uart = args.take_parsed("--early-uart")?;
    args.finish()?;
    for arch in arches {
        let built = build(arch, Options { profile, early_uart })?;
        println!("{}  {} bytes", paths::shown(&built.image), built.size_bytes);
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds one architecture's image into `dist/`.
///
/// # Errors
/// It does not compile, or the ELF is not laid out as an image must be.
pub fn build(arch: Arch, options: Options) -> Result<Built> {
    setup::rust_targets(&[arch.target()])?;
    cmd::progress(&format!("building the hypervisor for {arch}"));
    let elf_path = compile(Program::Hypervisor, arch, options.profile)?;
    let bytes = fs::read(&elf_path).with_context(|| format!("cannot read {}", elf_path.display()))?;
    let elf = elf::parse(&bytes).with_context(|| elf_path.display().to_string())?;
    let mut flat = flat::flatten(&elf)?;
    symtab::append(&elf, &mut flat)?;
    early_uart::patch(&mut flat.bytes, options.early_uart)?;
    let dist = paths::made(paths::dist())?;
    let built = Built {
        image: dist.join(format!("xenolith-{arch}")),
        size_bytes: flat.bytes.len(),
        elf: dist.join(format!("xenolith-{arch}.elf")),
    };
    fs::write(&built.image, &flat.bytes)?;
    fs::copy(&elf_path, &built.elf)?;
    Ok(built)
}

/// Builds the bare-metal guest of the package `package`; gives its flat image.
///
/// # Errors
/// It does not compile, or the ELF has nothing to load.
pub fn build_guest(arch: Arch, package: &str) -> Result<PathBuf> {
    setup::rust_targets(&[arch.target()])?;
    let elf_path = compile(Program::Guest { package, bin: package }, arch, Profile::Release)?;
    let bytes = fs::read(&elf_path).with_context(|| format!("cannot read {}", elf_path.display()))?;
    let elf = elf::parse(&bytes).with_context(|| elf_path.display().to_string())?;
    let directory = paths::made(paths::target().join("guests").join(arch.name()))?;
    let image = directory.join(package);
    fs::write(&image, flat::flatten(&elf)?.bytes)?;
    Ok(image)
}

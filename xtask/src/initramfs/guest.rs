//! What dom0 creates guests from: their kernels and ramdisks, a configuration, and helpers to work with them.
//!
//! A guest's kernel is its architecture's dom0 kernel. Its ramdisk is busybox and the front-end drivers, packed
//! once per machine, and this clone's `guest.sh` as `/init`.

use super::cpio::{Archive, Mode};
use super::{append, modules, pack_directory};
use crate::arch::Arch;
use crate::debian::recipe::GUEST_MODULES;
use crate::paths;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

const INIT: &str = include_str!("guest.sh");

/// Where it all lies in dom0, one directory for each architecture.
const DIRECTORY: &str = "guests";

/// What one architecture's guests are made from.
#[derive(Clone, Debug)]
pub struct GuestParts {
    /// The architecture.
    pub arch: Arch,
    /// The kernel.
    pub kernel: PathBuf,
    /// The cached part of the ramdisk.
    pub base: PathBuf,
}

/// Packs a guest's busybox and drivers from the unpacked kernel package `system` and dom0's `tree`.
///
/// # Errors
/// A file is not there or cannot be written.
pub fn pack_base(system: &Path, tree: &Path, to: &Path) -> Result<()> {
    let guest = paths::made(tree.with_file_name("guest"))?;
    modules::install(system, &guest, GUEST_MODULES)?;
    paths::made(guest.join("bin"))?;
    let busybox = [tree.join("bin/busybox"), tree.join("usr/bin/busybox")];
    let busybox = busybox.iter().find(|path| path.is_file()).context("Debian's busybox is not there")?;
    fs::copy(busybox, guest.join("bin/busybox"))?;
    let mut archive = Archive::new();
    pack_directory(&mut archive, &guest, Path::new(""))?;
    fs::write(to, archive.finish()?)?;
    Ok(())
}

/// Gives the part of dom0's ramdisk from which guests are created.
///
/// # Errors
/// A file cannot be read.
pub fn archive(dom0: Arch, guests: &[GuestParts]) -> Result<Vec<u8>> {
    let mut archive = Archive::new();
    archive.directory(DIRECTORY)?;
    for guest in guests {
        let directory = format!("{DIRECTORY}/{}", guest.arch);
        archive.directory(&directory)?;
        let kernel =
            fs::read(&guest.kernel).with_context(|| format!("cannot read {}", guest.kernel.display()))?;
        archive.file(&format!("{directory}/kernel"), &kernel, Mode::Plain)?;
        archive.file(&format!("{directory}/ramdisk"), &ramdisk(guest)?, Mode::Plain)?;
    }
    archive.symlink(&format!("{DIRECTORY}/own"), dom0.name())?;
    let helpers = paths::root().join("tests/qemu/toolstack");
    let helpers_read = fs::read_dir(&helpers).with_context(|| format!("no {}", helpers.display()))?;
    for helper in helpers_read {
        let helper = helper?;
        let name = helper.file_name().to_string_lossy().into_owned();
        let content = fs::read(helper.path())?;
        match name.strip_suffix(".cfg") {
            Some(_) => archive.file(&format!("etc/xen/{name}"), &content, Mode::Plain)?,
            None => archive.file(&format!("usr/local/sbin/{name}"), &content, Mode::Executable)?,
        }
    }
    archive.finish()
}

fn ramdisk(guest: &GuestParts) -> Result<Vec<u8>> {
    let mut ramdisk =
        fs::read(&guest.base).with_context(|| format!("cannot read {}", guest.base.display()))?;
    let mut own = Archive::new();
    for directory in ["proc", "sys", "dev", "run", "sbin", "mnt", "root"] {
        own.directory(directory)?;
    }
    // Linux's names for what switches a guest off and over when the toolstack asks for it.
    own.file("sbin/poweroff", b"#!/bin/busybox sh\nexec /bin/busybox poweroff -f\n", Mode::Executable)?;
    own.file("sbin/reboot", b"#!/bin/busybox sh\nexec /bin/busybox reboot -f\n", Mode::Executable)?;
    own.file("init", INIT.as_bytes(), Mode::Executable)?;
    append(&mut ramdisk, &own.finish()?);
    Ok(ramdisk)
}

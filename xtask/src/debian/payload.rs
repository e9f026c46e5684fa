//! Makes, once per machine, the kernel, the ramdisk's base and the real Xen of one architecture.
//!
//! What is made lies in the cache, named by suite, architecture and recipe, and never changes there; the
//! finished ramdisk, with this clone's own scripts, lies in the clone's build directory.

use super::apt::Apt;
use super::recipe;
use crate::arch::Arch;
use crate::initramfs::guest::{self, GuestParts};
use crate::initramfs::{self, modules};
use crate::{cmd, paths};
use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What boots: all paths of files.
#[derive(Clone, Debug)]
pub struct Payload {
    /// Debian's kernel: an arm64 Image, or a zImage.
    pub kernel: PathBuf,
    /// The dom0 ramdisk, with this clone's scripts.
    pub ramdisk: PathBuf,
    /// The real Xen 4.17.
    pub xen: PathBuf,
    /// The real boards' device trees of the kernel package.
    pub device_trees: PathBuf,
}

/// Makes what is missing of one architecture's payload.
///
/// # Errors
/// It is not cached and Debian's archive cannot be reached.
pub fn ensure(arch: Arch) -> Result<Payload> {
    ensure_with_guests(arch, &[])
}

/// As [`ensure`], with a ramdisk from which dom0 can create guests of the architectures `guests`.
///
/// # Errors
/// As [`ensure`], for each of the architectures.
pub fn ensure_with_guests(arch: Arch, guests: &[Arch]) -> Result<Payload> {
    let cache = paths::cache()?;
    let lock_path = cache.join("lock");
    let lock = File::create(&lock_path).with_context(|| format!("cannot write {}", lock_path.display()))?;
    lock.lock().context("cannot lock the cache")?;
    let directory = made(arch, &cache)?;
    let parts = guests.iter().map(|guest| {
        let directory = made(*guest, &cache)?;
        Ok(GuestParts { arch: *guest, kernel: directory.join("kernel"), base: directory.join("guest.cpio") })
    });
    let parts = parts.collect::<Result<Vec<_>>>()?;
    let ramdisk = initramfs::assemble(arch, &directory.join("base.cpio.gz"), &parts)?;
    Ok(Payload {
        kernel: directory.join("kernel"),
        ramdisk,
        xen: directory.join("xen"),
        device_trees: directory.join("dtbs"),
    })
}

/// Gives an architecture's directory of the cache, filled.
fn made(arch: Arch, cache: &Path) -> Result<PathBuf> {
    let directory = cache.join(format!("{}-{arch}-v{}", recipe::SUITE, recipe::VERSION));
    if !directory.join("complete").exists() {
        make(arch, &directory).with_context(|| format!("cannot make Debian's payload for {arch}"))?;
    }
    Ok(directory)
}

fn make(arch: Arch, directory: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    let work = paths::made(directory.join("work"))?;
    let (tools, others) = (work.join("tools"), work.join("others"));
    let apt = Apt::open()?;
    cmd::progress(&format!("fetching Debian's packages for {arch} (about 90 MB)"));
    apt.fetch_closure(&recipe::tools(arch), &tools)?;
    let kernel = apt.first_dependency(recipe::kernel_meta(arch))?;
    apt.fetch(&[with_architecture(&kernel, arch), recipe::xen(arch).into()], &others)?;

    cmd::progress(&format!("unpacking and packing the ramdisk for {arch}"));
    let (tree, system) = (work.join("tree"), work.join("system"));
    unpack_all(&tools, &tree)?;
    unpack_all(&others, &system)?;
    copy_one(&system.join("boot"), "vmlinuz-", &directory.join("kernel"))?;
    copy_one(&system.join("boot"), "xen-4.17-", &directory.join("xen"))?;
    move_device_trees(&system, &directory.join("dtbs"))?;
    modules::install(&system, &tree, recipe::MODULES)?;
    initramfs::pack_base(&tree, &directory.join("base.cpio.gz"))?;
    guest::pack_base(&system, &tree, &directory.join("guest.cpio"))?;
    fs::remove_dir_all(&work)?;
    fs::write(directory.join("complete"), format!("{kernel}\n"))?;
    Ok(())
}

fn with_architecture(package: &str, arch: Arch) -> String {
    let bare = package.split(':').next().unwrap_or(package);
    format!("{bare}:{}", recipe::debian_name(arch))
}

fn unpack_all(packages: &Path, tree: &Path) -> Result<()> {
    paths::made(tree.to_path_buf())?;
    for file in sorted(packages)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".deb") && recipe::is_used(&name) {
            cmd::output(Command::new("dpkg-deb").arg("-x").arg(&file).arg(tree))?;
        }
    }
    Ok(())
}

/// Copies the first file, by name, whose name starts with `prefix`.
fn copy_one(directory: &Path, prefix: &str, to: &Path) -> Result<()> {
    for file in sorted(directory)? {
        if file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)) {
            fs::copy(&file, to)?;
            return Ok(());
        }
    }
    bail!("Debian's package has no {prefix}* in /boot");
}

fn move_device_trees(system: &Path, to: &Path) -> Result<()> {
    let library = sorted(&system.join("usr/lib"))?;
    let trees = library.iter().find(|path| path.to_string_lossy().contains("linux-image-"));
    fs::rename(trees.context("Debian's kernel package has no device trees")?, to)?;
    Ok(())
}

fn sorted(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

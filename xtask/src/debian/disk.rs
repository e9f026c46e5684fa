//! A full Debian with systemd on a disk, made without root and without running foreign code on this machine.
//!
//! Packages are fetched by the private apt root and laid out in an ext4 image here; their maintainer scripts
//! then run in QEMU on the bare machine, started by the dom0 ramdisk's script `second-stage`. Made once per
//! machine and kept in the cache.

use super::apt::Apt;
use super::{payload, recipe};
use crate::arch::Arch;
use crate::qemu::boot::{Boot, Guest, Hypervisor, dom0_cmdline};
use crate::qemu::console::Console;
use crate::qemu::machine::Machine;
use crate::{cmd, paths};
use anyhow::{Context, Result, ensure};
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Software emulation runs some 150 packages' scripts.
const SECOND_STAGE_LIMIT: Duration = Duration::from_secs(3600);
const DISK_SIZE: &str = "2000M";

/// A bootable disk.
#[derive(Clone, Debug)]
pub struct Disk {
    /// The raw image: one ext4 file system, no partitions.
    pub image: PathBuf,
    /// Its own kernel.
    pub kernel: PathBuf,
    /// Its own ramdisk.
    pub ramdisk: PathBuf,
}

/// Makes the disk of an architecture if it is not cached.
///
/// # Errors
/// Debian cannot be reached, or a step fails; the error names the log.
pub fn ensure_disk(arch: Arch) -> Result<Disk> {
    // The ramdisk of the second stage; made first, for both take the cache's lock.
    let ramdisk = payload::ensure(arch)?;
    let cache = paths::cache()?;
    let lock = File::create(cache.join("disk-lock"))?;
    lock.lock().context("cannot lock the cache")?;
    let directory = cache.join(format!("{}-{arch}-disk-v{}", recipe::SUITE, recipe::DISK_VERSION));
    let disk = Disk {
        image: directory.join("disk.img"),
        kernel: directory.join("vmlinuz"),
        ramdisk: directory.join("initrd.img"),
    };
    if !directory.join("complete").exists() {
        make(arch, &directory, &disk, &ramdisk)
            .with_context(|| format!("cannot make a Debian disk for {arch}"))?;
    }
    Ok(disk)
}

fn make(arch: Arch, directory: &Path, disk: &Disk, first: &payload::Payload) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    let tree = paths::made(directory.join("tree"))?;
    let packages = paths::made(tree.join("debs"))?;
    let apt = Apt::open()?;
    cmd::progress(&format!("fetching the packages of a full Debian for {arch} (about 150 MB)"));
    apt.fetch_closure(&recipe::system(arch), &packages)?;
    cmd::progress("laying out its disk");
    lay_out(&tree, &packages)?;
    let log = paths::logs()?.join("mke2fs.log");
    let mut mke2fs = Command::new("mke2fs");
    mke2fs
        .args(["-q", "-t", "ext4", "-E", "root_owner=0:0", "-d"])
        .arg(&tree)
        .arg(&disk.image)
        .arg(DISK_SIZE);
    cmd::run_logged(&mut mke2fs, &log)?;
    second_stage(arch, disk, first)?;
    for (link, file) in [("/vmlinuz", &disk.kernel), ("/initrd.img", &disk.ramdisk)] {
        take_out(&disk.image, link, file)?;
    }
    fs::remove_dir_all(&tree)?;
    fs::write(directory.join("complete"), "")?;
    Ok(())
}

/// Unpacks all packages but the kernel, so that dpkg and what it calls can run; everything is unpacked again by
/// dpkg itself.
fn lay_out(tree: &Path, packages: &Path) -> Result<()> {
    for directory in ["bin", "sbin", "lib"] {
        paths::made(tree.join("usr").join(directory))?;
        symlink(format!("usr/{directory}"), tree.join(directory))?;
    }
    for entry in fs::read_dir(packages)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".deb") && !name.starts_with("linux-image") {
            unpack(&path, tree)?;
        }
    }
    for (path, text) in recipe::SYSTEM_FILES {
        let path = tree.join(path);
        paths::made(path.parent().unwrap_or(tree).to_path_buf())?;
        fs::write(&path, text)?;
    }
    Ok(())
}

/// Unpacks into a tree where `/bin` and its like are links into `/usr`.
fn unpack(package: &Path, tree: &Path) -> Result<()> {
    let mut archive = Command::new("dpkg-deb");
    let mut archive =
        archive.arg("--fsys-tarfile").arg(package).stdout(std::process::Stdio::piped()).spawn()?;
    let pipe = archive.stdout.take().context("dpkg-deb has no output")?;
    let mut tar = Command::new("tar");
    tar.arg("-C").arg(tree).args(["-x", "--keep-directory-symlink", "--no-same-owner", "-f", "-"]);
    let status = tar.stdin(pipe).status()?;
    ensure!(status.success() && archive.wait()?.success(), "cannot unpack {}", package.display());
    Ok(())
}

fn second_stage(arch: Arch, disk: &Disk, first: &payload::Payload) -> Result<()> {
    cmd::progress("running its packages' scripts in QEMU (ten minutes or more)");
    let machine = Machine::usual(arch);
    let mut qemu = machine.command();
    let cmdline = dom0_cmdline(Hypervisor::None, "xenolith.test=second-stage");
    let guest = Guest { kernel: first.kernel.clone(), ramdisk: Some(first.ramdisk.clone()), cmdline };
    Boot { hypervisor: None, guest }.add_to(&mut qemu);
    qemu.args(drive_options(&disk.image, "disk0", ",cache=unsafe")?);
    let log = paths::logs()?.join(format!("second-stage-{arch}.log"));
    let mut console = Console::start(&mut qemu, &log, SECOND_STAGE_LIMIT)?;
    let (which, _) = console.wait_for_any(&["TEST second-stage: PASS", "TEST second-stage: FAIL"])?;
    ensure!(which == 0, "a package's script failed; the whole log: {}", log.display());
    console.wait_for_end()?;
    Ok(())
}

/// Gives QEMU's options for a disk on PCI, which QEMU calls `name`.
///
/// # Errors
/// The path is no text.
pub fn drive_options(image: &Path, name: &str, extra: &str) -> Result<Vec<String>> {
    let file = image.to_str().context("the disk's path is no text")?.replace(',', ",,");
    Ok(vec![
        "-drive".into(),
        format!("file={file},format=raw,if=none,id={name}{extra}"),
        "-device".into(),
        format!("virtio-blk-pci,drive={name}"),
    ])
}

/// Copies the file behind the link `link` out of an ext4 image.
fn take_out(image: &Path, link: &str, to: &Path) -> Result<()> {
    let stat = cmd::output(Command::new("debugfs").args(["-R", &format!("stat {link}")]).arg(image))?;
    let target = stat.split("Fast link dest: \"").nth(1).and_then(|rest| rest.split('"').next());
    let target = target.with_context(|| format!("the disk has no link {link}"))?;
    cmd::output(
        Command::new("debugfs").args(["-R", &format!("dump /{target} {}", to.display())]).arg(image),
    )?;
    ensure!(fs::metadata(to).is_ok_and(|file| file.len() > 1 << 20), "the disk's {target} cannot be read");
    Ok(())
}

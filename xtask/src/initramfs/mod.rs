//! The dom0 ramdisk, made without root: a base from Debian's packages and this clone's own scripts.
//!
//! A ramdisk may be several compressed archives after one another (Documentation/driver-api/early-userspace/
//! buffer-format.rst): the large base is packed once per machine and cached, the overlay with `/init` and the
//! test scripts at each use.

mod cpio;
pub mod guest;
pub mod modules;

use crate::arch::Arch;
use crate::debian::recipe::LEFT_OUT;
use crate::paths;
use anyhow::{Context, Result};
use cpio::{Archive, Mode};
use guest::GuestParts;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

const INIT: &str = include_str!("init.sh");
const PROFILE: &str = include_str!("profile.sh");

/// Packs an unpacked tree of Debian packages.
///
/// # Errors
/// A file cannot be read or written.
pub fn pack_base(tree: &Path, to: &Path) -> Result<()> {
    let mut archive = Archive::new();
    pack_directory(&mut archive, tree, Path::new(""))?;
    archive.write_to(to)
}

fn pack_directory(archive: &mut Archive, tree: &Path, inside: &Path) -> Result<()> {
    let directory = tree.join(inside);
    let entries = fs::read_dir(&directory).with_context(|| format!("cannot list {}", directory.display()))?;
    let mut names = entries.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>>>()?;
    names.sort();
    for name in names {
        let path = inside.join(name);
        if LEFT_OUT.iter().any(|left_out| path == Path::new(left_out)) || path == Path::new("var/run") {
            continue;
        }
        let full = tree.join(&path);
        let metadata = fs::symlink_metadata(&full)?;
        let shown = path.to_string_lossy();
        if metadata.is_dir() {
            archive.directory(&shown)?;
            pack_directory(archive, tree, &path)?;
        } else if metadata.is_symlink() {
            archive.symlink(&shown, &fs::read_link(&full)?.to_string_lossy())?;
        } else if metadata.is_file() {
            let executable = metadata.mode() & 0o111 != 0 || metadata.permissions().mode() & 0o111 != 0;
            archive.file(&shown, &fs::read(&full)?, Mode::of(executable))?;
        }
    }
    Ok(())
}

/// Puts this clone's overlay, and what `guests` are made from, behind the cached base; gives the finished ramdisk.
///
/// # Errors
/// A file cannot be read or written.
pub fn assemble(arch: Arch, base: &Path, guests: &[GuestParts]) -> Result<PathBuf> {
    let directory = paths::made(paths::target().join("payload").join(arch.name()))?;
    let overlay_path = directory.join("overlay.cpio.gz");
    overlay()?.write_to(&overlay_path)?;
    let mut ramdisk = fs::read(base).with_context(|| format!("cannot read {}", base.display()))?;
    append(&mut ramdisk, &fs::read(&overlay_path)?);
    let mut name = String::from("initrd");
    if !guests.is_empty() {
        append(&mut ramdisk, &guest::archive(arch, guests)?);
        name.extend(guests.iter().map(|guest| format!("-{}", guest.arch)));
    }
    let path = directory.join(format!("{name}.gz"));
    if fs::read(&path).ok().as_ref() != Some(&ramdisk) {
        fs::write(&path, &ramdisk)?;
    }
    Ok(path)
}

/// Archives begin at multiples of four bytes.
fn append(ramdisk: &mut Vec<u8>, archive: &[u8]) {
    ramdisk.resize(ramdisk.len().next_multiple_of(4), 0);
    ramdisk.extend(archive);
}

fn overlay() -> Result<Archive> {
    let mut archive = Archive::new();
    for directory in DIRECTORIES {
        archive.directory(directory)?;
    }
    for (path, target) in LINKS {
        archive.symlink(path, target)?;
    }
    archive.file("init", INIT.as_bytes(), Mode::Executable)?;
    archive.file("etc/profile", PROFILE.as_bytes(), Mode::Plain)?;
    for (path, text) in FILES {
        archive.file(path, text.as_bytes(), Mode::Plain)?;
    }
    for script in fs::read_dir(paths::root().join("tests/qemu/dom0")).into_iter().flatten() {
        let script = script?;
        let name = format!("tests/{}", script.file_name().to_string_lossy());
        archive.file(&name, &fs::read(script.path())?, Mode::Executable)?;
    }
    Ok(archive)
}

/// Directories that no package has because no maintainer script ran.
const DIRECTORIES: &[&str] = &[
    "proc",
    "sys",
    "dev",
    "run",
    "tmp",
    "root",
    "mnt",
    "etc",
    "tests",
    "var",
    "var/log",
    "var/log/xen",
    "var/log/xen/console",
    "var/lib",
    "var/lib/xen",
    "var/lib/xenstored",
    "bin",
    "sbin",
    "usr",
    "usr/bin",
    "usr/sbin",
    "usr/local",
    "usr/local/sbin",
];

/// Links that maintainer scripts and alternatives would have made.
const LINKS: &[(&str, &str)] = &[
    ("bin/sh", "bash"),
    ("usr/bin/awk", "mawk"),
    ("usr/bin/logger", "/bin/busybox"),
    ("var/run", "/run"),
    ("var/lock", "/run/lock"),
];

const FILES: &[(&str, &str)] = &[
    ("etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"),
    ("etc/group", "root:x:0:\n"),
    ("etc/hostname", "dom0\n"),
    // Escape sequences around what is typed would only be in the way of whoever reads the console.
    ("etc/inputrc", "set enable-bracketed-paste off\n"),
    ("etc/hosts", "127.0.0.1 localhost\n"),
];

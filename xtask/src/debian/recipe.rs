//! What is taken from Debian for each architecture.

use crate::arch::Arch;

/// The release that the payloads come from.
pub const SUITE: &str = "bookworm";

/// Raised when what is made from the packages changes, so that caches are made anew.
pub const VERSION: u32 = 3;

/// As [`VERSION`], for the full system's disk.
pub const DISK_VERSION: u32 = 2;

/// The stock toolstack and a small user land; dependencies come with them.
const TOOLS: &[&str] = &[
    "xen-utils-4.17",
    "xenstore-utils",
    "bridge-utils",
    "busybox-static",
    "base-files",
    "bash",
    "coreutils",
    "util-linux",
    "sed",
    "grep",
    "mawk",
    "iproute2",
    "findutils",
    "perl-base",
    "libc-bin",
    // Terminals, for xl top.
    "ncurses-base",
];

/// A full system: what Debian calls essential, systemd, the kernel, and the toolstack.
const SYSTEM: &[&str] = &[
    "base-files",
    "base-passwd",
    "bash",
    "bsdutils",
    "coreutils",
    "dash",
    "debianutils",
    "diffutils",
    "dpkg",
    "findutils",
    "grep",
    "gzip",
    "hostname",
    "init-system-helpers",
    "libc-bin",
    "login",
    "mawk",
    "mount",
    "ncurses-base",
    "ncurses-bin",
    "passwd",
    "perl-base",
    "sed",
    "sysvinit-utils",
    "tar",
    "util-linux",
    "tzdata",
    "debconf",
    "systemd-sysv",
    "udev",
    "dbus",
    "kmod",
    "iproute2",
    "procps",
    "ifupdown",
    "e2fsprogs",
    "initramfs-tools",
    "xen-utils-4.17",
    "xen-utils-common",
    "xenstore-utils",
    "bridge-utils",
];

/// Files of the full system that no package brings.
pub const SYSTEM_FILES: &[(&str, &str)] = &[
    // The same disk is the root of dom0 and of its guest, which call it by other names.
    ("etc/fstab", "# The root is on the kernel's command line.\n"),
    ("etc/hostname", "dom0\n"),
    ("etc/hosts", "127.0.0.1 localhost dom0\n"),
    // The ramdisk has what finds this disk; all of Debian's drivers would take minutes to pack in emulation.
    ("etc/initramfs-tools/conf.d/modules", "MODULES=list\n"),
    ("etc/initramfs-tools/modules", "virtio_pci\nvirtio_mmio\nvirtio_blk\nxen_blkfront\next4\n"),
    ("etc/kernel-img.conf", "do_symlinks = yes\n"),
];

/// Dependencies that nothing in the ramdisk runs: python for pygrub, its libraries, and package management.
const UNUSED: &[&str] = &[
    "python3",
    "libpython3",
    "libkrb5",
    "libk5crypto3",
    "libgssapi-krb5",
    "libssl3",
    "libsqlite3",
    "libdb5.3",
    "libnsl2",
    "libtirpc",
    "media-types",
    "readline-common",
    "debconf",
    "ucf",
    "udev",
    "adduser",
    "passwd",
    "sensible-utils",
    "dpkg",
    "tar",
    "gcc-12-base",
    "libsemanage",
    "libpam-modules",
];

/// Directories and files left out of the ramdisk.
pub const LEFT_OUT: &[&str] = &[
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
    "usr/share/info",
    "usr/share/i18n",
    "usr/share/lintian",
    "usr/share/bug",
    "usr/share/bash-completion",
    "usr/share/zoneinfo",
    "usr/share/perl",
    "usr/lib/python3",
    "usr/lib/aarch64-linux-gnu/gconv",
    "usr/lib/arm-linux-gnueabihf/gconv",
    "usr/lib/locale",
    "usr/lib/systemd",
    "lib/systemd",
    "lib/udev",
    "var/cache",
    "var/lib/dpkg",
];

/// Modules that the ramdisk loads, with what they depend on; those that are built in are passed over.
pub const MODULES: &[&str] = &[
    "xen-privcmd",
    "xenfs",
    "xen-evtchn",
    "xen-gntdev",
    "xen-gntalloc",
    "bridge",
    "loop",
    "xen-netback",
    "xen-blkback",
    "virtio_pci",
    "virtio_mmio",
    "virtio_blk",
    "virtio_net",
    "crc32c_generic",
    "ext4",
];

/// Modules of the ramdisk of dom0's guests.
pub const GUEST_MODULES: &[&str] = &["xen-blkfront", "xen-netfront"];

/// Gives Debian's name of an architecture.
pub fn debian_name(arch: Arch) -> &'static str {
    match arch {
        Arch::Arm64 => "arm64",
        Arch::Arm32 => "armhf",
    }
}

/// Gives the packages of the ramdisk, each with its architecture.
pub fn tools(arch: Arch) -> Vec<String> {
    TOOLS.iter().map(|name| format!("{name}:{}", debian_name(arch))).collect()
}

/// Gives the packages of the full system, each with its architecture.
pub fn system(arch: Arch) -> Vec<String> {
    let names = SYSTEM.iter().map(|name| format!("{name}:{}", debian_name(arch)));
    names.chain([kernel_meta(arch).to_owned()]).collect()
}

/// Gives the package whose first dependency is the current kernel.
pub fn kernel_meta(arch: Arch) -> &'static str {
    match arch {
        Arch::Arm64 => "linux-image-arm64:arm64",
        Arch::Arm32 => "linux-image-armmp-lpae:armhf",
    }
}

/// Gives the package of the real Xen.
pub fn xen(arch: Arch) -> &'static str {
    match arch {
        Arch::Arm64 => "xen-hypervisor-4.17-arm64:arm64",
        Arch::Arm32 => "xen-hypervisor-4.17-armhf:armhf",
    }
}

/// Tells whether the ramdisk has a use for the package file `name`.
pub fn is_used(name: &str) -> bool {
    let kept = ["libpam0g", "libudev1"];
    let package = name.split('_').next().unwrap_or(name);
    kept.contains(&package) || !UNUSED.iter().any(|unused| package.starts_with(unused))
}

//! Kernels that cannot be started, and memory that does not suit them.

use super::super::kernels::{busy_image, claim, gzip, image, noise, truncated};
use super::super::rig::KERNEL;
use super::super::{Bad, End, On};
use crate::arch::Arch;

pub const CASES: &[Bad] = &[
    Bad {
        name: "kernel-of-noise",
        on: On::Both,
        spoil: |rig| {
            rig.kernel = Some((KERNEL, noise(0x1_0000)));
            Ok(())
        },
        says: &[
            "(XEN) dom0 kernel at 0x52000000-0x5200ffff: unknown kernel format (first word 0x",
            "give an Image",
        ],
        end: End::Restarts,
    },
    Bad {
        name: "kernel-elf",
        on: On::Both,
        spoil: |rig| {
            rig.kernel = Some((KERNEL, [b"\x7fELF".as_slice(), &[0; 0x1000]].concat()));
            Ok(())
        },
        says: &["(XEN) dom0 kernel at 0x52000000-", "an ELF file; give the Image"],
        end: End::Restarts,
    },
    Bad {
        name: "kernel-too-short",
        on: On::Both,
        spoil: |rig| {
            rig.kernel = Some((KERNEL, vec![1; 20]));
            Ok(())
        },
        says: &["(XEN) dom0 kernel at 0x52000000-0x52000013: 20 bytes are too few for a kernel"],
        end: End::Restarts,
    },
    Bad {
        name: "kernel-truncated",
        on: On::Both,
        spoil: |rig| {
            rig.kernel = Some((KERNEL, truncated(rig.arch)));
            Ok(())
        },
        says: &[
            "(XEN) dom0 kernel at 0x52000000-0x52000fff: truncated: 4096 bytes of 1052672; load the whole file",
        ],
        end: End::Restarts,
    },
    Bad {
        name: "kernel-with-impossible-size",
        on: On::Only(Arch::Arm64),
        spoil: |rig| {
            let mut kernel = image(rig.arch, 0x1000);
            kernel[16..24].copy_from_slice(&u64::MAX.to_le_bytes());
            rig.kernel = Some((KERNEL, kernel));
            Ok(())
        },
        says: &["(XEN) dom0 kernel at 0x52000000-0x52000fff: corrupt kernel header: image_size"],
        end: End::Restarts,
    },
    Bad {
        name: "kernel-of-32-bits",
        on: On::Only(Arch::Arm64),
        spoil: |rig| {
            rig.kernel = Some((KERNEL, image(Arch::Arm32, 0x4_0000)));
            Ok(())
        },
        says: &["(XEN) dom0: 1 vCPUs"],
        end: End::Boots,
    },
    Bad {
        name: "kernel-of-32-bits-where-none-runs",
        on: On::Only(Arch::Arm64),
        spoil: |rig| {
            rig.kernel = Some((KERNEL, image(Arch::Arm32, 0x4_0000)));
            // AArch32 at EL0 alone (ID_AA64PFR0_EL1.EL1 is 1).
            rig.cpu = "neoverse-n1".into();
            Ok(())
        },
        says: &["(XEN) The dom0 kernel has 32 bits, and this CPU runs no kernels of 32 bits."],
        end: End::Restarts,
    },
    Bad {
        name: "kernel-gzip",
        on: On::Both,
        spoil: |rig| {
            rig.kernel = Some((KERNEL, gzip(&image(rig.arch, 0x4_0000))));
            Ok(())
        },
        says: &["(XEN) dom0: 1 vCPUs"],
        end: End::Boots,
    },
    Bad {
        name: "kernel-gzip-header-corrupt",
        on: On::Both,
        spoil: |rig| {
            let mut kernel = gzip(&image(rig.arch, 0x4_0000));
            kernel[3] = 0xff;
            rig.kernel = Some((KERNEL, kernel));
            Ok(())
        },
        says: &["(XEN) dom0 kernel at 0x52000000-", "corrupt gzip header"],
        end: End::Restarts,
    },
    Bad {
        name: "kernel-gzip-corrupt",
        on: On::Both,
        spoil: |rig| {
            let mut kernel = gzip(&busy_image(rig.arch, 0x5_0000));
            let end = kernel.len();
            kernel[end / 2..end / 2 + 64].fill(0xff);
            rig.kernel = Some((KERNEL, kernel));
            Ok(())
        },
        says: &["(XEN) dom0 kernel at 0x52000000-", "gzip"],
        end: End::Restarts,
    },
    Bad {
        name: "kernel-gzip-truncated",
        on: On::Both,
        spoil: |rig| {
            let mut kernel = gzip(&busy_image(rig.arch, 0x5_0000));
            kernel.truncate(0x8000);
            rig.kernel = Some((KERNEL, kernel));
            Ok(())
        },
        says: &["(XEN) dom0 kernel at 0x52000000-0x52007fff: truncated gzip data; load the whole file"],
        end: End::Restarts,
    },
    Bad {
        name: "kernel-gzip-checksum",
        on: On::Both,
        spoil: |rig| {
            let mut kernel = gzip(&image(rig.arch, 0x4_0000));
            let at = kernel.len() - 8;
            kernel[at] ^= 1;
            rig.kernel = Some((KERNEL, kernel));
            Ok(())
        },
        says: &["(XEN) dom0 kernel at 0x52000000-", "gzip check sum does not match"],
        end: End::Restarts,
    },
    Bad {
        name: "kernel-gzip-of-noise",
        on: On::Both,
        spoil: |rig| {
            rig.kernel = Some((KERNEL, gzip(&noise(0x1_0000))));
            Ok(())
        },
        says: &["(XEN) dom0 kernel at 0x52000000-", "unknown kernel format"],
        end: End::Restarts,
    },
    Bad {
        name: "dom0-mem-too-large",
        on: On::Both,
        spoil: |rig| rig.options("dom0_mem=600M"),
        says: &["(XEN) dom0: dom0_mem of 614400 KiB is more than the ", "that are free"],
        end: End::Restarts,
    },
    Bad {
        name: "dom0-mem-all-there-is",
        on: On::Both,
        spoil: |rig| rig.options("dom0_mem=-1K"),
        says: &["(XEN) dom0: 1 vCPUs"],
        end: End::Boots,
    },
    Bad {
        name: "dom0-mem-too-small",
        on: On::Both,
        spoil: |rig| {
            let mut kernel = image(rig.arch, 0x10_0000);
            // A zImage says nothing of what it unpacks to: it is given 64 MiB.
            if rig.arch == Arch::Arm64 {
                claim(rig.arch, &mut kernel, 0x200_0000);
            }
            rig.kernel = Some((KERNEL, kernel));
            rig.options("dom0_mem=8M")
        },
        says: &["(XEN) dom0: dom0_mem of 8192 KiB is too small: kernel, ramdisk and device tree need "],
        end: End::Restarts,
    },
];

//! Kernels that cannot be started, and memory that does not suit them.

use super::super::kernels::{busy_image, gzip, image, noise, truncated};
use super::super::rig::KERNEL;
use super::super::{Bad, End};

pub const CASES: &[Bad] = &[
    Bad {
        name: "kernel-of-noise",
        spoil: |rig| {
            rig.kernel = Some((KERNEL, noise(0x1_0000)));
            Ok(())
        },
        says: &[
            "(XEN) dom0 kernel at 0x46000000-0x4600ffff: unknown kernel format (first word 0x",
            "give an Image",
        ],
        end: End::Restarts,
    },
    Bad {
        name: "kernel-elf",
        spoil: |rig| {
            rig.kernel = Some((KERNEL, [b"\x7fELF".as_slice(), &[0; 0x1000]].concat()));
            Ok(())
        },
        says: &["(XEN) dom0 kernel at 0x46000000-", "an ELF file; give the Image"],
        end: End::Restarts,
    },
    Bad {
        name: "kernel-too-short",
        spoil: |rig| {
            rig.kernel = Some((KERNEL, vec![1; 20]));
            Ok(())
        },
        says: &["(XEN) dom0 kernel at 0x46000000-0x46000013: 20 bytes are too few for a kernel"],
        end: End::Restarts,
    },
    Bad {
        name: "kernel-truncated",
        spoil: |rig| {
            rig.kernel = Some((KERNEL, truncated()));
            Ok(())
        },
        says: &[
            "(XEN) dom0 kernel at 0x46000000-0x46000fff: truncated: 4096 bytes of 1052672; load the whole file",
        ],
        end: End::Restarts,
    },
    Bad {
        name: "kernel-with-impossible-size",
        spoil: |rig| {
            let mut kernel = image(0x1000);
            kernel[16..24].copy_from_slice(&u64::MAX.to_le_bytes());
            rig.kernel = Some((KERNEL, kernel));
            Ok(())
        },
        says: &["(XEN) dom0 kernel at 0x46000000-0x46000fff: corrupt kernel header: image_size"],
        end: End::Restarts,
    },
    Bad {
        name: "kernel-gzip",
        spoil: |rig| {
            rig.kernel = Some((KERNEL, gzip(&image(0x4_0000))));
            Ok(())
        },
        says: &["(XEN) dom0: 1 vCPUs"],
        end: End::Boots,
    },
    Bad {
        name: "kernel-gzip-header-corrupt",
        spoil: |rig| {
            let mut kernel = gzip(&image(0x4_0000));
            kernel[3] = 0xff;
            rig.kernel = Some((KERNEL, kernel));
            Ok(())
        },
        says: &["(XEN) dom0 kernel at 0x46000000-", "corrupt gzip header"],
        end: End::Restarts,
    },
    Bad {
        name: "kernel-gzip-corrupt",
        spoil: |rig| {
            let mut kernel = gzip(&busy_image(0x5_0000));
            let end = kernel.len();
            kernel[end / 2..end / 2 + 64].fill(0xff);
            rig.kernel = Some((KERNEL, kernel));
            Ok(())
        },
        says: &["(XEN) dom0 kernel at 0x46000000-", "gzip"],
        end: End::Restarts,
    },
    Bad {
        name: "kernel-gzip-truncated",
        spoil: |rig| {
            let mut kernel = gzip(&busy_image(0x5_0000));
            kernel.truncate(0x8000);
            rig.kernel = Some((KERNEL, kernel));
            Ok(())
        },
        says: &["(XEN) dom0 kernel at 0x46000000-0x46007fff: truncated gzip data; load the whole file"],
        end: End::Restarts,
    },
    Bad {
        name: "kernel-gzip-checksum",
        spoil: |rig| {
            let mut kernel = gzip(&image(0x4_0000));
            let at = kernel.len() - 8;
            kernel[at] ^= 1;
            rig.kernel = Some((KERNEL, kernel));
            Ok(())
        },
        says: &["(XEN) dom0 kernel at 0x46000000-", "gzip check sum does not match"],
        end: End::Restarts,
    },
    Bad {
        name: "kernel-gzip-of-noise",
        spoil: |rig| {
            rig.kernel = Some((KERNEL, gzip(&noise(0x1_0000))));
            Ok(())
        },
        says: &["(XEN) dom0 kernel at 0x46000000-", "unknown kernel format"],
        end: End::Restarts,
    },
    Bad {
        name: "dom0-mem-too-large",
        spoil: |rig| rig.options("dom0_mem=300M"),
        says: &["(XEN) dom0: dom0_mem of 307200 KiB is more than the ", "that are free"],
        end: End::Restarts,
    },
    Bad {
        name: "dom0-mem-all-there-is",
        spoil: |rig| rig.options("dom0_mem=-0"),
        says: &["(XEN) dom0: 1 vCPUs"],
        end: End::Boots,
    },
    Bad {
        name: "dom0-mem-too-small",
        spoil: |rig| {
            let mut kernel = image(0x10_0000);
            kernel[16..24].copy_from_slice(&0x200_0000_u64.to_le_bytes());
            rig.kernel = Some((KERNEL, kernel));
            rig.options("dom0_mem=8M")
        },
        says: &["(XEN) dom0: dom0_mem of 8192 KiB is too small: kernel, ramdisk and device tree need "],
        end: End::Restarts,
    },
];

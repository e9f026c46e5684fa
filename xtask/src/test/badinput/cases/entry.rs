//! The state at the first instruction, and the device tree as bytes.

use super::super::kernels::noise;
use super::super::rig::{Mmu, RAM, RAM_MIB, TREE};
use super::super::{Bad, End};

pub const CASES: &[Bad] = &[
    Bad {
        name: "el1",
        spoil: |rig| {
            rig.machine = "virt,gic-version=3";
            rig.early_uart()
        },
        says: &["(XEN) Started below EL2: no hypervisor can run. Start in EL2"],
        end: End::Stops,
    },
    Bad {
        name: "el3",
        spoil: |rig| {
            rig.machine = "virt,virtualization=on,secure=on,gic-version=3";
            rig.early_uart()
        },
        says: &["(XEN) Started in EL3: firmware must enter the image in EL2"],
        end: End::Stops,
    },
    Bad {
        name: "mmu-on",
        spoil: |rig| {
            rig.mmu = Mmu::On;
            rig.early_uart()
        },
        says: &["(XEN) Started with the MMU on: the boot loader must turn it off"],
        end: End::Stops,
    },
    Bad {
        name: "not-at-a-page",
        spoil: |rig| {
            rig.image_at += 0x800;
            rig.early_uart()
        },
        says: &["(XEN) The image is not loaded at a 4 KiB boundary: load it at one"],
        end: End::Stops,
    },
    Bad {
        name: "el1-without-early-uart",
        spoil: |rig| {
            rig.machine = "virt,gic-version=3";
            Ok(())
        },
        says: &["(XEN) Started below EL2: no hypervisor can run. Start in EL2"],
        end: End::Silent,
    },
    Bad {
        name: "no-tree",
        spoil: |rig| {
            rig.tree_at = 0;
            rig.early_uart()
        },
        says: &["(XEN) No device tree: the boot loader passed 0x0. Pass the tree's address in x0"],
        end: End::Halts,
    },
    Bad {
        name: "no-tree-without-early-uart",
        spoil: |rig| {
            rig.tree_at = 0;
            Ok(())
        },
        says: &["(XEN) No device tree: the boot loader passed 0x0. Pass the tree's address in x0", "Halted"],
        end: End::Silent,
    },
    Bad {
        name: "tree-misaligned",
        spoil: |rig| {
            rig.tree_at = TREE + 2;
            rig.early_uart()
        },
        says: &["(XEN) No device tree: the boot loader passed 0x48000002"],
        end: End::Halts,
    },
    Bad {
        name: "tree-nowhere",
        spoil: |rig| {
            // Nothing answers behind the end of RAM.
            rig.tree_at = RAM + (RAM_MIB << 20) + 0x10_0000;
            rig.early_uart()
        },
        says: &["(XEN) Device tree at 0x50100000: reading it faults. Pass the address"],
        end: End::Halts,
    },
    Bad {
        name: "tree-beyond-the-address-space",
        spoil: |rig| {
            rig.tree_at = 0xffff_ffff_ffff_f000;
            rig.early_uart()
        },
        says: &["(XEN) Device tree at 0xfffffffffffff000: "],
        end: End::Halts,
    },
    Bad {
        name: "tree-of-noise",
        spoil: |rig| {
            rig.blob = Some(noise(0x1_0000));
            rig.early_uart()
        },
        says: &["(XEN) device tree: magic is 0x", "not 0xd00dfeed", "The boot loader passed 0x48000000"],
        end: End::Halts,
    },
    Bad {
        name: "tree-with-impossible-size",
        spoil: |rig| {
            let mut blob = rig.blob()?;
            blob[4..8].copy_from_slice(&0xffff_fff0_u32.to_be_bytes());
            rig.blob = Some(blob);
            rig.early_uart()
        },
        says: &["(XEN) device tree: impossible total size 0xfffffff0"],
        end: End::Halts,
    },
    Bad {
        name: "tree-truncated",
        spoil: |rig| {
            let mut blob = rig.blob()?;
            blob.truncate(blob.len() / 2);
            rig.blob = Some(blob);
            rig.early_uart()
        },
        // What follows is zeroed memory: words that are no token, or blocks that do not end.
        says: &["(XEN) device tree: ", "(offset 0x", "The boot loader passed 0x48000000"],
        end: End::Halts,
    },
    Bad {
        name: "tree-larger-than-memory",
        spoil: |rig| {
            // Its header is in the last page of RAM, its blocks would lie behind.
            let blob = rig.blob()?;
            let at = RAM + (RAM_MIB << 20) - 0x1000;
            rig.loaded.push((at, blob[..0x1000].to_vec()));
            rig.tree_at = at;
            rig.early_uart()
        },
        says: &["(XEN) Device tree at 0x4ffff000: reading it faults"],
        end: End::Halts,
    },
    Bad {
        name: "tree-with-corrupt-structure",
        spoil: |rig| {
            let mut blob = rig.blob()?;
            let middle = blob.len() / 3;
            let bad = noise(0x400);
            blob[middle..middle + bad.len()].copy_from_slice(&bad);
            rig.blob = Some(blob);
            rig.early_uart()
        },
        says: &["(XEN) device tree: ", "(offset 0x", "The boot loader passed 0x48000000"],
        end: End::Halts,
    },
];

//! The state at the first instruction, and the device tree as bytes.

use super::super::kernels::noise;
use super::super::rig::{Mmu, Model, RAM, RAM_MIB, TREE};
use super::super::{Bad, End, On};
use crate::arch::Arch;

pub const CASES: &[Bad] = &[
    Bad {
        name: "el1",
        on: On::Only(Arch::Arm64),
        spoil: |rig| {
            rig.model = Model::El1;
            rig.early_uart()
        },
        says: &["(XEN) Started below EL2: no hypervisor can run. Start in EL2"],
        end: End::Stops,
    },
    Bad {
        name: "el3",
        on: On::Only(Arch::Arm64),
        spoil: |rig| {
            rig.model = Model::El3;
            rig.early_uart()
        },
        says: &["(XEN) Started in EL3: firmware must enter the image in EL2"],
        end: End::Stops,
    },
    Bad {
        name: "svc",
        on: On::Only(Arch::Arm32),
        spoil: |rig| {
            rig.model = Model::El1;
            rig.early_uart()
        },
        says: &["(XEN) Started in SVC mode", "start in Hyp mode"],
        end: End::Stops,
    },
    Bad {
        name: "secure-svc",
        on: On::Only(Arch::Arm32),
        spoil: |rig| {
            rig.model = Model::El3;
            rig.early_uart()
        },
        says: &["(XEN) Started in SVC mode", "start in Hyp mode"],
        end: End::Stops,
    },
    Bad {
        name: "svc-without-early-uart",
        on: On::Only(Arch::Arm32),
        spoil: |rig| {
            rig.model = Model::El1;
            Ok(())
        },
        says: &["(XEN) Started in SVC mode", "start in Hyp mode"],
        end: End::Silent,
    },
    Bad {
        name: "mmu-on",
        on: On::Both,
        spoil: |rig| {
            rig.mmu = Mmu::On;
            rig.early_uart()
        },
        says: &["(XEN) Started with the MMU on: the boot loader must turn it off"],
        end: End::Stops,
    },
    Bad {
        name: "not-at-a-page",
        on: On::Both,
        spoil: |rig| {
            rig.image_at += 0x800;
            rig.early_uart()
        },
        says: &["(XEN) The image is not loaded at a 4 KiB boundary: load it at one"],
        end: End::Stops,
    },
    Bad {
        name: "el1-without-early-uart",
        on: On::Only(Arch::Arm64),
        spoil: |rig| {
            rig.model = Model::El1;
            Ok(())
        },
        says: &["(XEN) Started below EL2: no hypervisor can run. Start in EL2"],
        end: End::Silent,
    },
    Bad {
        name: "no-tree",
        on: On::Both,
        spoil: |rig| {
            rig.tree_at = 0;
            rig.early_uart()
        },
        says: &["(XEN) No device tree: the boot loader passed 0x0. Pass the tree's address in x0"],
        end: End::Halts,
    },
    Bad {
        name: "no-tree-without-early-uart",
        on: On::Both,
        spoil: |rig| {
            rig.tree_at = 0;
            Ok(())
        },
        says: &["(XEN) No device tree: the boot loader passed 0x0. Pass the tree's address in x0", "Halted"],
        end: End::Silent,
    },
    Bad {
        name: "tree-misaligned",
        on: On::Both,
        spoil: |rig| {
            rig.tree_at = TREE + 2;
            rig.early_uart()
        },
        says: &["(XEN) No device tree: the boot loader passed 0x48000002"],
        end: End::Halts,
    },
    Bad {
        name: "tree-nowhere",
        on: On::Both,
        spoil: |rig| {
            // Nothing answers behind the end of RAM.
            rig.tree_at = RAM + (RAM_MIB << 20) + 0x10_0000;
            rig.early_uart()
        },
        says: &["(XEN) Device tree at 0x60100000: reading it faults. Pass the address"],
        end: End::Halts,
    },
    Bad {
        name: "tree-beyond-the-address-space",
        on: On::Only(Arch::Arm64),
        spoil: |rig| {
            rig.tree_at = 0xffff_ffff_ffff_f000;
            rig.early_uart()
        },
        says: &["(XEN) Device tree at 0xfffffffffffff000: "],
        end: End::Halts,
    },
    Bad {
        name: "tree-of-noise",
        on: On::Both,
        spoil: |rig| {
            rig.blob = Some(noise(0x1_0000));
            rig.early_uart()
        },
        says: &["(XEN) device tree: magic is 0x", "not 0xd00dfeed", "The boot loader passed 0x48000000"],
        end: End::Halts,
    },
    Bad {
        name: "tree-with-impossible-size",
        on: On::Both,
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
        on: On::Both,
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
        on: On::Both,
        spoil: |rig| {
            // Its header is in the last page of RAM, its blocks would lie behind.
            let blob = rig.blob()?;
            let at = RAM + (RAM_MIB << 20) - 0x1000;
            rig.loaded.push((at, blob[..0x1000].to_vec()));
            rig.tree_at = at;
            rig.early_uart()
        },
        says: &["(XEN) Device tree at 0x5ffff000: reading it faults"],
        end: End::Halts,
    },
    Bad {
        name: "tree-with-corrupt-structure",
        on: On::Both,
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

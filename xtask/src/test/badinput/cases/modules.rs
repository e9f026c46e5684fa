//! Boot modules in the wrong place, or none.

use super::super::kernels;
use super::super::rig::{IMAGE, KERNEL, TREE};
use super::super::tree::Node;
use super::super::{Bad, End, On};

pub const CASES: &[Bad] = &[
    Bad {
        name: "no-kernel",
        on: On::Both,
        spoil: |rig| {
            rig.kernel = None;
            Ok(())
        },
        says: &["(XEN) No dom0 kernel: the device tree has no multiboot,kernel module"],
        end: End::Restarts,
    },
    Bad {
        name: "module-without-reg",
        on: On::Both,
        spoil: |rig| {
            rig.tree.child("chosen")?.add(Node::named("lost")).set_str("compatible", "multiboot,module");
            Ok(())
        },
        says: &["(XEN) device tree: malformed reg of a boot module", "node lost"],
        end: End::Restarts,
    },
    Bad {
        name: "empty-module",
        on: On::Both,
        spoil: |rig| rig.describe("multiboot,ramdisk", 0x5300_0000, 0),
        says: &["(XEN) device tree: malformed reg of a boot module", "node module@53000000"],
        end: End::Restarts,
    },
    Bad {
        name: "module-that-wraps",
        on: On::Both,
        spoil: |rig| rig.describe("multiboot,ramdisk", 0xffff_ffff_ffff_f000, 0x1_0000),
        says: &["(XEN) device tree: malformed reg of a boot module", "node module@fffffffffffff000"],
        end: End::Restarts,
    },
    Bad {
        name: "too-many-modules",
        on: On::Both,
        spoil: |rig| (0..40).try_for_each(|n| rig.describe("xen,other", 0x5300_0000 + (n << 16), 0x1000)),
        says: &["(XEN) device tree: too many boot modules"],
        end: End::Restarts,
    },
    Bad {
        name: "module-over-module",
        on: On::Both,
        spoil: |rig| rig.describe("multiboot,ramdisk", KERNEL + 0x8000, 0x1_0000),
        says: &[
            "(XEN) Boot module module@52000000 (0x52000000-0x5200ffff) overlaps: Boot module module@52008000 (0x52008000-",
        ],
        end: End::Restarts,
    },
    Bad {
        name: "module-over-image",
        on: On::Both,
        spoil: |rig| rig.describe("multiboot,ramdisk", IMAGE + 0x1000, 0x1000),
        says: &[
            "(XEN) Boot module module@40201000 (0x40201000-0x40201fff) overlaps: The hypervisor's image (0x40200000-",
        ],
        end: End::Restarts,
    },
    Bad {
        name: "module-over-bss",
        on: On::Both,
        spoil: |rig| {
            // Behind the file, where .bss is: the boot loader must leave image_size bytes free.
            let end = IMAGE + u64::try_from(rig.image.len())?.next_multiple_of(0x1000);
            rig.describe("multiboot,ramdisk", end, 0x1000)
        },
        says: &["(XEN) Boot module module@", "overlaps: The hypervisor's image (0x40200000-"],
        end: End::Restarts,
    },
    Bad {
        name: "module-over-tree",
        on: On::Both,
        spoil: |rig| rig.describe("multiboot,ramdisk", TREE - 0x1000, 0x2000),
        says: &[
            "(XEN) Boot module module@47fff000 (0x47fff000-0x48000fff) overlaps: The device tree (0x48000000-",
        ],
        end: End::Restarts,
    },
    Bad {
        name: "module-over-reserved-memory",
        on: On::Both,
        spoil: |rig| {
            let mut parent = Node::named("reserved-memory");
            parent.set_cells("#address-cells", &[2]).set_cells("#size-cells", &[2]).set("ranges", &[]);
            parent
                .add(Node::named("secure@52008000"))
                .set_wide("reg", &[0x5200_8000, 0x1_0000])
                .set("no-map", &[]);
            rig.tree.add(parent);
            Ok(())
        },
        says: &[
            "(XEN) Boot module module@52000000 (0x52000000-0x5200ffff) overlaps: reserved memory secure@52008000",
        ],
        end: End::Restarts,
    },
    Bad {
        name: "image-over-reserved-memory",
        on: On::Both,
        spoil: |rig| {
            let mut parent = Node::named("reserved-memory");
            parent.set_cells("#address-cells", &[2]).set_cells("#size-cells", &[2]).set("ranges", &[]);
            parent
                .add(Node::named("secure@40000000"))
                .set_wide("reg", &[0x4000_0000, 0x21_0000])
                .set("no-map", &[]);
            rig.tree.add(parent);
            Ok(())
        },
        says: &[
            "(XEN) The hypervisor's image (0x40200000-",
            "overlaps: reserved memory secure@40000000 (0x40000000-0x4020ffff)",
        ],
        end: End::Restarts,
    },
    Bad {
        name: "module-over-memreserve",
        on: On::Both,
        spoil: |rig| {
            rig.reservations.push((KERNEL + 0x4000, 0x1000));
            Ok(())
        },
        says: &[
            "(XEN) Boot module module@52000000 (0x52000000-0x5200ffff) overlaps: reserved memory /memreserve/ (0x52004000-",
        ],
        end: End::Restarts,
    },
    Bad {
        name: "memreserve-of-a-module",
        on: On::Both,
        spoil: |rig| {
            // U-Boot reserves what it loaded: right, not wrong.
            rig.reservations.extend([(0x5300_0000, 0x1_0000), (TREE, 0x10_0000), (KERNEL, 0x1_0000)]);
            rig.ramdisk(0x5300_0000, 0x1_0000)
        },
        says: &["(XEN) dom0: 1 vCPUs"],
        end: End::Boots,
    },
    Bad {
        name: "module-outside-ram",
        on: On::Both,
        spoil: |rig| rig.describe("multiboot,ramdisk", 0x9000_0000, 0x1000),
        says: &["(XEN) Boot module module@90000000 (0x90000000-0x90000fff) is not in the device tree's RAM"],
        end: End::Restarts,
    },
    Bad {
        name: "module-partly-outside-ram",
        on: On::Both,
        spoil: |rig| rig.describe("multiboot,ramdisk", 0x5fff_f000, 0x2000),
        says: &["(XEN) Boot module module@5ffff000 (0x5ffff000-0x60000fff) is not in the device tree's RAM"],
        end: End::Restarts,
    },
    Bad {
        name: "modules-that-share-a-page",
        on: On::Both,
        spoil: |rig| {
            // Allowed: the boot loader put the RAM disk right behind the kernel.
            rig.kernel = Some((KERNEL, kernels::image(rig.arch, 0x1_0100)));
            rig.ramdisk(KERNEL + 0x1_0100, 0x1_0000)
        },
        says: &["(XEN) dom0: 1 vCPUs"],
        end: End::Boots,
    },
];

//! A tree that is valid, of a machine that cannot be used as it is.

use super::super::rig::KERNEL;
use super::super::tree::Node;
use super::super::{Bad, End, On};
use crate::arch::Arch;

pub const CASES: &[Bad] = &[
    Bad {
        name: "nothing-wrong",
        on: On::Both,
        spoil: |_| Ok(()),
        says: &["(XEN) Command line: console=dtuart", "(XEN) dom0: 1 vCPUs"],
        end: End::Boots,
    },
    Bad {
        name: "no-memory",
        on: On::Both,
        spoil: |rig| {
            rig.tree.remove_children("memory");
            Ok(())
        },
        says: &["(XEN) No memory: the device tree has no usable /memory node"],
        end: End::Restarts,
    },
    Bad {
        name: "memory-without-size",
        on: On::Both,
        spoil: |rig| {
            rig.tree.child("memory")?.set_wide("reg", &[0x4000_0000, 0]);
            Ok(())
        },
        says: &["(XEN) No memory: the device tree has no usable /memory node"],
        end: End::Restarts,
    },
    Bad {
        name: "memory-that-wraps",
        on: On::Both,
        spoil: |rig| {
            rig.tree.child("memory")?.set_wide("reg", &[0xffff_ffff_ffff_0000, 0x10_0000]);
            Ok(())
        },
        says: &["(XEN) No memory: the device tree has no usable /memory node"],
        end: End::Restarts,
    },
    Bad {
        name: "memory-elsewhere",
        on: On::Both,
        spoil: |rig| {
            rig.tree.child("memory")?.set_wide("reg", &[0x8000_0000, 0x1000_0000]);
            Ok(())
        },
        says: &["(XEN) The hypervisor's image (0x40200000-", "is not in the device tree's RAM"],
        end: End::Restarts,
    },
    Bad {
        name: "memory-too-small",
        on: On::Both,
        spoil: |rig| {
            rig.tree
                .child("memory")?
                .set_wide("reg", &[0x4020_0000, 0x10_0000, KERNEL, 0x1_0000, 0x4800_0000, 0x10_0000]);
            Ok(())
        },
        says: &["(XEN) No piece of free RAM is large enough for the hypervisor's own tables"],
        end: End::Restarts,
    },
    Bad {
        name: "noreboot",
        on: On::Both,
        spoil: |rig| {
            rig.options("noreboot")?;
            rig.tree.remove_children("memory");
            Ok(())
        },
        says: &["(XEN) No memory"],
        end: End::Halts,
    },
    Bad {
        name: "no-gic",
        on: On::Both,
        spoil: |rig| {
            rig.tree.remove_children("intc");
            Ok(())
        },
        says: &["(XEN) device tree: no GIC of a known kind"],
        end: End::Restarts,
    },
    Bad {
        name: "unknown-gic",
        on: On::Both,
        spoil: |rig| {
            rig.tree.child("intc")?.set_str("compatible", "vendor,interrupt-machine");
            Ok(())
        },
        says: &["(XEN) device tree: no GIC of a known kind"],
        end: End::Restarts,
    },
    Bad {
        name: "gic-without-registers",
        on: On::Both,
        spoil: |rig| {
            rig.tree.child("intc")?.remove("reg");
            Ok(())
        },
        says: &["(XEN) device tree: malformed reg of the GIC", "node intc"],
        end: End::Restarts,
    },
    Bad {
        name: "gic-without-this-cpu",
        on: On::Only(Arch::Arm64),
        spoil: |rig| {
            // A redistributor of another CPU, and the last: GICR_TYPER's affinity is 7.
            rig.loaded.push((0x4f00_0008, (7_u64 << 32 | 1 << 4).to_le_bytes().to_vec()));
            rig.tree.child("intc")?.set_wide("reg", &[0x800_0000, 0x1_0000, 0x4f00_0000, 0x2_0000]);
            Ok(())
        },
        says: &["(XEN) The GIC at 0x8000000 has no redistributor for CPU 0x"],
        end: End::Restarts,
    },
    Bad {
        name: "gic-nowhere",
        on: On::Both,
        spoil: |rig| {
            rig.tree.child("intc")?.set_first("reg", 0x7800_0000);
            Ok(())
        },
        says: &["(XEN) GIC at 0x78000000: its registers fault"],
        end: End::Restarts,
    },
    Bad {
        name: "gic-with-impossible-stride",
        on: On::Only(Arch::Arm64),
        spoil: |rig| {
            rig.tree.child("intc")?.set_cells("redistributor-stride", &[0, 0]);
            Ok(())
        },
        says: &["(XEN) device tree: malformed reg of the GIC"],
        end: End::Restarts,
    },
    Bad {
        name: "uart-nowhere",
        on: On::Both,
        spoil: |rig| {
            rig.tree.child("pl011")?.set_wide("reg", &[0x7900_0000, 0x1000]);
            Ok(())
        },
        says: &["(XEN) Console at 0x79000000: its registers fault"],
        end: End::Silent,
    },
    Bad {
        name: "smmu-nowhere",
        on: On::Both,
        spoil: |rig| {
            let smmu = rig.tree.add(Node::named("iommu@7a000000"));
            smmu.set_str("compatible", "arm,smmu-v3").set_wide("reg", &[0x7a00_0000, 0x2_0000]);
            Ok(())
        },
        says: &["(XEN) Device at 0x7a000000: its registers fault"],
        end: End::Restarts,
    },
    Bad {
        name: "device-of-all-addresses",
        on: On::Both,
        spoil: |rig| {
            // Behind RAM, with a page in it that another device has.
            let start = 0x20_0000_0000;
            let device = rig.tree.add(Node::named("device@2040000000"));
            device.set_str("compatible", "vendor,device").set_wide("reg", &[start + 0x4000_0000, 0x1000]);
            let device = rig.tree.add(Node::named("device@2000000000"));
            device.set_str("compatible", "vendor,device").set_wide("reg", &[start, 0x40_0000_0000]);
            Ok(())
        },
        says: &["(XEN) dom0: 1 vCPUs"],
        end: End::Boots,
    },
    Bad {
        name: "device-over-memory",
        on: On::Both,
        spoil: |rig| {
            let device = rig.tree.add(Node::named("device@40000000"));
            device.set_str("compatible", "vendor,device").set_wide("reg", &[0x3000_0000, 0x4000_0000]);
            rig.options("loglvl=debug")
        },
        says: &["dom0: device@40000000: 0x30000000-0x6fffffff is RAM, not registers"],
        end: End::Boots,
    },
    Bad {
        name: "memory-at-the-end-of-addresses",
        on: On::Both,
        spoil: |rig| {
            // Two banks more, of which no CPU of these can reach any byte.
            rig.tree
                .child("memory")?
                .set_wide("reg", &[0x4000_0000, 0x2000_0000, 1 << 51, 1 << 40, u64::MAX - 0xffff, 0xf000]);
            Ok(())
        },
        says: &["(XEN) RAM above ", "(XEN) dom0: 1 vCPUs"],
        end: End::Boots,
    },
    Bad {
        name: "no-timer",
        on: On::Both,
        spoil: |rig| {
            rig.tree.remove_children("timer");
            Ok(())
        },
        says: &["(XEN) No generic timer"],
        end: End::Restarts,
    },
    Bad {
        name: "cpu-that-does-not-exist",
        on: On::Both,
        spoil: |rig| {
            let mut ghost = Node::named("cpu@77");
            ghost.set_str("device_type", "cpu").set_str("compatible", "arm,cortex-a57");
            ghost.set_str("enable-method", "psci").set_cells("reg", &[0x77]);
            rig.cpus = 2;
            let mut second = ghost.clone();
            second.rename("cpu@1").set_cells("reg", &[1]);
            let cpus = rig.tree.child("cpus")?;
            cpus.add(ghost);
            cpus.add(second);
            Ok(())
        },
        says: &[
            "(XEN) CPU 0x77 does not come up: firmware's CPU_ON refused",
            "(XEN) Brought up 2 CPUs",
            "2 vCPUs",
        ],
        end: End::Boots,
    },
    Bad {
        name: "cpu-that-nobody-can-start",
        on: On::Both,
        spoil: |rig| {
            let mut ghost = Node::named("cpu@1");
            ghost
                .set_str("device_type", "cpu")
                .set_str("enable-method", "vendor,magic")
                .set_cells("reg", &[1]);
            rig.tree.child("cpus")?.add(ghost);
            rig.tree.remove_children("psci");
            Ok(())
        },
        says: &["(XEN) CPU 0x1 does not come up: nobody knows how to start it", "(XEN) Brought up 1 CPUs"],
        end: End::Boots,
    },
    Bad {
        name: "cpu-that-does-not-answer",
        on: On::Both,
        spoil: |rig| {
            let mut ghost = Node::named("cpu@1");
            ghost.set_str("device_type", "cpu").set_str("enable-method", "spin-table").set_cells("reg", &[1]);
            ghost.set_wide("cpu-release-addr", &[0x4e00_0000]);
            rig.tree.child("cpus")?.add(ghost);
            Ok(())
        },
        says: &["(XEN) CPU 0x1 does not come up within 2 seconds", "(XEN) Brought up 1 CPUs"],
        end: End::Boots,
    },
    Bad {
        name: "unknown-uart",
        on: On::Both,
        spoil: |rig| {
            rig.tree.child("pl011")?.set_str("compatible", "vendor,uart");
            rig.early_uart()
        },
        says: &["(XEN) No console: there is no driver for /pl011@9000000 (vendor,uart)"],
        end: End::Boots,
    },
    Bad {
        name: "unknown-uart-without-early-uart",
        on: On::Both,
        spoil: |rig| {
            rig.tree.child("pl011")?.set_str("compatible", "vendor,uart");
            Ok(())
        },
        says: &[
            "(XEN) No console: there is no driver for /pl011@9000000 (vendor,uart)",
            "Serial input to DOM0",
        ],
        end: End::Silent,
    },
];

//! Domain 0's trees of the fixtures: what is in them, what is not, and the devices behind them.

use super::{ARM32, FIXTURES, GICV2, GICV3, SMMU, tree};
use crate::dom0::{Dom0Plan, Item, Policy, Reason, build, devices, vcpu_affinity};
use crate::{Fault, Tree};
use types::{IntId, PhysAddr, PhysRange};

fn range(start: u64, len: u64) -> PhysRange {
    PhysRange::new(PhysAddr::new(start), len).unwrap()
}

fn policy(blob: &[u8]) -> Policy<'_> {
    let host = tree(blob);
    let console = host.uart(host.stdout_path().unwrap(), None).unwrap();
    Policy::new(&host, Some(console.node().id()), &[]).unwrap()
}

fn build_with(blob: &[u8], change: impl FnOnce(&mut Dom0Plan<'_>)) -> Vec<u8> {
    let memory = [range(0x5000_0000, 0x1000_0000), range(0x1_0000_0000, 0x3000_0000)];
    let extended = [range(0x10_0000_0000, 0x4000_0000)];
    let mut plan = Dom0Plan {
        bootargs: Some("console=hvc0"),
        initrd: Some(range(0x5800_0000, 0x1234)),
        memory: &memory,
        vcpus: 3,
        timer_hz: None,
        grant_table: range(0x4100_0000, 0x40_000),
        extended: &extended,
        event_interrupt: IntId::new(31),
        xen_version: "4.17",
    };
    change(&mut plan);
    let mut out = vec![0; blob.len() + 4096];
    let len = build(&policy(blob), &plan, &mut out).unwrap_or_else(|error| panic!("{error}"));
    out.truncate(len);
    out
}

fn names<'a>(tree: &Tree<'a>) -> Vec<&'a str> {
    tree.root().children().map(|node| node.name()).collect()
}

#[test]
fn the_domains_own_nodes() {
    for blob in FIXTURES {
        let out = build_with(blob, |_| {});
        let dom0 = tree(&out);
        assert_eq!(
            dom0.memory().collect::<Vec<_>>(),
            [range(0x5000_0000, 0x1000_0000), range(0x1_0000_0000, 0x3000_0000)]
        );
        assert_eq!(dom0.cpus().map(|cpu| cpu.mpidr).collect::<Vec<_>>(), [0, 1, 2]);
        assert!(dom0.cpus().all(|cpu| cpu.enable == crate::query::EnableMethod::Psci));
        assert_eq!(dom0.psci().map(|psci| psci.method), Some(crate::query::PsciMethod::Hvc));
        let chosen = dom0.chosen();
        assert_eq!(chosen.bootargs(), Some("console=hvc0"));
        let initrd = ["linux,initrd-start", "linux,initrd-end"]
            .map(|name| chosen.node.unwrap().property(name).unwrap().as_u64());
        assert_eq!(initrd, [Some(0x5800_0000), Some(0x5800_1234)]);
        assert!(chosen.node.unwrap().has("kaslr-seed"));
        assert_eq!((dom0.stdout_path(), chosen.node.unwrap().children().count()), (None, 0));
        let hypervisor = dom0.find("/hypervisor").unwrap();
        assert!(hypervisor.is_compatible("xen,xen-4.17") && hypervisor.is_compatible("xen,xen"));
        let lineage = dom0.lineage(hypervisor.id());
        assert_eq!(
            [lineage.registers(0), lineage.registers(1)],
            [Some(range(0x4100_0000, 0x40_000)), Some(range(0x10_0000_0000, 0x4000_0000))]
        );
        let event = dom0.gic_interrupts().of(&lineage).next().flatten().unwrap();
        assert_eq!((event.id.raw(), event.trigger), (31, crate::Trigger::LevelLow));
    }
}

impl<'a> Tree<'a> {
    /// A GIC without the registers that a guest has not is not a host's GIC.
    fn gic_interrupts(&self) -> crate::Interrupts<'a> {
        let node = self
            .nodes()
            .find(|node| node.has("interrupt-controller") && node.u32("#interrupt-cells") == Some(3));
        crate::Interrupts::new(node.unwrap())
    }
}

#[test]
fn kept_back_nodes_are_gone() {
    for blob in FIXTURES {
        let out = build_with(blob, |_| {});
        let dom0 = tree(&out);
        // QEMU leaves an empty node behind for CPUs without a PMU it can describe.
        assert!(dom0.find("/pmu").is_none_or(|pmu| pmu.properties().count() == 0));
        for gone in ["/smmuv3", "/intc/its", "/chosen/module", "/memory@40000000", "/pl011@9000000"] {
            assert!(dom0.find(gone).is_none(), "{gone}");
        }
        let pcie = dom0.find("/pcie").unwrap();
        assert!(!pcie.has("iommu-map"));
        assert_eq!(pcie.has("msi-map"), blob == GICV2 || blob == ARM32);
        assert!(
            pcie.has("interrupt-map") && dom0.find("/pl031").is_some() && dom0.find("/virtio_mmio").is_some()
        );
        assert_eq!(dom0.find("/intc/v2m").is_some(), blob == GICV2 || blob == ARM32);
    }
}

#[test]
fn the_gic_has_only_emulated_registers() {
    let out = build_with(GICV2, |_| {});
    let intc = tree(&out).find("/intc").unwrap();
    let lineage = tree(&out).lineage(intc.id());
    assert_eq!(lineage.reg().map(|entry| entry.bus_address).collect::<Vec<_>>(), [0x0800_0000, 0x0801_0000]);
    assert!(!intc.has("interrupts") && intc.phandle().is_some());
    let out = build_with(GICV3, |_| {});
    let lineage = tree(&out).lineage(tree(&out).find("/intc").unwrap().id());
    assert_eq!(lineage.reg().map(|entry| entry.bus_address).collect::<Vec<_>>(), [0x0800_0000, 0x080a_0000]);
}

#[test]
fn the_timer_gets_the_plans_frequency() {
    let out = build_with(ARM32, |plan| plan.timer_hz = Some(24_000_000));
    assert_eq!(tree(&out).find("/timer").unwrap().u32("clock-frequency"), Some(24_000_000));
    let out = build_with(ARM32, |_| {});
    assert_eq!(tree(&out).find("/timer").unwrap().u32("clock-frequency"), None);
    assert!(tree(&out).find("/timer").unwrap().has("interrupts"));
}

#[test]
fn a_small_buffer_is_full_not_wrong() {
    let plan_len = build_with(GICV3, |_| {}).len();
    let policy = policy(GICV3);
    let memory = [range(0x4000_0000, 0x1000)];
    let plan = Dom0Plan {
        bootargs: None,
        initrd: None,
        memory: &memory,
        vcpus: 1,
        timer_hz: None,
        grant_table: range(0x4100_0000, 0x1000),
        extended: &[],
        event_interrupt: IntId::new(31),
        xen_version: "4.17",
    };
    let mut out = vec![0; plan_len];
    for len in (0..6000).step_by(37) {
        assert_eq!(build(&policy, &plan, &mut out[..len]).map_err(|error| error.fault), Err(Fault::Full));
    }
    assert!(build(&policy, &plan, &mut out).is_ok());
}

fn collect(blob: &[u8]) -> Vec<String> {
    let mut items = Vec::new();
    let describe = |item: Item<'_>| match item {
        Item::Registers(node, range) => format!("{} {range:x?}", node.name()),
        Item::Window(node, window) => format!("{} window {:x?}", node.name(), window.cpu),
        Item::Interrupt(node, line) => format!("{} irq {}", node.name(), line.id.raw()),
        Item::MsiFrame(node, ..) => format!("{} msi", node.name()),
        Item::Reserved(reserved) => format!("reserved {:x?}", reserved.range),
        Item::InMemory(node, _) => format!("{} in memory", node.name()),
        Item::Spare(node, range) => format!("{} spare {range:x?}", node.name()),
        Item::SpareInterrupt(node, line) => format!("{} spare irq {}", node.name(), line.id.raw()),
        Item::Hidden(node, reason) => format!("{} hidden {reason:?}", node.name()),
    };
    devices::<()>(&policy(blob), |item| {
        items.push(describe(item));
        Ok(())
    })
    .unwrap();
    items
}

#[test]
fn devices_and_what_is_hidden() {
    let items = collect(SMMU);
    let has = |wanted: &str| items.iter().any(|item| item.starts_with(wanted));
    for wanted in [
        "pl031@9010000 irq 34",
        "pcie@10000000 irq 35",
        "pcie@10000000 irq 38",
        "flash@4000000 ",
        "fw-cfg@9020000 ",
    ] {
        assert!(has(wanted), "{wanted} in {items:#?}");
    }
    assert_eq!(items.iter().filter(|item| item.contains(" irq ")).count(), 32 + 4 + 1 + 1);
    assert_eq!(items.iter().filter(|item| item.contains(" window ")).count(), 3);
    let hidden: Vec<_> = items.iter().filter(|item| item.contains("hidden")).map(String::as_str).collect();
    assert_eq!(
        hidden,
        [
            "memory@40000000 hidden Memory",
            "gpio-restart hidden Secure",
            "gpio-poweroff hidden Secure",
            "pl061@90b0000 hidden Secure",
            "smmuv3@9050000 hidden Iommu",
            "pl011@9040000 hidden Secure",
            "secram@e000000 hidden Memory",
            "pl011@9000000 hidden Console",
            "pmu hidden CpuRegisters",
            "its@8080000 hidden Gic",
            "secflash@0 hidden Secure",
            "cpus hidden Cpus",
        ]
    );
    assert!(collect(GICV2).iter().any(|item| item == "v2m@8020000 msi"));
}

#[test]
fn names_and_trees_agree_about_hidden_nodes() {
    for blob in FIXTURES {
        let out = build_with(blob, |_| {});
        let dom0 = tree(&out);
        let policy = policy(blob);
        devices::<()>(&policy, |item| {
            match item {
                Item::Hidden(node, Reason::Psci | Reason::Cpus | Reason::Memory) => {
                    assert!(!node.name().is_empty())
                }
                Item::Hidden(node, _) => {
                    let path = tree(blob).lineage(node.id()).path().to_string();
                    assert!(dom0.find(&path).is_none_or(|remnant| !remnant.is_available()), "{path}");
                }
                Item::Registers(node, _) | Item::Window(node, _) | Item::Interrupt(node, _) => {
                    let path = tree(blob).lineage(node.id()).path().to_string();
                    assert!(dom0.find(&path).is_some(), "{path}");
                }
                _ => {}
            }
            Ok(())
        })
        .unwrap();
        assert!(names(&dom0).iter().filter(|name| **name == "psci").count() == 1);
    }
}

#[test]
fn affinities_fill_clusters_of_sixteen() {
    assert_eq!([0, 1, 15, 16, 127].map(vcpu_affinity), [0, 1, 15, 0x100, 0x70f]);
}

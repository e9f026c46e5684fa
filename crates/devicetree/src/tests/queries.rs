//! The typed queries, checked against what `dtc` prints of the fixtures.

use super::{ARM32, FIXTURES, GICV2, GICV3, SMMU, tree};
use crate::query::{EnableMethod, GicVersion, ModuleKind, PsciMethod, PsciVersion};
use crate::{Interrupt, Lineage, Trigger};
use types::{IntId, PhysAddr, PhysRange};

fn range(start: u64, len: u64) -> PhysRange {
    PhysRange::new(PhysAddr::new(start), len).unwrap()
}

fn line(id: u32, trigger: Trigger) -> Interrupt {
    Interrupt { id: IntId::new(id), trigger }
}

#[test]
fn memory_and_reservations() {
    assert_eq!(tree(GICV3).memory().collect::<Vec<_>>(), [range(0x4000_0000, 4 << 30)]);
    assert_eq!(tree(ARM32).memory().collect::<Vec<_>>(), [range(0x4000_0000, 8 << 30)]);
    assert_eq!(tree(GICV3).memory_reservations().count(), 0);
    tree(GICV3).for_each_reserved(|reserved| panic!("{reserved:?}"));
}

#[test]
fn cpus_and_psci() {
    let cpus: Vec<_> = tree(GICV3).cpus().map(|cpu| (cpu.mpidr, cpu.enable, cpu.available)).collect();
    assert_eq!(cpus, [0, 1, 2, 3].map(|mpidr| (mpidr, EnableMethod::Psci, true)));
    let psci = tree(GICV3).psci().unwrap();
    assert_eq!((psci.version, psci.method), (PsciVersion::V1_0, PsciMethod::Smc));
    assert_eq!((psci.cpu_on, psci.cpu_off), (Some(0xc400_0003), Some(0x8400_0002)));
}

#[test]
fn gics() {
    let gic = tree(GICV3).gic().unwrap();
    let gicd = range(0x0800_0000, 0x1_0000);
    assert_eq!(gic.version, GicVersion::V3 { gicd, redistributor_regions: 1, stride_bytes: None });
    assert_eq!(gic.redistributors().collect::<Vec<_>>(), [range(0x080a_0000, 0x00f6_0000)]);
    assert_eq!(gic.maintenance, Some(line(25, Trigger::LevelHigh)));
    assert_eq!(gic.its().map(|its| its.name()).collect::<Vec<_>>(), ["its@8080000"]);
    let gic = tree(GICV2).gic().unwrap();
    let gicc = range(0x0801_0000, 0x1_0000);
    let (gich, gicv) = (range(0x0803_0000, 0x1_0000), range(0x0804_0000, 0x1_0000));
    assert_eq!(gic.version, GicVersion::V2 { gicd, gicc, gich, gicv });
}

#[test]
fn timer_interrupts() {
    for blob in FIXTURES {
        let tree = tree(blob);
        let timer = tree.timer(&tree.gic().unwrap().interrupts()).unwrap();
        let ids = [timer.secure_physical, timer.physical, timer.virtual_, timer.hypervisor]
            .map(|interrupt| interrupt.map(|interrupt| interrupt.id.raw()));
        assert_eq!(ids, [Some(29), Some(30), Some(27), Some(26)]);
        assert_eq!(timer.frequency_hz, None);
    }
}

#[test]
fn console() {
    let tree = tree(GICV3);
    let interrupts = tree.gic().unwrap().interrupts();
    let uart = tree.uart(tree.stdout_path().unwrap(), Some(&interrupts)).unwrap();
    assert!(uart.node().is_compatible("arm,pl011"));
    assert_eq!(uart.registers, range(0x0900_0000, 0x1000));
    assert_eq!(uart.interrupt, Some(line(33, Trigger::LevelHigh)));
    assert_eq!((uart.reg_shift, uart.reg_io_width, uart.options), (0, None, ""));
    assert_eq!(tree.uart("/pl011:115200n8", None).map(|uart| uart.options), Some("115200n8"));
    assert!(tree.uart("serial0", None).is_none());
}

#[test]
fn modules_and_command_lines() {
    let tree = tree(GICV3);
    let modules = tree.modules().unwrap();
    let kernel = modules.kernel().unwrap();
    assert_eq!(kernel.range, range(0x5000_0000, 1 << 20));
    assert_eq!(kernel.bootargs, Some("console=hvc0 rdinit=/init"));
    assert_eq!(modules.ramdisk().map(|module| module.range), Some(range(0x5800_0000, 1 << 20)));
    assert_eq!(modules.iter().count(), 2);
    assert!(modules.first(ModuleKind::Untyped).is_none());
    let arguments = tree.chosen().arguments(&modules);
    assert_eq!(arguments.hypervisor, "console=dtuart dom0_mem=1G");
    assert_eq!(arguments.dom0, "console=hvc0 rdinit=/init");
}

#[test]
fn pci_windows_and_mapped_interrupts() {
    let tree = tree(SMMU);
    let interrupts = tree.gic().unwrap().interrupts();
    let pcie = Lineage::of(tree.find("/pcie").unwrap());
    assert_eq!(pcie.registers(0), Some(range(0x40_1000_0000, 0x1000_0000)));
    let windows: Vec<_> =
        pcie.windows().map(|window| (window.flags, window.bus_address, window.cpu)).collect();
    assert_eq!(
        windows,
        [
            (0x0100_0000, 0, range(0x3eff_0000, 0x1_0000)),
            (0x0200_0000, 0x1000_0000, range(0x1000_0000, 0x2eff_0000)),
            (0x0300_0000, 0x80_0000_0000, range(0x80_0000_0000, 0x80_0000_0000)),
        ]
    );
    let lines: Vec<_> = interrupts.of_map(&pcie).flatten().map(|line| line.id.raw()).collect();
    assert_eq!(lines.len(), 16);
    assert_eq!(lines[..4], [35, 36, 37, 38]);
    assert!(interrupts.of_map(&pcie).all(|line| line.is_some_and(|line| line.trigger == Trigger::LevelHigh)));
}

#[test]
fn every_node_is_found_again() {
    for blob in FIXTURES {
        let tree = tree(blob);
        let mut walk = tree.nodes();
        while let Some(node) = walk.next() {
            let path = walk.lineage().path().to_string();
            assert_eq!(tree.find(&path), Some(node), "{path}");
            assert_eq!(Lineage::of(node).path().to_string(), path);
            if let Some(phandle) = node.phandle() {
                assert_eq!(tree.find_phandle(phandle), Some(node));
            }
            let children: Vec<_> = node.children().collect();
            assert!(children.iter().all(|child| Lineage::of(*child).parent() == Some(node)));
        }
    }
}

#[test]
fn skipping_children_passes_exactly_them() {
    let tree = tree(GICV3);
    let mut walk = tree.nodes();
    walk.find(|node| node.name() == "cpus").unwrap();
    walk.skip_children();
    assert_eq!(walk.next().map(|node| node.name()), Some("timer"));
    assert_eq!(walk.lineage().depth(), 2);
}

//! What real boards do and QEMU's `virt` does not, on `oddities.dts`.

use super::tree;
use crate::dom0::{Dom0Plan, Item, Policy, build, devices};
use crate::query::{EnableMethod, ModuleKind, PsciVersion, ReservedKind};
use crate::{Fault, Trigger};
use types::{IntId, PhysAddr, PhysRange};

const ODDITIES: &[u8] = include_bytes!("../../../../tests/fixtures/dtb/oddities.dtb");

fn range(start: u64, len: u64) -> PhysRange {
    PhysRange::new(PhysAddr::new(start), len).unwrap()
}

#[test]
fn memory() {
    let tree = tree(ODDITIES);
    let banks = [(0x8000_0000, 0x1000_0000), (0x9800_0000, 0x0800_0000), (0xc000_0000, 0x1000_0000)];
    assert!(tree.memory().eq(banks.map(|(start, len)| range(start, len))));
    assert!(tree.memory_reservations().eq([range(0, 0x1000)]));
    let mut reserved = Vec::new();
    tree.for_each_reserved(|item| reserved.push((item.node.base_name(), item.range, item.kind)));
    assert_eq!(
        reserved,
        [
            ("firmware", range(0x8000_0000, 0x1000), ReservedKind::NoMap),
            ("buffer", range(0x8500_0000, 0x2000), ReservedKind::Reusable),
            ("buffer", range(0x8800_0000, 0x1000), ReservedKind::Reusable),
        ]
    );
}

#[test]
fn cpus_and_old_psci() {
    let tree = tree(ODDITIES);
    let cpus: Vec<_> = tree.cpus().map(|cpu| (cpu.mpidr, cpu.enable, cpu.available)).collect();
    assert_eq!(
        cpus,
        [
            (0, EnableMethod::Other("vendor,smp"), true),
            (0x101, EnableMethod::SpinTable(Some(0x1_0000_fff8)), true),
            (0x102, EnableMethod::Other("vendor,smp"), false),
        ]
    );
    let psci = tree.psci().unwrap();
    assert_eq!((psci.version, psci.cpu_on, psci.cpu_off), (PsciVersion::V0_1, Some(0x95c1_0002), None));
}

#[test]
fn named_timer_interrupts() {
    let tree = tree(ODDITIES);
    let timer = tree.timer(&tree.gic().unwrap().interrupts()).unwrap();
    let ids = [timer.secure_physical, timer.physical, timer.virtual_, timer.hypervisor];
    assert_eq!(ids.map(|line| line.map(|line| line.id.raw())), [Some(29), Some(30), Some(27), Some(26)]);
    assert_eq!(timer.virtual_.map(|line| line.trigger), Some(Trigger::LevelLow));
    assert_eq!(timer.frequency_hz, Some(24_000_000));
}

#[test]
fn console_by_alias() {
    let tree = tree(ODDITIES);
    let interrupts = tree.gic().unwrap().interrupts();
    let uart = tree.uart(tree.stdout_path().unwrap(), Some(&interrupts)).unwrap();
    assert_eq!(uart.registers, range(0x1000_8040, 0x40));
    assert_eq!((uart.reg_shift, uart.reg_io_width, uart.options), (2, Some(4), "115200n8"));
    assert_eq!((uart.clock_hz, uart.baud), (Some(1_843_200), Some(115_200)));
    // Its parent is the wake-up controller, which hands the specifier on to the GIC.
    assert_eq!(uart.interrupt.map(|line| line.id.raw()), Some(37));
}

#[test]
fn interrupts_take_their_ways() {
    let tree = tree(ODDITIES);
    let interrupts = tree.gic().unwrap().interrupts();
    let of = |path: &str| {
        let lineage = tree.lineage(tree.find(path).unwrap().id());
        interrupts.of(&lineage).map(|line| line.map(|line| line.id.raw())).collect::<Vec<_>>()
    };
    assert_eq!(of("serial1"), [None, Some(39), Some(40)]);
    assert_eq!(of("/soc/rtc"), [None]);
    assert_eq!(of("/soc/chips/chip@3,100"), [Some(73)]);
    assert_eq!(of("/soc/chips/chip@1,0"), [None]);
    let pcie = tree.lineage(tree.find("/soc/pcie").unwrap().id());
    let map: Vec<_> = interrupts.of_map(&pcie).map(|line| line.map(|line| line.id.raw())).collect();
    assert_eq!(map, [Some(82), Some(83), None]);
    let window = pcie.windows().next().unwrap();
    assert_eq!((window.bus_address, window.cpu), (0x5000_0000, range(0x1005_0000, 0x1_0000)));
}

#[test]
fn addresses_are_translated_or_not() {
    let tree = tree(ODDITIES);
    let registers = |path: &str| tree.lineage(tree.find(path).unwrap().id()).registers(0);
    assert_eq!(registers("/soc/chips/chip@3,100"), Some(range(0x1003_0100, 0x100)));
    assert_eq!(registers("/soc/chips/chip@1,0"), None);
    assert_eq!(registers("/soc/framebuffer"), Some(range(0x2000_0000, 0x1000)));
    assert_eq!(registers("/soc/i2c/sensor"), None);
}

#[test]
fn modules_of_all_bindings() {
    let tree = tree(ODDITIES);
    let modules = tree.modules().unwrap();
    let found: Vec<_> = modules.iter().map(|module| (module.kind, module.range)).collect();
    assert_eq!(
        found,
        [
            (ModuleKind::Kernel, range(0x8100_0000, 0x1000)),
            (ModuleKind::Ramdisk, range(0x8200_0000, 0x1000)),
            (ModuleKind::Untyped, range(0x1_8300_0000, 0x1000)),
            (ModuleKind::XsmPolicy, range(0x8400_0000, 0x1000)),
        ]
    );
    let arguments = tree.chosen().arguments(&modules);
    assert_eq!((arguments.hypervisor, arguments.dom0), ("shared", "dom0's"));
}

#[test]
fn arguments_by_precedence() {
    let decide = |chosen: &[(&str, &str)], kernel: Option<&str>| {
        let mut out = [0; 1024];
        let mut writer = crate::Writer::new(&mut out).unwrap();
        writer.begin_node("").unwrap();
        writer.begin_node("chosen").unwrap();
        chosen.iter().for_each(|(name, value)| writer.property_str(name, value).unwrap());
        writer.begin_node("module@0").unwrap();
        writer.property("compatible", b"multiboot,module\0").unwrap();
        writer.property_cells("reg", [0, 0x8000_0000, 0x1000]).unwrap();
        kernel.into_iter().for_each(|line| writer.property_str("bootargs", line).unwrap());
        (0..3).for_each(|_| writer.end_node().unwrap());
        let len = writer.finish().unwrap();
        let tree = tree(&out[..len]);
        let arguments = tree.chosen().arguments(&tree.modules().unwrap());
        (arguments.hypervisor.to_owned(), arguments.dom0.to_owned())
    };
    let lines = |xen: &str, dom0: &str| (xen.to_owned(), dom0.to_owned());
    let (b, x, d) = (("bootargs", "b"), ("xen,xen-bootargs", "x"), ("xen,dom0-bootargs", "d"));
    assert_eq!(decide(&[], None), lines("", ""));
    assert_eq!(decide(&[b], None), lines("", "b"));
    assert_eq!(decide(&[b, x], None), lines("x", "b"));
    assert_eq!(decide(&[b, d], None), lines("b", "d"));
    assert_eq!(decide(&[b, x, d], None), lines("x", "d"));
    assert_eq!(decide(&[b], Some("k")), lines("b", "k"));
    assert_eq!(decide(&[b, x, d], Some("k")), lines("x", "k"));
}

#[test]
fn a_module_without_registers_is_named() {
    let mut blob = ODDITIES.to_vec();
    let reg = 0x8200_0000u32.to_be_bytes();
    let at = blob.windows(4).position(|word| word == reg).unwrap();
    blob[at + 4..at + 8].fill(0);
    let error = tree(&blob).modules().err().unwrap();
    assert_eq!((error.fault, error.node.as_str()), (Fault::BadProperty("reg of a boot module"), "module@1"));
}

fn policy<'a>() -> Policy<'a> {
    let host = tree(ODDITIES);
    let console = host.uart(host.stdout_path().unwrap(), None).unwrap().node().id();
    Policy::new(&host, Some(console), &["arm,not-here"]).unwrap()
}

fn dom0() -> Vec<u8> {
    let plan = Dom0Plan {
        bootargs: None,
        initrd: None,
        memory: &[range(0x8000_0000, 0x800_0000)],
        vcpus: 17,
        timer_hz: Some(12_000_000),
        grant_table: range(0xc000_0000, 0x1000),
        extended: &[],
        event_interrupt: IntId::new(31),
        xen_version: "4.17",
    };
    let mut out = vec![0; 16 << 10];
    let len = build(&policy(), &plan, &mut out).unwrap();
    out.truncate(len);
    out
}

#[test]
fn what_dom0_gets() {
    let host = tree(ODDITIES);
    let (mut hidden, mut registers, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    let visit = |item: Item<'_>| {
        match item {
            Item::Hidden(node, reason) => hidden.push(format!("{} {reason:?}", node.name())),
            Item::Registers(node, part) => registers.push((host.node(node.id()).base_name(), part)),
            Item::Interrupt(_, line) => lines.push(line.id.raw()),
            _ => {}
        }
        Ok::<(), ()>(())
    };
    devices(&policy(), visit).unwrap();
    let expected = [
        "memory@80000000 Memory",
        "memory@c0000000 Memory",
        "memory@d0000000 Memory",
        "cpus Cpus",
        "psci Psci",
        "pmu CpuRegisters",
        "uart@40 Console",
        "neighbour@80 SharedPage",
        "watchdog@d000 PrivateInterrupt",
        "given@e000 Passthrough",
        "iommu@10000 Iommu",
    ];
    assert_eq!(hidden, expected);
    let wide = registers.iter().filter(|(name, _)| *name == "wide").map(|(_, part)| *part);
    assert!(wide.eq([range(0x1000_7000, 0x1000), range(0x1000_9000, 0x1000)]));
    assert_eq!(lines, [39, 40, 41, 53, 73, 82, 83]);
}

#[test]
fn what_dom0s_tree_says() {
    let blob = dom0();
    let dom0 = tree(&blob);
    // A remnant keeps the phandle that "wide" refers to; the alias of the hidden UART goes.
    let remnant = dom0.find_phandle(0x77).unwrap();
    assert_eq!(
        (remnant.name(), remnant.str("status"), remnant.has("reg")),
        ("uart@40", Some("disabled"), false)
    );
    assert_eq!(remnant.u32("#clock-cells"), Some(0));
    assert!(dom0.find("serial0").is_none() && dom0.find("serial1").is_some() && dom0.find("rtc").is_some());
    for gone in ["/soc/neighbour", "/soc/watchdog", "/soc/given", "/soc/iommu", "/chosen/modules", "/pmu"] {
        assert!(dom0.find(gone).is_none(), "{gone}");
    }
    assert!(
        !dom0.find("/soc/dma").unwrap().has("iommus") && !dom0.find("/soc/pcie").unwrap().has("iommu-map")
    );
    assert!(dom0.find("/soc/i2c/sensor").is_some() && dom0.find("/reserved-memory/pool").is_some());
    let chosen = dom0.chosen().node.unwrap();
    let left: Vec<_> = chosen.properties().map(|property| property.name).collect();
    assert_eq!(left, ["#address-cells", "#size-cells"]);
    assert_eq!(dom0.find("/timer").unwrap().u32("clock-frequency"), Some(12_000_000));
    assert!(!dom0.find("/timer").unwrap().has("arm,cpu-registers-not-fw-configured"));
    let cpus: Vec<_> = dom0.cpus().collect();
    assert_eq!((cpus.len(), cpus[16].mpidr), (17, 0x100));
    assert_eq!(cpus[0].node.phandle(), tree(ODDITIES).find("/cpus/cpu@0").unwrap().phandle());
    assert!(cpus[0].node.is_compatible("arm,cortex-a15") && cpus[16].node.is_compatible("arm,cortex-a7"));
    let event = dom0.find("/hypervisor").unwrap();
    assert_eq!(event.u32("interrupt-parent"), policy().gic().node().phandle());
}

#[test]
fn a_bank_beyond_the_roots_cells_is_an_error() {
    let plan = Dom0Plan {
        bootargs: None,
        initrd: None,
        memory: &[range(0x1_0000_0000, 0x1000)],
        vcpus: 1,
        timer_hz: None,
        grant_table: range(0xc000_0000, 0x1000),
        extended: &[],
        event_interrupt: IntId::new(31),
        xen_version: "4.17",
    };
    let mut out = vec![0; 16 << 10];
    let result = build(&policy(), &plan, &mut out).map_err(|error| error.fault);
    assert_eq!(result, Err(Fault::CellsTooFew("a range of the new tree")));
}

//! The device tree: well-formed, and true about the machine.

use rt::check::{check, check_eq, check_with, skip_all};
use rt::machine::{GicInfo, Machine, Range, interrupt};
use rt::psci::Conduit;
use rt::{fault, gic, mmio};

/// Header, root, `/cpus`, `/psci`, `/chosen`.
pub fn structure(machine: &Machine) {
    let fdt = &machine.fdt;
    check_eq("tree has version 17", fdt.version(), 17);
    let root = fdt.path("/");
    check("root has a compatible", root.is_some_and(|node| node.prop("compatible").is_some()));
    check(
        "root has cell counts",
        root.is_some_and(|node| node.prop("#address-cells").is_some() && node.prop("#size-cells").is_some()),
    );
    check("/chosen exists", fdt.path("/chosen").is_some());
    check("/cpus exists", fdt.path("/cpus").is_some());
    let cpus = || fdt.nodes().filter(|node| node.str("device_type") == Some("cpu"));
    check("there is a CPU node", cpus().count() > 0);
    check("every CPU node has a compatible", cpus().all(|node| node.prop("compatible").is_some()));
    let alone = machine.cpus_total == 1;
    check(
        "secondaries have enable-method psci",
        alone || cpus().all(|node| node.str("enable-method") == Some("psci")),
    );
    let distinct = cpus().enumerate().all(|(i, node)| {
        cpus().skip(i + 1).all(|other| rt::machine::cpu_affinity(&node) != rt::machine::cpu_affinity(&other))
    });
    check("CPU nodes differ in reg", distinct);
    check_with(
        "PSCI is called by hvc",
        machine.conduit == Conduit::Hvc,
        format_args!("{:?}", machine.conduit),
    );
}

/// The timer and the GIC that the tree names answer.
pub fn devices(machine: &Machine) {
    let ppi = |index: usize| machine.timer[index].is_some_and(|intid| (16..32).contains(&intid));
    check("non-secure physical timer has a PPI", ppi(1));
    check("virtual timer has a PPI", ppi(2));
    check("the two timers' PPIs differ", machine.timer[1] != machine.timer[2]);
    let mut controllers = machine.fdt.nodes().filter(|node| node.prop("interrupt-controller").is_some());
    check(
        "the GIC is a controller of three cells",
        controllers.any(|node| node.u32("#interrupt-cells") == Some(3)),
    );
    check("the tree has a GIC we know", !matches!(machine.gic, GicInfo::Unknown));
    let mut typer = 0;
    let fault = fault::catch(|| typer = mmio::read32(gic::gicd() + gic::TYPER));
    check("GICD_TYPER can be read", fault.is_none());
    check_with("GICD_TYPER counts at least 64 lines", typer & 0x1f >= 1, format_args!("{typer:#x}"));
    let frames = match machine.gic {
        GicInfo::V2 { gicd, gicc } => [gicd, gicc],
        GicInfo::V3 { gicd, gicr } => [gicd, gicr[0]],
        GicInfo::Unknown => [Range { base: 0, size: 0 }; 2],
    };
    let banks = machine.memory.as_slice();
    check(
        "GIC frames are not RAM",
        frames.iter().all(|frame| banks.iter().all(|bank| !bank.overlaps(frame))),
    );
    check("GIC frames are whole pages", frames.iter().all(|frame| frame.size > 0 && frame.size % 4096 == 0));
    #[cfg(target_arch = "aarch64")]
    if gic::version() == 3 {
        check_eq("ICC_SRE_EL1.SRE reads as set", rt::arch::icc::sre() & 1, 1);
    }
}

/// `/hypervisor` as Linux's xen_guest_init needs it.
pub fn hypervisor(machine: &Machine) {
    const NAMES: [&str; 5] = [
        "/hypervisor is xen,xen-4.17",
        "/hypervisor is at the root",
        "grant region is whole pages",
        "grant region is not RAM",
        "event channels have a PPI of their own",
    ];
    let Some(hypervisor) = &machine.hypervisor else {
        return skip_all(&NAMES, "no /hypervisor");
    };
    check(NAMES[0], hypervisor.node.is_compatible("xen,xen-4.17"));
    check(NAMES[1], hypervisor.node.depth == 1 && hypervisor.node.name == "hypervisor");
    let grants = hypervisor.grants;
    check_with(NAMES[2], grants.size >= 4096 && grants.base % 4096 == 0, format_args!("{grants:x?}"));
    check(NAMES[3], machine.memory.as_slice().iter().all(|bank| !bank.overlaps(&grants)));
    let ppi = interrupt(&hypervisor.node, 0);
    let own = ppi.is_some_and(|intid| (16..32).contains(&intid)) && !machine.timer.contains(&ppi);
    check_with(NAMES[4], own, format_args!("{ppi:?}"));
}

//! Asks a blob everything that the kernel could, for the mutations, the corpus and the fuzz target.

use devicetree::dom0::{Dom0Plan, Policy, build, devices};
use devicetree::{Lineage, Tree, validate};
use types::{IntId, PhysAddr, PhysRange};

/// Validates a blob, reads all of it and makes domain 0's tree in `out`; tells whether the gate let it
/// pass. Panics where the crate breaks a promise.
pub fn exercise(blob: &[u8], out: &mut [u8]) -> bool {
    let Ok(tree) = validate(blob) else { return false };
    read(&tree);
    rebuild(&tree, out);
    true
}

/// Asks everything.
fn read(tree: &Tree<'_>) {
    tree.memory().take(1000).count();
    tree.memory_reservations().count();
    tree.for_each_reserved(|_| {});
    tree.cpus().count();
    tree.psci();
    let modules = tree.modules().unwrap_or_default();
    tree.chosen().arguments(&modules);
    let gic = tree.gic();
    let interrupts = gic.as_ref().ok().map(|gic| gic.interrupts());
    if let Ok(gic) = &gic {
        gic.redistributors().take(1000).count();
        gic.its().count();
        tree.timer(&gic.interrupts());
    }
    tree.stdout_path().and_then(|path| tree.uart(path, interrupts.as_ref()));
    let mut walk = tree.nodes();
    while walk.next().is_some() {
        let lineage = walk.lineage();
        lineage.reg().count();
        lineage.windows().count();
        if let Some(interrupts) = &interrupts {
            interrupts.of(lineage).count();
            interrupts.of_map(lineage).count();
        }
    }
    if let Some(fdt) = tree.as_fdt() {
        let theirs: Vec<_> = fdt.all_nodes().map(|node| node.properties().count()).collect();
        let ours: Vec<_> = tree.nodes().map(|node| node.properties().count()).collect();
        assert_eq!(theirs, ours);
    }
}

/// Makes domain 0's tree; what comes out must pass the gate.
fn rebuild(tree: &Tree<'_>, out: &mut [u8]) {
    let console = tree.nodes().last().map(|node| Lineage::of(node).node().id());
    let Ok(policy) = Policy::new(tree, console, &["arm,pl031"]) else { return };
    devices::<()>(&policy, |_| Ok(())).unwrap();
    let range = PhysRange::new(PhysAddr::new(0x4000_0000), 0x1000_0000).unwrap();
    let plan = Dom0Plan {
        bootargs: Some("console=hvc0"),
        initrd: Some(range),
        memory: &[range],
        vcpus: 2,
        timer_hz: Some(1),
        grant_table: range,
        extended: &[],
        event_interrupt: IntId::new(31),
        xen_version: "4.17",
    };
    if let Ok(len) = build(&policy, &plan, out) {
        validate(&out[..len]).unwrap_or_else(|error| panic!("our own tree: {error}"));
    }
}

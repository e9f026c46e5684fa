//! The nodes of domain 0's tree that are not plain copies.

use super::{Dom0Plan, Policy, Verdict, vcpu_affinity};
use crate::query::GicVersion;
use crate::{Error, Fault, Node, Writer};
use core::fmt::Write;
use types::PhysRange;

/// PSCI function ids of SMC32 CPU_SUSPEND, CPU_OFF, CPU_ON (Arm DEN 0022, 5.2.1): a 0.1 client reads them from
/// the tree, later ones know them.
const PSCI_IDS: [(&str, u32); 3] =
    [("cpu_suspend", 0x8400_0001), ("cpu_off", 0x8400_0002), ("cpu_on", 0x8400_0003)];

/// Writes the properties of a node that domain 0 gets.
pub(super) fn write(
    writer: &mut Writer<'_>,
    policy: &Policy<'_>,
    plan: &Dom0Plan<'_>,
    (verdict, node): (Verdict, Node<'_>),
) -> Result<(), Error> {
    match verdict {
        Verdict::Gic => gic(writer, policy, node),
        Verdict::Chosen => {
            copy_where(writer, node, |name, _| !is_replaced_in_chosen(name))?;
            chosen(writer, plan)
        }
        Verdict::Timer => {
            // The second forces a secure timer on arm32: the virtual CPU's registers are configured.
            copy_where(writer, node, |name, _| {
                (plan.timer_hz.is_none() || name != "clock-frequency")
                    && name != "arm,cpu-registers-not-fw-configured"
            })?;
            plan.timer_hz.map_or(Ok(()), |hz| writer.property_u32("clock-frequency", hz))
        }
        Verdict::Aliases => copy_where(writer, node, |_, value| !leads_to_hidden(policy, value)),
        Verdict::Keep | Verdict::Hide(_) => {
            copy_where(writer, node, |name, value| !policy.drops_property(name, value))
        }
    }
}

fn copy_where(
    writer: &mut Writer<'_>,
    node: Node<'_>,
    wanted: impl Fn(&str, &[u8]) -> bool,
) -> Result<(), Error> {
    let tree = node.tree();
    let mut properties = node.properties();
    while let Some((name, value)) = properties.next_raw() {
        if wanted(tree.string(name), value) {
            writer.copied(tree.strings.len(), name, value)?;
        }
    }
    Ok(())
}

fn leads_to_hidden(policy: &Policy<'_>, value: &[u8]) -> bool {
    let path = crate::bytes::text(value, 0).and_then(|path| core::str::from_utf8(path).ok());
    let target = path.filter(|path| path.starts_with('/')).and_then(|path| policy.host.find(path));
    target.is_some_and(|node| policy.is_hidden(&policy.host.lineage(node.id())))
}

fn is_replaced_in_chosen(name: &str) -> bool {
    const NAMES: [&str; 5] =
        ["bootargs", "stdout-path", "linux,stdout-path", "linux,initrd-start", "linux,initrd-end"];
    NAMES.contains(&name) || name.starts_with("xen,") || name.starts_with("linux,uefi-")
}

fn chosen(writer: &mut Writer<'_>, plan: &Dom0Plan<'_>) -> Result<(), Error> {
    if let Some(bootargs) = plan.bootargs {
        writer.property_str("bootargs", bootargs)?;
    }
    if let Some(initrd) = plan.initrd {
        writer.property_u64("linux,initrd-start", initrd.start().raw())?;
        writer.property_u64("linux,initrd-end", initrd.end().raw())?;
    }
    Ok(())
}

/// The GIC: what identifies it, and the registers that are emulated at the host's addresses. Message
/// interrupts by the distributor (`mbi-ranges`) and the maintenance interrupt are not for a guest.
fn gic(writer: &mut Writer<'_>, policy: &Policy<'_>, node: Node<'_>) -> Result<(), Error> {
    let cells =
        policy.gic.lineage.parent().map_or(0, |bus| bus.address_cells().saturating_add(bus.size_cells()));
    let entries = match policy.gic.version {
        GicVersion::V2 { .. } => 2,
        GicVersion::V3 { redistributor_regions, .. } => redistributor_regions.saturating_add(1),
    };
    let reg = node.property("reg").map_or(&[][..], |reg| reg.value);
    let emulated = reg.get(..entries.saturating_mul(cells).saturating_mul(4)).unwrap_or(reg);
    copy_where(writer, node, |name, _| {
        name.starts_with('#')
            || matches!(
                name,
                "compatible"
                    | "interrupt-controller"
                    | "phandle"
                    | "linux,phandle"
                    | "ranges"
                    | "redistributor-stride"
            )
    })?;
    writer.property("reg", emulated)?;
    if node.phandle().is_none() {
        writer.property_u32("phandle", gic_phandle(policy))?;
    }
    Ok(())
}

/// The GIC's phandle; where the host's has none (nothing refers to it), one that is free.
fn gic_phandle(policy: &Policy<'_>) -> u32 {
    let unused =
        || policy.host.nodes().filter_map(|node| node.phandle()).max().unwrap_or(0).saturating_add(1);
    policy.gic.node().phandle().unwrap_or_else(unused)
}

/// Writes the nodes that come from the plan into the open root.
pub(super) fn append(
    writer: &mut Writer<'_>,
    policy: &Policy<'_>,
    plan: &Dom0Plan<'_>,
    has_chosen: bool,
) -> Result<(), Error> {
    if !has_chosen {
        writer.begin_node("chosen")?;
        chosen(writer, plan)?;
        writer.end_node()?;
    }
    let root = policy.host.root();
    for &bank in plan.memory {
        memory(writer, root, bank)?;
    }
    cpus(writer, policy, plan)?;
    psci(writer, policy)?;
    hypervisor(writer, policy, plan)
}

fn memory(writer: &mut Writer<'_>, root: Node<'_>, bank: PhysRange) -> Result<(), Error> {
    let mut name = Name::EMPTY;
    let _ = write!(name, "memory@{:x}", bank.start().raw());
    writer.begin_node(name.as_str())?;
    writer.property_str("device_type", "memory")?;
    writer.property_cells("reg", reg(root, bank)?)?;
    writer.end_node()
}

fn cpus(writer: &mut Writer<'_>, policy: &Policy<'_>, plan: &Dom0Plan<'_>) -> Result<(), Error> {
    writer.begin_node("cpus")?;
    writer.property_u32("#address-cells", 1)?;
    writer.property_u32("#size-cells", 0)?;
    let mut host = policy.host.cpus();
    let mut model = None;
    for vcpu in 0..plan.vcpus {
        let counterpart = host.next().map(|cpu| cpu.node);
        model = counterpart.or(model);
        let affinity = vcpu_affinity(vcpu);
        let mut name = Name::EMPTY;
        let _ = write!(name, "cpu@{affinity:x}");
        writer.begin_node(name.as_str())?;
        writer.property_str("device_type", "cpu")?;
        for inherited in ["compatible", "clock-frequency", "#cooling-cells"] {
            if let Some(property) = model.and_then(|model| model.property(inherited)) {
                writer.property(inherited, property.value)?;
            }
        }
        writer.property_u32("reg", affinity)?;
        writer.property_str("enable-method", "psci")?;
        // Others (cooling maps, traces) refer to the host's CPUs.
        if let Some(phandle) = counterpart.and_then(|cpu| cpu.phandle()) {
            writer.property_u32("phandle", phandle)?;
        }
        writer.end_node()?;
    }
    writer.end_node()
}

fn psci(writer: &mut Writer<'_>, policy: &Policy<'_>) -> Result<(), Error> {
    writer.begin_node("psci")?;
    writer.property("compatible", b"arm,psci-1.0\0arm,psci-0.2\0arm,psci\0")?;
    writer.property_str("method", "hvc")?;
    for (name, id) in PSCI_IDS {
        writer.property_u32(name, id)?;
    }
    if let Some(phandle) = policy.host.psci().and_then(|psci| psci.node.phandle()) {
        writer.property_u32("phandle", phandle)?;
    }
    writer.end_node()
}

/// The node by which Linux knows Xen (Linux binding `xen,xen`): grant table, extended regions, event
/// interrupt.
fn hypervisor(writer: &mut Writer<'_>, policy: &Policy<'_>, plan: &Dom0Plan<'_>) -> Result<(), Error> {
    let root = policy.host.root();
    writer.begin_node("hypervisor")?;
    let mut compatible = Name::EMPTY;
    write!(compatible, "xen,xen-{}\0xen,xen\0", plan.xen_version)
        .map_err(|_| Error::at(Fault::BadProperty("Xen version"), 0))?;
    writer.property("compatible", compatible.as_str().as_bytes())?;
    let mut fits = Ok(());
    let ranges = core::iter::once(&plan.grant_table).chain(plan.extended);
    let cells = ranges.map_while(|&range| reg(root, range).map_err(|error| fits = Err(error)).ok());
    writer.property_cells("reg", cells.flatten())?;
    fits?;
    // For all CPUs of a GICv2, active low: what Xen says.
    let number = plan.event_interrupt.raw().saturating_sub(16);
    let specifier = [1, number, 0xf08];
    let extra = policy
        .gic
        .node()
        .u32("#interrupt-cells")
        .map_or(0, |cells| crate::bytes::index(cells).saturating_sub(3));
    writer.property_cells("interrupts", specifier.into_iter().chain(core::iter::repeat_n(0, extra)))?;
    writer.property_u32("interrupt-parent", gic_phandle(policy))?;
    writer.end_node()
}

/// A range as an entry of `reg` below the root.
fn reg(root: Node<'_>, range: PhysRange) -> Result<impl Iterator<Item = u32> + use<>, Error> {
    let fail = || Error::at(Fault::CellsTooFew("a range of the new tree"), 0);
    let start = cells(range.start().raw(), root.address_cells()).ok_or_else(fail)?;
    let len = cells(range.len_bytes(), root.size_cells()).ok_or_else(fail)?;
    Ok(start.chain(len))
}

/// A number as one or two cells, if it fits.
fn cells(value: u64, count: usize) -> Option<impl Iterator<Item = u32> + use<>> {
    let (high, low) = (u32::try_from(value >> 32).ok()?, u32::try_from(value & 0xffff_ffff).ok()?);
    let high = match count {
        2 => Some(high),
        1 if high == 0 => None,
        _ => return None,
    };
    Some(high.into_iter().chain(core::iter::once(low)))
}

/// A short text made by `write!`; what does not fit is cut.
struct Name {
    bytes: [u8; 64],
    len: usize,
}

impl Name {
    const EMPTY: Self = Self { bytes: [0; 64], len: 0 };

    fn as_str(&self) -> &str {
        self.bytes.get(..self.len).and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

impl Write for Name {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let end = self.len.saturating_add(text.len());
        self.bytes.get_mut(self.len..end).ok_or(core::fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

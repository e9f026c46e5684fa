//! dom0's devices: registers mapped, interrupts routed.

use super::{Domain, map_same, must};
use crate::boot::Machine;
use crate::boot::blame::{self, Culprit};
use crate::domain::lending;
use crate::drivers::gic::Trigger;
use crate::irq;
use crate::machine::mmio::MmioWindow;
use core::convert::Infallible;
use devicetree::dom0::{self, Item, Policy};
use devicetree::query::{GicVersion, ReservedKind};
use devicetree::{Interrupt, Node};
use pagetable::PageType;
use types::{IntId, Ipa, IpaRange, PhysRange};

/// GICV and the GICC that it stands for: two pages.
const GICV_BYTES: u64 = 0x2000;
/// MSI_TYPER of a GICv2m frame (Arm SBSA, GICv2m).
const MSI_TYPER: usize = 8;

/// Gives the domain every device of the tree that is not kept back.
pub fn give(domain: &Domain, machine: &Machine, policy: &Policy<'_>) {
    let visited: Result<(), Infallible> = dom0::devices(policy, |item| {
        one(domain, item);
        Ok(())
    });
    let Ok(()) = visited;
    for range in machine.platform.dom0_extra_maps() {
        map(domain, "platform", *range, PageType::DeviceDirect);
    }
    if let GicVersion::V2 { gicc, gicv, .. } = policy.gic().version {
        let ipas = must(IpaRange::new(Ipa::new(gicc.start().raw()), GICV_BYTES), "GICC");
        must(domain.p2m.map(ipas, gicv.start(), PageType::Device), "GICV");
    }
}

fn one(domain: &Domain, item: Item<'_>) {
    match item {
        Item::Registers(node, range) => map(domain, node.name(), range, PageType::DeviceDirect),
        Item::Window(node, window) => map(domain, node.name(), window.cpu, PageType::DeviceDirect),
        Item::Interrupt(node, interrupt) => route(domain, &node, interrupt),
        Item::MsiFrame(node, frame, spis) => route_msi(domain, &node, frame, spis),
        Item::Reserved(reserved) => {
            let page =
                if reserved.kind == ReservedKind::NoMap { PageType::DeviceDirect } else { PageType::RamRw };
            map(domain, reserved.node.name(), reserved.range, page);
        }
        Item::InMemory(node, range) => log::debug!("dom0: {}: {range} is RAM, not registers", node.name()),
        Item::Spare(_, range) => lending::spare_registers(range),
        Item::SpareInterrupt(_, interrupt) => {
            lending::spare_interrupt(interrupt.id, Trigger::from(interrupt.trigger));
        }
        Item::Hidden(node, reason) => log::debug!("dom0: {} is kept back ({reason:?})", node.name()),
    }
}

fn map(domain: &Domain, name: &str, range: PhysRange, page: PageType) {
    if let Err(error) = map_same(domain, range, page) {
        log::warn!("dom0: {name}: {range} is not mapped: {error:?}");
    }
}

fn route(domain: &Domain, node: &Node<'_>, interrupt: Interrupt) {
    let trigger = Trigger::from(interrupt.trigger);
    forward(domain, node.name(), interrupt.id, trigger);
}

fn forward(domain: &Domain, name: &str, id: IntId, trigger: Trigger) {
    if irq::is_routed(id) {
        return log::warn!("dom0: {name}: {id:?} is the hypervisor's");
    }
    match domain.vgic.forward(id) {
        Ok(()) => irq::route_to_guest(id, trigger, domain.id),
        Err(error) => log::warn!("dom0: {name}: {id:?} cannot be routed: {error:?}"),
    }
}

/// Routes the interrupts that a GICv2m frame raises: they are edges.
fn route_msi(domain: &Domain, node: &Node<'_>, frame: PhysRange, spis: Option<(u32, u32)>) {
    let typer = || {
        let registers = MmioWindow::map(frame).ok()?;
        Some(blame::during(Culprit::Device, frame.start(), || registers.read32(MSI_TYPER)))
    };
    let spis = spis.or_else(|| typer().map(|value| (value >> 16 & 0x3ff, value & 0x3ff)));
    let Some((first, count)) = spis else { return };
    for id in first..first.saturating_add(count).min(1020) {
        forward(domain, node.name(), IntId::new(id), Trigger::Edge);
    }
}

//! dom0's device tree.

use super::{Domain, must};
use crate::boot::{Machine, fatal};
use crate::drivers::timer;
use crate::machine::frame_window;
use alloc::vec::Vec;
use bootimage::Layout;
use devicetree::dom0::{self, Dom0Plan, Policy};
use devicetree::query::Modules;
use types::{PhysAddr, PhysRange};

/// Writes the tree to its place.
pub fn write(
    machine: &Machine,
    modules: &Modules<'static>,
    policy: &Policy<'_>,
    domain: &Domain,
    layout: &Layout,
) {
    let arguments = machine.tree.chosen().arguments(modules);
    let grants = domain.grant_region;
    let plan = Dom0Plan {
        bootargs: Some(arguments.dom0),
        initrd: initrd(modules, layout),
        memory: layout.banks.as_slice(),
        vcpus: u16::from(domain.vgic.model.vcpus()),
        timer_hz: u32::try_from(timer::frequency_hz()).ok(),
        grant_table: must(
            PhysRange::new(PhysAddr::new(grants.start().raw()), grants.len_bytes()),
            "grant table",
        ),
        extended: &[],
        event_interrupt: domain.event_interrupt,
        xen_version: "4.17",
    };
    let room = crate::arch::to_usize(layout.tree.len_bytes());
    let mut buffer = Vec::new();
    must(buffer.try_reserve_exact(room), "memory for the device tree");
    buffer.resize(room, 0u8);
    let bytes =
        dom0::build(policy, &plan, &mut buffer).unwrap_or_else(|error| fatal(format_args!("dom0's {error}")));
    let tree = buffer.get(..bytes).unwrap_or(&[]);
    must(frame_window::write(layout.tree.start(), tree), "device tree");
}

/// The RAM disk, to the byte.
fn initrd(modules: &Modules<'static>, layout: &Layout) -> Option<PhysRange> {
    let start = layout.ramdisk?.range().start();
    PhysRange::new(start, modules.ramdisk()?.range.len_bytes()).ok()
}

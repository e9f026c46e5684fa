//! The registers and interrupts of the devices that domain 0 gets.

use super::{Policy, Reason, Verdict};
use crate::query::{Reserved, V2M};
use crate::{Interrupt, Lineage, Node, Window};
use types::PhysRange;

/// One thing for the kernel to do, or to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// Registers to be mapped 1:1; without the pages that are kept back.
    Registers(Node<'a>, PhysRange),
    /// A window of a PCI host bridge to be mapped 1:1.
    Window(Node<'a>, Window),
    /// A shared interrupt to be routed; each is named once, by the first device that has it.
    Interrupt(Node<'a>, Interrupt),
    /// A GICv2m frame: its registers are an [`Item::Registers`] too; the interrupts that it raises are
    /// `arm,msi-base-spi` and `arm,msi-num-spis` where the tree says, else its MSI_TYPER.
    MsiFrame(Node<'a>, PhysRange, Option<(u32, u32)>),
    /// A range of `/reserved-memory`, which domain 0's tree has too.
    Reserved(Reserved<'a>),
    /// A device's "registers" that are in RAM (a frame buffer): not mapped as registers.
    InMemory(Node<'a>, PhysRange),
    /// Registers of a node that is meant for another domain.
    Spare(Node<'a>, PhysRange),
    /// A shared interrupt of a node that is meant for another domain.
    SpareInterrupt(Node<'a>, Interrupt),
    /// A node that is kept back.
    Hidden(Node<'a>, Reason),
}

/// Calls `visit` for everything that [`super::build`]'s tree gives to domain 0 or hides, and stops at
/// its first error.
///
/// # Errors
/// Those of `visit`.
pub fn devices<'a, E>(
    policy: &Policy<'a>,
    mut visit: impl FnMut(Item<'a>) -> Result<(), E>,
) -> Result<(), E> {
    let mut lines = Lines([0; 32]);
    let mut walk = policy.host.nodes();
    while let Some(node) = walk.next() {
        match policy.verdict(walk.lineage()) {
            Verdict::Keep => {}
            Verdict::Hide(reason) => {
                walk.skip_children();
                visit(Item::Hidden(node, reason))?;
                if reason == Reason::Passthrough {
                    spare(policy, walk.lineage(), &mut visit)?;
                }
                continue;
            }
            Verdict::Gic | Verdict::Timer | Verdict::Aliases => continue,
            Verdict::Chosen => {
                walk.skip_children();
                continue;
            }
        }
        if walk.lineage().depth() == 2 && node.base_name() == "reserved-memory" {
            walk.skip_children();
            continue;
        }
        device(policy, walk.lineage(), &mut lines, &mut visit)?;
    }
    let mut result = Ok(());
    policy.host.for_each_reserved(|reserved| {
        if result.is_ok() {
            result = visit(Item::Reserved(reserved));
        }
    });
    result
}

/// Visits what a device has that is meant for another domain.
fn spare<'a, E>(
    policy: &Policy<'a>,
    lineage: &Lineage<'a>,
    visit: &mut impl FnMut(Item<'a>) -> Result<(), E>,
) -> Result<(), E> {
    let node = lineage.node();
    for range in lineage.reg().filter_map(|entry| entry.cpu).filter(|range| !policy.is_memory(range)) {
        visit(Item::Spare(node, range))?;
    }
    for interrupt in policy.interrupts.of(lineage).flatten().filter(|line| line.id.is_spi()) {
        visit(Item::SpareInterrupt(node, interrupt))?;
    }
    Ok(())
}

fn device<'a, E>(
    policy: &Policy<'a>,
    lineage: &Lineage<'a>,
    lines: &mut Lines,
    visit: &mut impl FnMut(Item<'a>) -> Result<(), E>,
) -> Result<(), E> {
    let node = lineage.node();
    for range in lineage.reg().filter_map(|entry| entry.cpu) {
        give(policy, (node, range), |part| Item::Registers(node, part), visit)?;
    }
    if node.is_compatible(V2M)
        && let Some(frame) = lineage.registers(0)
    {
        let spis = node.u32("arm,msi-base-spi").zip(node.u32("arm,msi-num-spis"));
        visit(Item::MsiFrame(node, frame, spis))?;
    }
    let bridge = node.str("device_type") == Some("pci");
    if bridge {
        for window in lineage.windows() {
            give(policy, (node, window.cpu), |cpu| Item::Window(node, part_of(window, cpu)), visit)?;
        }
        for interrupt in policy.interrupts.of_map(lineage).flatten().filter(|line| lines.is_new(line)) {
            visit(Item::Interrupt(node, interrupt))?;
        }
    }
    for interrupt in policy.interrupts.of(lineage).flatten().filter(|line| lines.is_new(line)) {
        visit(Item::Interrupt(node, interrupt))?;
    }
    Ok(())
}

/// Visits what of a range domain 0 gets: nothing that is RAM, and no page that is kept back.
fn give<'a, E>(
    policy: &Policy<'a>,
    (node, range): (Node<'a>, PhysRange),
    item: impl Fn(PhysRange) -> Item<'a>,
    visit: &mut impl FnMut(Item<'a>) -> Result<(), E>,
) -> Result<(), E> {
    if policy.is_memory(&range) {
        return visit(Item::InMemory(node, range));
    }
    let mut result = Ok(());
    policy.give_away(range, |part| {
        if result.is_ok() {
            result = visit(item(part));
        }
    });
    result
}

/// The part of a window that the CPU sees at `cpu`.
fn part_of(window: Window, cpu: PhysRange) -> Window {
    let skipped = cpu.start().raw().saturating_sub(window.cpu.start().raw());
    Window { bus_address: window.bus_address.saturating_add(skipped), cpu, ..window }
}

/// The shared interrupts that were named already, a bit each.
struct Lines([u32; 32]);

impl Lines {
    /// Marks a shared interrupt; tells whether it was not marked before.
    fn is_new(&mut self, line: &Interrupt) -> bool {
        let id = line.id.raw();
        let Some(word) = self.0.get_mut(crate::bytes::index(id / 32)) else { return false };
        let bit = 1u32.checked_shl(id % 32).unwrap_or(0);
        let new = line.id.is_spi() && *word & bit == 0;
        *word |= bit;
        new
    }
}

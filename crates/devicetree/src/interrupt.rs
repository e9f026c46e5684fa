//! Interrupts as the GIC sees them (Devicetree Specification v0.4, 2.4; Linux binding `arm,gic`).
//!
//! A specifier is followed from its device through nexus nodes (`interrupt-map`) and wake-up
//! controllers that hand a GIC specifier on unchanged, until it arrives at the GIC or at a controller
//! that is not the GIC's business. The number of hops is bounded.

use crate::bytes::index;
use crate::lineage::Lineage;
use crate::node::{Node, NodeId};
use crate::property::Cells;
use core::cell::Cell;
use types::IntId;

/// How an interrupt line signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A rising edge.
    EdgeRising,
    /// A falling edge.
    EdgeFalling,
    /// A high level; also what an unspecified trigger is taken for.
    LevelHigh,
    /// A low level.
    LevelLow,
}

impl Trigger {
    /// Tells whether the GIC's configuration bit is "edge".
    pub const fn is_edge(self) -> bool {
        matches!(self, Self::EdgeRising | Self::EdgeFalling)
    }

    fn from_flags(flags: u32) -> Self {
        match flags & 0xf {
            1 | 3 => Self::EdgeRising,
            2 => Self::EdgeFalling,
            8 => Self::LevelLow,
            _ => Self::LevelHigh,
        }
    }
}

/// An interrupt at the GIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupt {
    /// The GIC's number for it.
    pub id: IntId,
    /// How its line signals.
    pub trigger: Trigger,
}

/// A nexus or controller can be passed this often before a tree is taken for cyclic.
const MAX_HOPS: usize = 8;

/// Decodes the interrupts of a tree that has a GIC.
pub struct Interrupts<'a> {
    gic: Node<'a>,
    gic_cells: usize,
    /// Controllers found by phandle: nearly all devices name the same few.
    seen: Cell<[Option<(u32, NodeId)>; 4]>,
}

impl<'a> Interrupts<'a> {
    /// Decodes specifiers that arrive at `gic`.
    pub fn new(gic: Node<'a>) -> Self {
        let gic_cells = interrupt_cells(gic);
        Self { gic, gic_cells, seen: Cell::new([None; 4]) }
    }

    /// Iterates over a node's `interrupts-extended`, else its `interrupts`, in order. `None` stands for
    /// one that does not arrive at the GIC.
    pub fn of<'i>(&'i self, lineage: &Lineage<'a>) -> InterruptIter<'i, 'a> {
        let node = lineage.node();
        if let Some(list) = node.property("interrupts-extended") {
            return InterruptIter { all: self, cells: list.cells(), unit: &[], source: Source::Extended };
        }
        let list = node.property("interrupts").map_or(Cells::new(&[]), |list| list.cells());
        let parent = if list.is_empty() { None } else { self.parent(lineage) };
        let source = parent.map_or(Source::Nowhere, |node| Source::Parent(node, interrupt_cells(node)));
        let unit = node.property("reg").map_or(&[][..], |reg| reg.value);
        InterruptIter { all: self, cells: list, unit, source }
    }

    /// Iterates over the parents' ends of a nexus's `interrupt-map`: what a PCI host's functions can
    /// raise.
    pub fn of_map<'i>(&'i self, lineage: &Lineage<'a>) -> InterruptIter<'i, 'a> {
        let node = lineage.node();
        let map = node.property("interrupt-map").map_or(Cells::new(&[]), |map| map.cells());
        InterruptIter { all: self, cells: map, unit: &[], source: Source::Map(node) }
    }

    /// Finds the controller or nexus that a node's `interrupts` go to.
    fn parent(&self, lineage: &Lineage<'a>) -> Option<Node<'a>> {
        for (up, node) in lineage.upwards().enumerate() {
            if up > 0 && node.has("#interrupt-cells") {
                return Some(node);
            }
            if let Some(phandle) = node.u32("interrupt-parent") {
                return self.controller(phandle);
            }
        }
        None
    }

    fn controller(&self, phandle: u32) -> Option<Node<'a>> {
        let mut seen = self.seen.get();
        if let Some((_, id)) = seen.iter().flatten().find(|(known, _)| *known == phandle) {
            return Some(self.gic.tree().node(*id));
        }
        let node = self.gic.tree().find_phandle(phandle)?;
        seen.rotate_right(1);
        if let Some(slot) = seen.first_mut() {
            *slot = Some((phandle, node.id()));
        }
        self.seen.set(seen);
        Some(node)
    }

    /// Follows a specifier, with the unit address of the device that has it, to the GIC.
    fn resolve(&self, hop: Hop<'a>) -> Option<Interrupt> {
        let mut hop = hop;
        for _ in 0..MAX_HOPS {
            if hop.to == self.gic {
                return decode(hop.specifier);
            }
            hop = match hop.to.property("interrupt-map") {
                Some(_) => self.through_map(hop)?,
                None => self.through_controller(hop)?,
            };
        }
        None
    }

    fn through_map(&self, hop: Hop<'a>) -> Option<Hop<'a>> {
        let nexus = hop.to;
        let mask = nexus.property("interrupt-map-mask").map(|mask| mask.value);
        let mut map = nexus.property("interrupt-map")?.cells();
        let address = nexus.address_cells();
        let unit = hop.unit.get(..address.checked_mul(4)?);
        while let Some((entry_unit, entry_specifier, target)) = self.map_entry(nexus, &mut map) {
            let (unit_mask, specifier_mask) = match mask {
                Some(mask) => mask.split_at_checked(entry_unit.len())?,
                None => (&[][..], &[][..]),
            };
            // A device without an address matches where the mask ignores addresses.
            let unit = unit.unwrap_or(entry_unit);
            if same(unit, entry_unit, unit_mask) && same(hop.specifier, entry_specifier, specifier_mask) {
                return Some(target);
            }
        }
        None
    }

    /// Takes one entry of an `interrupt-map`: child unit address, child specifier, and where it leads.
    fn map_entry(&self, nexus: Node<'a>, map: &mut Cells<'a>) -> Option<(&'a [u8], &'a [u8], Hop<'a>)> {
        let unit = map.take(nexus.address_cells())?;
        let specifier = map.take(interrupt_cells(nexus))?;
        // Without its controller's cells the rest of the map cannot be read.
        let to = self.controller(map.cell()?)?;
        let parent_unit = map.take(to.u32("#address-cells").map_or(0, index))?;
        let parent_specifier = map.take(interrupt_cells(to))?;
        Some((unit, specifier, Hop { to, unit: parent_unit, specifier: parent_specifier }))
    }

    /// Passes a wake-up controller that takes GIC specifiers and hands them on (i.MX GPC, OMAP wakeupgen,
    /// MediaTek sysirq ...).
    fn through_controller(&self, hop: Hop<'a>) -> Option<Hop<'a>> {
        let like_gic =
            hop.to.has("interrupt-controller") && hop.specifier.len() == self.gic_cells.checked_mul(4)?;
        if !like_gic {
            return None;
        }
        let to = match hop.to.u32("interrupt-parent") {
            Some(phandle) => self.controller(phandle)?,
            None => self.parent(&Lineage::of(hop.to))?,
        };
        Some(Hop { to, ..hop })
    }
}

/// A specifier on its way.
#[derive(Clone, Copy)]
struct Hop<'a> {
    to: Node<'a>,
    unit: &'a [u8],
    specifier: &'a [u8],
}

/// Compares under a mask; bytes beyond the mask count.
fn same(left: &[u8], right: &[u8], mask: &[u8]) -> bool {
    let mask = mask.iter().copied().chain(core::iter::repeat(0xff));
    left.len() == right.len() && left.iter().zip(right).zip(mask).all(|((l, r), mask)| (l ^ r) & mask == 0)
}

fn interrupt_cells(node: Node<'_>) -> usize {
    node.u32("#interrupt-cells").map_or(0, index)
}

/// Decodes a GIC specifier of three or four cells: kind, number, flags.
fn decode(specifier: &[u8]) -> Option<Interrupt> {
    let mut cells = Cells::new(specifier);
    let (kind, number, flags) = (cells.cell()?, cells.cell()?, cells.cell()?);
    let id = match kind {
        0 if number < 988 => number.checked_add(32)?,
        1 if number < 16 => number.checked_add(16)?,
        _ => return None,
    };
    Some(Interrupt { id: IntId::new(id), trigger: Trigger::from_flags(flags) })
}

#[derive(Clone, Copy)]
enum Source<'a> {
    /// No interrupt parent.
    Nowhere,
    /// `interrupts`: specifiers of so many cells for one parent.
    Parent(Node<'a>, usize),
    /// `interrupts-extended`: a phandle before each.
    Extended,
    /// `interrupt-map` of this nexus.
    Map(Node<'a>),
}

/// Iterator over a node's interrupts; `None` stands for one that does not arrive at the GIC.
#[derive(Clone)]
pub struct InterruptIter<'i, 'a> {
    all: &'i Interrupts<'a>,
    cells: Cells<'a>,
    unit: &'a [u8],
    source: Source<'a>,
}

impl<'a> InterruptIter<'_, 'a> {
    fn next_hop(&mut self) -> Option<Hop<'a>> {
        match self.source {
            Source::Parent(to, count) if count != 0 => {
                Some(Hop { to, unit: self.unit, specifier: self.cells.take(count)? })
            }
            Source::Parent(..) | Source::Nowhere => None,
            Source::Extended => {
                let to = self.all.controller(self.cells.cell()?)?;
                Some(Hop { to, unit: &[], specifier: self.cells.take(interrupt_cells(to))? })
            }
            Source::Map(nexus) => Some(self.all.map_entry(nexus, &mut self.cells)?.2),
        }
    }
}

impl Iterator for InterruptIter<'_, '_> {
    type Item = Option<Interrupt>;

    fn next(&mut self) -> Option<Option<Interrupt>> {
        let hop = self.next_hop()?;
        Some(self.all.resolve(hop))
    }
}

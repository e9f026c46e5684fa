//! `reg` and `ranges`: from a bus's addresses to the CPU's (Devicetree Specification v0.4, 2.3.6, 2.3.8).

use crate::lineage::Lineage;
use crate::node::Node;
use crate::property::{Cells, number};
use types::{PhysAddr, PhysRange};

/// One entry of a `reg` property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegEntry {
    /// The address as the parent bus sees it; for PCI without the cell of flags.
    pub bus_address: u64,
    /// Bytes; 0 on a bus without sizes.
    pub size_bytes: u64,
    /// The registers in the CPU's address space, if every bus up to the root translates them.
    pub cpu: Option<PhysRange>,
}

/// One entry of a bus's `ranges`, seen from the CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The cell of flags of a PCI address (`phys.hi`), 0 on other buses.
    pub flags: u32,
    /// The first address on the bus.
    pub bus_address: u64,
    /// Where the CPU sees it.
    pub cpu: PhysRange,
}

impl<'a> Lineage<'a> {
    /// Iterates over the entries of `reg`; none if the node has no `reg` or its cells are unusable.
    pub fn reg(&self) -> Regs<'a, '_> {
        let cells = self.parent().map(|bus| (bus.address_cells(), bus.size_cells()));
        let value = self.node().property("reg").map_or(&[][..], |reg| reg.value);
        let (address, size) = cells.unwrap_or((0, 0));
        Regs { lineage: self, address, size, cells: Cells::new(value) }
    }

    /// Returns the registers of `reg` entry number `index` in the CPU's address space.
    pub fn registers(&self, index: usize) -> Option<PhysRange> {
        self.reg().nth(index)?.cpu
    }

    /// Iterates over the entries of this bus's `ranges` that the CPU can reach.
    pub fn windows(&self) -> Windows<'a, '_> {
        let bus = self.node();
        let value = bus.property("ranges").map_or(&[][..], |ranges| ranges.value);
        let format = self.parent().map(|parent| Format::of(bus, parent));
        Windows { lineage: self, format: format.unwrap_or_default(), cells: Cells::new(value) }
    }

    /// Translates an address on the bus `up` levels above the node (1: the bus that the node is on).
    fn translate(&self, up: usize, flags: u32, address: u64) -> Option<PhysAddr> {
        let (mut flags, mut address) = (flags, address);
        for level in up.. {
            let bus = self.ancestor(level)?;
            let Some(parent) = self.ancestor(level.checked_add(1)?) else { break };
            let ranges = bus.property("ranges")?;
            if !ranges.value.is_empty() {
                let entry = Format::of(bus, parent).find(ranges.cells(), flags, address)?;
                (flags, address) = entry;
            }
        }
        Some(PhysAddr::new(address))
    }
}

/// Cells of an entry of `ranges`.
#[derive(Clone, Copy, Default)]
struct Format {
    child: usize,
    parent: usize,
    size: usize,
}

/// One raw entry of `ranges`.
struct Entry {
    flags: u32,
    child: u64,
    parent_flags: u32,
    parent: u64,
    size: u64,
}

impl Format {
    fn of(bus: Node<'_>, parent: Node<'_>) -> Self {
        Self { child: bus.address_cells(), parent: parent.address_cells(), size: bus.size_cells() }
    }

    fn next(self, cells: &mut Cells<'_>) -> Option<Entry> {
        if self.child == 0 || self.parent == 0 {
            return None;
        }
        let (flags, child) = address(cells, self.child)?;
        let (parent_flags, parent) = address(cells, self.parent)?;
        Some(Entry { flags, child, parent_flags, parent, size: cells.number(self.size)? })
    }

    /// Finds the entry that holds an address and returns the flags and address on the parent bus.
    fn find(self, mut cells: Cells<'_>, flags: u32, address: u64) -> Option<(u32, u64)> {
        /// The space code of a PCI address: configuration, I/O, 32- or 64-bit memory (IEEE 1275 PCI binding).
        const SPACE: u32 = 0x0300_0000;
        while let Some(entry) = self.next(&mut cells) {
            let same_space = self.child < 3 || (entry.flags ^ flags) & SPACE == 0;
            let Some(offset) = address.checked_sub(entry.child) else { continue };
            if same_space && offset < entry.size {
                return Some((entry.parent_flags, entry.parent.checked_add(offset)?));
            }
        }
        None
    }
}

/// Takes an address; of three cells the first holds flags (PCI).
fn address(cells: &mut Cells<'_>, count: usize) -> Option<(u32, u64)> {
    if count == 3 {
        return Some((cells.cell()?, cells.number(2)?));
    }
    Some((0, cells.number(count)?))
}

/// Iterator over a node's `reg`.
#[derive(Clone)]
pub struct Regs<'a, 'l> {
    lineage: &'l Lineage<'a>,
    address: usize,
    size: usize,
    cells: Cells<'a>,
}

impl Iterator for Regs<'_, '_> {
    type Item = RegEntry;

    fn next(&mut self) -> Option<RegEntry> {
        if self.address == 0 {
            return None;
        }
        let (flags, bus_address) = address(&mut self.cells, self.address)?;
        let size_bytes = self.cells.number(self.size)?;
        let cpu = self
            .lineage
            .translate(1, flags, bus_address)
            .and_then(|start| PhysRange::new(start, size_bytes).ok());
        Some(RegEntry { bus_address, size_bytes, cpu })
    }
}

/// Iterator over a bus's windows.
#[derive(Clone)]
pub struct Windows<'a, 'l> {
    lineage: &'l Lineage<'a>,
    format: Format,
    cells: Cells<'a>,
}

impl Iterator for Windows<'_, '_> {
    type Item = Window;

    fn next(&mut self) -> Option<Window> {
        loop {
            let entry = self.format.next(&mut self.cells)?;
            let start = self.lineage.translate(1, entry.parent_flags, entry.parent);
            let cpu = start.and_then(|start| PhysRange::new(start, entry.size).ok());
            if let Some(cpu) = cpu {
                return Some(Window { flags: entry.flags, bus_address: entry.child, cpu });
            }
        }
    }
}

impl<'a> Node<'a> {
    /// Returns the first entry of `reg` as it stands, not translated: what `/chosen`'s modules use.
    pub(crate) fn untranslated_reg(&self, address: usize, size: usize) -> Option<PhysRange> {
        let mut cells = self.property("reg")?.cells();
        let start = number(cells.take(address)?)?;
        PhysRange::new(PhysAddr::new(start), cells.number(size)?).ok()
    }
}

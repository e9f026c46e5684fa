//! Memory banks and reserved memory.

use crate::{Lineage, Node, Tree};
use types::PhysRange;

/// What `/reserved-memory` asks for a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReservedKind {
    /// Ordinary memory that a driver will use.
    Memory,
    /// `no-map`: not to be mapped as Normal memory by anyone but the driver.
    NoMap,
    /// `reusable`: the operating system may use it until the driver asks.
    Reusable,
}

/// A range of `/reserved-memory`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserved<'a> {
    /// The child node.
    pub node: Node<'a>,
    /// The range.
    pub range: PhysRange,
    /// How it is reserved.
    pub kind: ReservedKind,
}

impl<'a> Tree<'a> {
    /// Iterates over the banks of RAM: all entries of all enabled nodes below the root whose
    /// `device_type` is `memory`, in the tree's order, empty ones left out. They may overlap or touch.
    pub fn memory(&self) -> impl Iterator<Item = PhysRange> + use<'a> {
        let root = self.root();
        root.children().filter(is_memory).flat_map(move |node| {
            let mut cells = node.property("reg").map_or(crate::Cells::new(&[]), |reg| reg.cells());
            let (address, size) = (root.address_cells(), root.size_cells());
            core::iter::from_fn(move || {
                while !cells.is_empty() && address != 0 {
                    let start = types::PhysAddr::new(cells.number(address)?);
                    if let Ok(bank) = PhysRange::new(start, cells.number(size)?) {
                        return Some(bank);
                    }
                }
                None
            })
        })
    }

    /// Visits the static ranges of `/reserved-memory`'s enabled children; those that ask for a size
    /// anywhere are the operating system's to place.
    pub fn for_each_reserved(&self, mut visit: impl FnMut(Reserved<'a>)) {
        let Some(parent) = self.root().child("reserved-memory") else { return };
        for node in parent.children().filter(|node| node.is_available()) {
            let lineage = Lineage::of(node);
            let kind = match () {
                () if node.has("no-map") => ReservedKind::NoMap,
                () if node.has("reusable") => ReservedKind::Reusable,
                () => ReservedKind::Memory,
            };
            for range in lineage.reg().filter_map(|entry| entry.cpu) {
                visit(Reserved { node, range, kind });
            }
        }
    }
}

pub(crate) fn is_memory(node: &Node<'_>) -> bool {
    node.str("device_type") == Some("memory") && node.is_available()
}

//! A validated tree: the handle that nodes and queries hang on.

use crate::Header;
use crate::bytes::be64;
use crate::lineage::Nodes;
use crate::node::{Node, NodeId};
use types::{PhysAddr, PhysRange};

/// A device tree that passed [`crate::validate`]. Copying it copies the handle.
#[derive(Clone, Copy)]
pub struct Tree<'a> {
    pub(crate) blob: &'a [u8],
    pub(crate) structure: &'a [u8],
    pub(crate) strings: &'a [u8],
    pub(crate) reserve_map: &'a [u8],
    pub(crate) header: Header,
    pub(crate) plain: bool,
}

impl<'a> Tree<'a> {
    /// Returns the root node.
    pub fn root(&self) -> Node<'a> {
        // NOPs may come before the root; the walk's first node is the root of every validated tree.
        self.nodes().next().unwrap_or(Node { tree: *self, at: 0 })
    }

    /// Walks all nodes depth-first, the root first.
    pub fn nodes(&self) -> Nodes<'a> {
        Nodes::new(*self)
    }

    /// Returns the node that an id of this tree names.
    pub fn node(&self, id: NodeId) -> Node<'a> {
        Node { tree: *self, at: id.raw() }
    }

    /// Returns the header.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Returns the whole blob, of the header's total size.
    pub const fn blob(&self) -> &'a [u8] {
        self.blob
    }

    /// Returns the part of the blob up to the end of its last block: what a copy needs, where the total
    /// size counts padding.
    pub fn used(&self) -> &'a [u8] {
        self.blob.get(..self.header.last_end(self.reserve_map.len())).unwrap_or(self.blob)
    }

    /// Iterates over the memory reservation block (`/memreserve/`), without empty entries.
    pub fn memory_reservations(&self) -> Reservations<'a> {
        Reservations { block: self.reserve_map, at: 0 }
    }

    /// Hands the blob to the `fdt` crate's reader, or `None` where that reader is unsound for it.
    ///
    /// fdt 0.1.5 loses properties or panics on NOP tokens and on nesting of 64, which are both valid
    /// and found in trees that firmware edited in place. Of its interface only the walk of nodes and
    /// raw properties may be used: `memory()`, `chosen()`, `cpus()` panic where their node is missing.
    pub fn as_fdt(&self) -> Option<fdt::Fdt<'a>> {
        if !self.plain {
            return None;
        }
        fdt::Fdt::new(self.blob).ok()
    }
}

/// Iterator over the memory reservation block.
#[derive(Clone)]
pub struct Reservations<'a> {
    block: &'a [u8],
    at: usize,
}

impl Iterator for Reservations<'_> {
    type Item = PhysRange;

    fn next(&mut self) -> Option<PhysRange> {
        loop {
            let (start, len) = reserve_entry(self.block, self.at)?;
            self.at = self.at.checked_add(16)?;
            if let Ok(range) = PhysRange::new(PhysAddr::new(start), len) {
                return Some(range);
            }
        }
    }
}

/// Reads the entry at byte `at` of a memory reservation block.
pub(crate) fn reserve_entry(block: &[u8], at: usize) -> Option<(u64, u64)> {
    Some((be64(block, at)?, be64(block, at.checked_add(8)?)?))
}

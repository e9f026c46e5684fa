//! Splitting blocks, by break-before-make.

use crate::node::{Entry, Node, leaf_entry, table_entry};
use crate::{Attrs, Error, FlushRange, FlushScope, Stage, TableStore};
use arm_spec::lpae::{self, ENTRIES};
use types::PhysAddr;

/// Splits blocks until none reaches across `boundary`, which may be the end of the input space.
pub(crate) fn split_at<S: TableStore>(
    store: &mut S,
    root: Node,
    boundary: u64,
    stage: Stage,
) -> Result<(), Error> {
    let mut node = root;
    while boundary & (node.slot_bytes() - 1) != 0 {
        let index = node.index(boundary);
        let table = match node.read(store, index) {
            Entry::Invalid => return Ok(()),
            Entry::Table(table) => table,
            Entry::Leaf(entry) => split(store, &node, (index, entry), stage)?,
        };
        node = node.child(index, table);
    }
    Ok(())
}

/// Replaces the block in a slot by a table of leaves of the next level, and returns the table.
pub(crate) fn split<S: TableStore>(
    store: &mut S,
    node: &Node,
    (index, entry): (usize, u64),
    stage: Stage,
) -> Result<PhysAddr, Error> {
    let table = store.alloc().ok_or(Error::OutOfTables)?;
    let child = node.child(index, table);
    let pa = entry & lpae::ADDRESS;
    for i in 0..ENTRIES {
        let leaf = leaf_entry(child.level, pa + i as u64 * child.slot_bytes(), Attrs::of_entry(entry));
        child.write(store, i, leaf);
    }
    node.write(store, index, 0);
    // The flush publishes the new table's entries as well as the break.
    store.flush(FlushRange {
        stage,
        start: node.slot_start(index),
        bytes: node.slot_bytes(),
        stride_bytes: node.slot_bytes(),
        scope: FlushScope::Leaves,
    });
    node.write(store, index, table_entry(table));
    store.publish();
    Ok(table)
}

//! Removing mappings, and the tables that this empties.

use crate::detached::Detached;
use crate::node::{Entry, Node, Run};
use crate::{Error, Stage, TableStore, split};
use arm_spec::lpae::LAST_LEVEL;
use types::PhysAddr;

pub(crate) fn unmap<S: TableStore>(store: &mut S, root: Node, run: Run, stage: Stage) -> Result<(), Error> {
    split::split_at(store, root, run.start, stage)?;
    split::split_at(store, root, run.end, stage)?;
    clear_whole_leaves(store, root, run, stage);
    Ok(())
}

/// Removes all leaves in `run`, none of which reaches beyond it, with one flush.
pub(crate) fn clear_whole_leaves<S: TableStore>(store: &mut S, root: Node, run: Run, stage: Stage) {
    let mut detached = Detached::new(stage);
    clear(store, root, run, &mut detached);
    detached.flush_and_free(store);
}

fn clear<S: TableStore>(store: &mut S, node: Node, run: Run, detached: &mut Detached) {
    for slot in node.slots(run) {
        let start = node.slot_start(slot.index);
        let whole = Run { start, end: start + node.slot_bytes() };
        match node.read(store, slot.index) {
            Entry::Invalid => {}
            Entry::Leaf(_) => {
                node.write(store, slot.index, 0);
                detached.leaf(whole, node.slot_bytes());
            }
            Entry::Table(table) if slot.covered => {
                node.write(store, slot.index, 0);
                bury(store, node.child(slot.index, table), whole, detached);
            }
            Entry::Table(table) => {
                let child = node.child(slot.index, table);
                clear(store, child, slot.run, detached);
                if child.is_empty(store, child.index(slot.run.end - 1)) {
                    node.write(store, slot.index, 0);
                    detached.table(store, table, whole);
                }
            }
        }
    }
}

/// Takes an unlinked table and all tables below it.
fn bury<S: TableStore>(store: &mut S, node: Node, slot: Run, detached: &mut Detached) {
    let table: PhysAddr = node.table;
    // The leaves' size; the smallest one of the tables below, if any, replaces it.
    detached.leaf(slot, node.slot_bytes());
    if node.level < LAST_LEVEL {
        for index in 0..node.entries {
            if let Entry::Table(below) = node.read(store, index) {
                let start = node.slot_start(index);
                let run = Run { start, end: start + node.slot_bytes() };
                bury(store, node.child(index, below), run, detached);
            }
        }
    }
    detached.table(store, table, slot);
}

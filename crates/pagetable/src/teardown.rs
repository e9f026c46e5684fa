//! Taking a whole tree down in bounded steps.

use crate::detached::Detached;
use crate::node::{Entry, Node, Run};
use crate::{Stage, TableStore};
use arm_spec::lpae::LAST_LEVEL;

/// How far a teardown has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Teardown {
    /// Nothing is mapped and only the root is left.
    Complete,
    /// Tables are left: call again.
    More,
}

pub(crate) fn teardown<S: TableStore>(
    store: &mut S,
    root: Node,
    stage: Stage,
    max_tables: usize,
) -> Teardown {
    let mut detached = Detached::new(stage);
    let mut left = max_tables;
    let progress = reap(store, root, &mut left, &mut detached);
    if progress == Teardown::Complete {
        clear_leaves(store, root, &mut detached);
    }
    detached.flush_and_free(store);
    progress
}

/// Detaches up to `left` tables below `node`, the deepest first.
fn reap<S: TableStore>(store: &mut S, node: Node, left: &mut usize, detached: &mut Detached) -> Teardown {
    if node.level == LAST_LEVEL {
        return Teardown::Complete;
    }
    for index in 0..node.entries {
        let Entry::Table(table) = node.read(store, index) else { continue };
        let child = node.child(index, table);
        if reap(store, child, left, detached) == Teardown::More || *left == 0 {
            return Teardown::More;
        }
        *left -= 1;
        let start = node.slot_start(index);
        let slot = Run { start, end: start + node.slot_bytes() };
        node.write(store, index, 0);
        detached.leaf(slot, child.slot_bytes());
        detached.table(store, table, slot);
    }
    Teardown::Complete
}

/// Clears the blocks in the root itself.
fn clear_leaves<S: TableStore>(store: &mut S, root: Node, detached: &mut Detached) {
    for index in 0..root.entries {
        if let Entry::Leaf(_) = root.read(store, index) {
            root.write(store, index, 0);
            let start = root.slot_start(index);
            detached.leaf(Run { start, end: start + root.slot_bytes() }, root.slot_bytes());
        }
    }
}

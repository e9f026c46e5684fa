//! One page, in one walk: what ballooning and grant frames change.

use crate::detached::Detached;
use crate::map::Target;
use crate::node::{Entry, Node, Run, leaf_entry, table_entry};
use crate::{Error, FlushRange, FlushScope, Mapping, Stage, TableStore, split, unmap, walk};
use arm_spec::lpae::{LAST_LEVEL, VALID};
use types::PAGE_BYTES;

/// The tables above the last level that lead to a page, by level, and the slot in each.
type Path = [Option<(Node, usize)>; LAST_LEVEL as usize];

/// Maps the page at `at`, whatever is mapped there, and returns what was.
pub(crate) fn replace<S: TableStore>(
    store: &mut S,
    root: Node,
    at: u64,
    target: Target,
) -> Result<Option<Mapping>, Error> {
    let mut node = root;
    while node.level < LAST_LEVEL {
        let index = node.index(at);
        let table = match node.read(store, index) {
            Entry::Table(table) => table,
            Entry::Leaf(entry) => split::split(store, &node, (index, entry), target.stage)?,
            Entry::Invalid => {
                let Some(table) = store.alloc() else {
                    // Nothing is mapped there: this only frees new, empty tables on the way.
                    let page = Run { start: at, end: at + PAGE_BYTES };
                    unmap::clear_whole_leaves(store, root, page, target.stage);
                    return Err(Error::OutOfTables);
                };
                node.write(store, index, table_entry(table));
                table
            }
        };
        node = node.child(index, table);
    }
    Ok(exchange(store, &node, at, target))
}

/// Writes a page's entry, by break-before-make if it is valid and another.
fn exchange<S: TableStore>(store: &mut S, node: &Node, at: u64, target: Target) -> Option<Mapping> {
    let index = node.index(at);
    let (old, new) = (node.read_raw(store, index), leaf_entry(LAST_LEVEL, target.pa.raw(), target.attrs));
    let mapped = (old & VALID != 0).then(|| walk::mapping(node, old, at));
    if old == new {
        return mapped;
    }
    if mapped.is_some() {
        node.write(store, index, 0);
        flush(store, at, target.stage);
    }
    node.write(store, index, new);
    store.publish();
    mapped
}

/// Unmaps the page at `at` if something is mapped there that `accept` takes, and returns what was.
pub(crate) fn take<S: TableStore>(
    store: &mut S,
    root: Node,
    at: u64,
    stage: Stage,
    accept: impl Fn(&Mapping) -> bool,
) -> Result<Option<Mapping>, Error> {
    let mut node = root;
    let mut path: Path = [None; LAST_LEVEL as usize];
    loop {
        let index = node.index(at);
        let entry = match node.read(store, index) {
            Entry::Invalid => return Ok(None),
            Entry::Table(table) => {
                path[usize::from(node.level)] = Some((node, index));
                node = node.child(index, table);
                continue;
            }
            Entry::Leaf(entry) => entry,
        };
        let old = walk::mapping(&node, entry, at);
        if !accept(&old) {
            return Ok(None);
        }
        if node.level < LAST_LEVEL {
            // What is read next is the page in the table that stands for the block.
            split::split(store, &node, (index, entry), stage)?;
            continue;
        }
        node.write(store, index, 0);
        if node.has_others(store, index) {
            flush(store, at, stage);
        } else {
            bury(store, node, Run { start: at, end: at + PAGE_BYTES }, (&path, stage));
        }
        return Ok(Some(old));
    }
}

/// Takes out the last-level table `node`, which `page` has left empty, and those above that held only it.
fn bury<S: TableStore>(store: &mut S, node: Node, page: Run, (path, stage): (&Path, Stage)) {
    let mut empty = Detached::new(stage);
    empty.leaf(page, PAGE_BYTES);
    let mut table = node.table;
    for (parent, index) in path.iter().rev().copied().flatten() {
        parent.write(store, index, 0);
        let start = parent.slot_start(index);
        empty.table(store, table, Run { start, end: start + parent.slot_bytes() });
        // The root stays, whatever it holds.
        let is_root = parent.level == 0 || path[usize::from(parent.level) - 1].is_none();
        if is_root || parent.has_others(store, index) {
            break;
        }
        table = parent.table;
    }
    empty.flush_and_free(store);
}

fn flush<S: TableStore>(store: &mut S, at: u64, stage: Stage) {
    let (bytes, scope) = (PAGE_BYTES, FlushScope::Leaves);
    store.flush(FlushRange { stage, start: at, bytes, stride_bytes: bytes, scope });
}

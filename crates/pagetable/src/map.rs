//! Mapping into holes.

use crate::node::{Entry, Node, Run, leaf_entry, table_entry};
use crate::{Attrs, Error, Stage, TableStore, unmap};
use types::{PAGE_BYTES, PhysAddr};

/// What a run is mapped to.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub stage: Stage,
    pub pa: PhysAddr,
    pub attrs: Attrs,
}

/// Why filling stopped, at an input address before which all is filled.
enum Stop {
    OutOfTables { at: u64 },
    Overlap { at: u64 },
}

pub(crate) fn map<S: TableStore>(store: &mut S, root: Node, run: Run, target: Target) -> Result<(), Error> {
    let offset = target.pa.raw().wrapping_sub(run.start);
    let filled = fill(store, root, run, Leaves { offset, attrs: target.attrs });
    store.publish();
    let (undo_end, error) = match filled {
        Ok(()) => return Ok(()),
        // The page itself is a hole: reaching over it frees new, still empty tables on its path.
        Err(Stop::OutOfTables { at }) => (at + PAGE_BYTES, Error::OutOfTables),
        Err(Stop::Overlap { at }) => (at, Error::Overlap(at)),
    };
    if undo_end > run.start {
        // Every leaf in the run is ours and inside it: nothing is split, so this cannot fail.
        unmap::clear_whole_leaves(store, root, Run { start: run.start, end: undo_end }, target.stage);
    }
    Err(error)
}

/// The leaves to write: output is input plus `offset`, modulo 2^64.
#[derive(Clone, Copy)]
struct Leaves {
    offset: u64,
    attrs: Attrs,
}

fn fill<S: TableStore>(store: &mut S, node: Node, run: Run, leaves: Leaves) -> Result<(), Stop> {
    for slot in node.slots(run) {
        let at = slot.run.start;
        let pa = at.wrapping_add(leaves.offset);
        let fits = slot.covered && node.holds_leaves() && pa & (node.slot_bytes() - 1) == 0;
        let table = match node.read(store, slot.index) {
            Entry::Invalid if fits => {
                node.write(store, slot.index, leaf_entry(node.level, pa, leaves.attrs));
                continue;
            }
            Entry::Invalid => {
                let table = store.alloc().ok_or(Stop::OutOfTables { at })?;
                node.write(store, slot.index, table_entry(table));
                table
            }
            // A table is never empty, so a covered one holds something of the run.
            Entry::Table(_) if slot.covered => return Err(Stop::Overlap { at }),
            Entry::Leaf(_) => return Err(Stop::Overlap { at }),
            Entry::Table(table) => table,
        };
        fill(store, node.child(slot.index, table), slot.run, leaves)?;
    }
    Ok(())
}

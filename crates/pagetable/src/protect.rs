//! Changing the attributes of what is mapped.

use crate::detached::Detached;
use crate::node::{Entry, Node, Run};
use crate::{Attrs, Error, Stage, TableStore, split};
use arm_spec::lpae;

/// New attributes for a run.
#[derive(Clone, Copy)]
pub(crate) struct Change {
    pub stage: Stage,
    pub attrs: Attrs,
}

pub(crate) fn protect<S: TableStore>(
    store: &mut S,
    root: Node,
    run: Run,
    change: Change,
) -> Result<(), Error> {
    split::split_at(store, root, run.start, change.stage)?;
    split::split_at(store, root, run.end, change.stage)?;
    let mut changed = Detached::new(change.stage);
    let broken = rewrite(store, root, run, &mut Pass { attrs: change.attrs, changed: &mut changed });
    changed.flush_and_free(store);
    if broken == Broken::Some {
        make(store, root, run);
        store.publish();
    }
    Ok(())
}

/// Whether a pass left entries invalid that still hold their address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Broken {
    None,
    Some,
}

struct Pass<'a> {
    attrs: Attrs,
    changed: &'a mut Detached,
}

/// Writes the new attributes; where that needs break-before-make, the entry is left invalid.
fn rewrite<S: TableStore>(store: &mut S, node: Node, run: Run, pass: &mut Pass<'_>) -> Broken {
    let mut broken = Broken::None;
    for slot in node.slots(run) {
        match node.read(store, slot.index) {
            Entry::Invalid => {}
            Entry::Table(table) => {
                if rewrite(store, node.child(slot.index, table), slot.run, pass) == Broken::Some {
                    broken = Broken::Some;
                }
            }
            Entry::Leaf(old) => {
                let mut new = old & !lpae::LEAF_ATTRIBUTES | pass.attrs.bits();
                if new == old {
                    continue;
                }
                if !Attrs::of_entry(old).may_change_live(pass.attrs) {
                    new &= !lpae::VALID;
                    broken = Broken::Some;
                }
                node.write(store, slot.index, new);
                pass.changed.leaf(slot.run, node.slot_bytes());
            }
        }
    }
    broken
}

/// Makes valid again what [`rewrite`] left invalid: the entries that are not zero.
fn make<S: TableStore>(store: &mut S, node: Node, run: Run) {
    for slot in node.slots(run) {
        match node.read(store, slot.index) {
            Entry::Invalid => {
                let entry = node.read_raw(store, slot.index);
                if entry != 0 {
                    node.write(store, slot.index, entry | lpae::VALID);
                }
            }
            Entry::Table(table) => make(store, node.child(slot.index, table), slot.run),
            Entry::Leaf(_) => {}
        }
    }
}

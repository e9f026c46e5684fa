//! Reading a tree.

use crate::node::{Entry, Node, Run};
use crate::{Attrs, BlockSize, Mapping, TableStore};
use arm_spec::lpae;
use types::PhysAddr;

/// Finds the first leaf that `run` touches and the part of `run` it translates.
pub(crate) fn next_mapped<S: TableStore>(store: &S, node: Node, run: Run) -> Option<(Run, Mapping)> {
    for slot in node.slots(run) {
        match node.read(store, slot.index) {
            Entry::Invalid => {}
            Entry::Leaf(entry) => return Some((slot.run, mapping(&node, entry, slot.run.start))),
            Entry::Table(table) => {
                let found = next_mapped(store, node.child(slot.index, table), slot.run);
                if found.is_some() {
                    return found;
                }
            }
        }
    }
    None
}

/// Tells whether all of `run` is mapped, by leaves with attributes that `accept` takes.
pub(crate) fn all_mapped<S: TableStore>(
    store: &S,
    node: Node,
    run: Run,
    accept: &impl Fn(Attrs) -> bool,
) -> bool {
    node.slots(run).all(|slot| match node.read(store, slot.index) {
        Entry::Invalid => false,
        Entry::Leaf(entry) => accept(Attrs::of_entry(entry)),
        Entry::Table(table) => all_mapped(store, node.child(slot.index, table), slot.run, accept),
    })
}

/// What a leaf in `node` translates `input` to.
pub(crate) fn mapping(node: &Node, entry: u64, input: u64) -> Mapping {
    let within = input & (node.slot_bytes() - 1);
    Mapping {
        pa: PhysAddr::new((entry & lpae::ADDRESS) + within),
        attrs: Attrs::of_entry(entry),
        size: BlockSize::of_level(node.level),
    }
}

//! One page, in one walk: what ballooning and grant frames change.

use crate::detached::Detached;
use crate::map::Target;
use crate::node::{Node, Run, has_others, leaf_entry, table_entry};
use crate::{Attrs, BlockSize, Error, FlushRange, FlushScope, Mapping, Stage, TableStore};
use crate::{split, unmap, walk};
use arm_spec::lpae::{ADDRESS, ENTRIES, LAST_LEVEL, TABLE_OR_PAGE, VALID};
use types::{PAGE_BYTES, PAGE_SHIFT, PhysAddr};

/// A slot on the way to a page.
#[derive(Clone, Copy)]
struct Slot {
    level: u8,
    /// The table, or that page of a root of several.
    table: PhysAddr,
    index: usize,
}

/// The way to one page: indexes by shifts of 32 bits, whatever the machine.
#[derive(Clone, Copy)]
struct Way {
    root: Node,
    at: u64,
    /// The page's number, without the bits that only level 0 sees.
    page: u32,
}

impl Way {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "levels 1 to 3, sixteen tables at most, have 31 bits"
    )]
    fn new(root: Node, at: u64) -> Self {
        Self { root, at, page: (at >> PAGE_SHIFT) as u32 }
    }

    /// The slot in the root.
    fn first(&self) -> Slot {
        let index = match self.root.level {
            0 => self.root.index(self.at),
            level => (self.page >> shift(level)) as usize & (self.root.entries - 1),
        };
        let table = self.root.table.wrapping_add(((index / ENTRIES) as u64) << PAGE_SHIFT);
        Slot { level: self.root.level, table, index: index % ENTRIES }
    }

    /// The slot in `table`, which the one before leads to.
    fn next(&self, slot: Slot, table: PhysAddr) -> Slot {
        let level = slot.level + 1;
        Slot { level, table, index: (self.page >> shift(level)) as usize % ENTRIES }
    }

    /// The node that a slot is in.
    fn node(&self, slot: Slot) -> Node {
        if slot.level == self.root.level {
            return self.root;
        }
        let node = Node { table: slot.table, level: slot.level, base: 0, entries: ENTRIES };
        Node { base: self.at & !(node.slot_bytes() * ENTRIES as u64 - 1), ..node }
    }

    /// Replaces the block in a slot by a table.
    fn split<S: TableStore>(
        &self,
        store: &mut S,
        (slot, entry): (Slot, u64),
        stage: Stage,
    ) -> Result<PhysAddr, Error> {
        let node = self.node(slot);
        split::split(store, &node, (node.index(self.at), entry), stage)
    }

    /// What a leaf translates the page to.
    fn mapping(&self, slot: Slot, entry: u64) -> Mapping {
        if slot.level < LAST_LEVEL {
            return walk::mapping(&self.node(slot), entry, self.at);
        }
        let pa = PhysAddr::new(entry & ADDRESS);
        Mapping { pa, attrs: Attrs::of_entry(entry), size: BlockSize::Page4K }
    }
}

/// The bits of a page's number below those that a level sees.
fn shift(level: u8) -> u32 {
    9 * u32::from(LAST_LEVEL - level)
}

fn is_table(entry: u64) -> bool {
    entry & TABLE_OR_PAGE != 0
}

/// Returns what the page at `at` translates to.
#[inline]
pub(crate) fn lookup<S: TableStore>(store: &S, root: Node, at: u64) -> Option<Mapping> {
    let way = Way::new(root, at);
    let mut slot = way.first();
    loop {
        let entry = store.read(slot.table, slot.index);
        if entry & VALID == 0 {
            return None;
        }
        if slot.level == LAST_LEVEL || !is_table(entry) {
            return Some(way.mapping(slot, entry));
        }
        slot = way.next(slot, PhysAddr::new(entry & ADDRESS));
    }
}

/// Maps the page at `at`, whatever is mapped there, and returns what was.
pub(crate) fn replace<S: TableStore>(
    store: &mut S,
    root: Node,
    at: u64,
    target: Target,
) -> Result<Option<Mapping>, Error> {
    let way = Way::new(root, at);
    let mut slot = way.first();
    while slot.level < LAST_LEVEL {
        let entry = store.read(slot.table, slot.index);
        let table = if entry & VALID == 0 {
            let Some(table) = store.alloc() else {
                // Nothing is mapped there: this only frees new, empty tables on the way.
                let page = Run { start: at, end: at + PAGE_BYTES };
                unmap::clear_whole_leaves(store, root, page, target.stage);
                return Err(Error::OutOfTables);
            };
            store.write(slot.table, slot.index, table_entry(table));
            table
        } else if is_table(entry) {
            PhysAddr::new(entry & ADDRESS)
        } else {
            way.split(store, (slot, entry), target.stage)?
        };
        slot = way.next(slot, table);
    }
    Ok(exchange(store, &way, slot, target))
}

/// Writes a page's entry, by break-before-make if it is valid and another.
fn exchange<S: TableStore>(store: &mut S, way: &Way, slot: Slot, target: Target) -> Option<Mapping> {
    let old = store.read(slot.table, slot.index);
    let new = leaf_entry(LAST_LEVEL, target.pa.raw(), target.attrs);
    let mapped = (old & VALID != 0).then(|| way.mapping(slot, old));
    if old == new {
        return mapped;
    }
    if mapped.is_some() {
        store.write(slot.table, slot.index, 0);
        flush(store, way.at, target.stage);
    }
    store.write(slot.table, slot.index, new);
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
    let way = Way::new(root, at);
    let mut path: Path = [None; LAST_LEVEL as usize];
    let mut slot = way.first();
    loop {
        let entry = store.read(slot.table, slot.index);
        if entry & VALID == 0 {
            return Ok(None);
        }
        if slot.level < LAST_LEVEL && is_table(entry) {
            path[usize::from(slot.level)] = Some(slot);
            slot = way.next(slot, PhysAddr::new(entry & ADDRESS));
            continue;
        }
        let old = way.mapping(slot, entry);
        if !accept(&old) {
            return Ok(None);
        }
        if slot.level < LAST_LEVEL {
            // What is read next is the way to the page in the table that stands for the block.
            way.split(store, (slot, entry), stage)?;
            continue;
        }
        store.write(slot.table, slot.index, 0);
        if has_others(store, slot.table, slot.index) {
            flush(store, at, stage);
        } else {
            bury(store, &way, slot.table, (&path, stage));
        }
        return Ok(Some(old));
    }
}

/// The slots above the last level that lead to a page, by level.
type Path = [Option<Slot>; LAST_LEVEL as usize];

/// Takes out the last-level table `table`, which its last page has left, and those above that held only it.
fn bury<S: TableStore>(store: &mut S, way: &Way, table: PhysAddr, (path, stage): (&Path, Stage)) {
    let mut empty = Detached::new(stage);
    empty.leaf(Run { start: way.at, end: way.at + PAGE_BYTES }, PAGE_BYTES);
    let mut table = table;
    for slot in path.iter().rev().copied().flatten() {
        store.write(slot.table, slot.index, 0);
        let node = way.node(slot);
        let start = node.slot_start(node.index(way.at));
        empty.table(store, table, Run { start, end: start + node.slot_bytes() });
        // The root stays, whatever it holds.
        if slot.level == way.root.level || has_others(store, slot.table, slot.index) {
            break;
        }
        table = slot.table;
    }
    empty.flush_and_free(store);
}

fn flush<S: TableStore>(store: &mut S, at: u64, stage: Stage) {
    let (bytes, scope) = (PAGE_BYTES, FlushScope::Leaves);
    store.flush(FlushRange { stage, start: at, bytes, stride_bytes: bytes, scope });
}

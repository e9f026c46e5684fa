//! One table of a tree: its level, the input addresses of its entries, and reading them.

use crate::{Attrs, Geometry, TableStore};
use arm_spec::lpae::{self, ENTRIES, LAST_LEVEL};
use types::{PAGE_SHIFT, PhysAddr};

/// A table, or the concatenated tables of the root, and the input address of its first entry.
#[derive(Clone, Copy)]
pub(crate) struct Node {
    pub table: PhysAddr,
    pub level: u8,
    pub base: u64,
    pub entries: usize,
}

/// What an entry is, at its level.
#[derive(Clone, Copy)]
pub(crate) enum Entry {
    Invalid,
    Table(PhysAddr),
    Leaf(u64),
}

/// A half-open run of input addresses.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    pub start: u64,
    pub end: u64,
}

/// One slot of a node that a run touches.
#[derive(Clone, Copy)]
pub(crate) struct Slot {
    pub index: usize,
    /// The part of the run inside the slot.
    pub run: Run,
    /// Whether the run covers the slot.
    pub covered: bool,
}

impl Node {
    pub fn root(geometry: &Geometry, table: PhysAddr) -> Self {
        Self { table, level: geometry.start_level(), base: 0, entries: geometry.root_entries() }
    }

    /// The table below the slot of `index`.
    pub fn child(&self, index: usize, table: PhysAddr) -> Self {
        Self { table, level: self.level + 1, base: self.slot_start(index), entries: ENTRIES }
    }

    pub fn slot_bytes(&self) -> u64 {
        1 << lpae::level_shift(self.level)
    }

    pub fn slot_start(&self, index: usize) -> u64 {
        self.base + ((index as u64) << lpae::level_shift(self.level))
    }

    /// The slot that translates `input`, which must lie in the node.
    pub fn index(&self, input: u64) -> usize {
        // At most 16 concatenated tables of 512 entries.
        (((input - self.base) >> lpae::level_shift(self.level)) & 0x1fff) as usize
    }

    /// The slots that `run`, which must lie in the node, touches, in order.
    pub fn slots(self, run: Run) -> impl Iterator<Item = Slot> {
        (self.index(run.start)..=self.index(run.end - 1)).map(move |index| {
            let start = self.slot_start(index);
            let end = start + self.slot_bytes();
            let run = Run { start: run.start.max(start), end: run.end.min(end) };
            Slot { index, run, covered: run.start == start && run.end == end }
        })
    }

    pub fn read<S: TableStore>(&self, store: &S, index: usize) -> Entry {
        let raw = self.read_raw(store, index);
        if raw & lpae::VALID == 0 {
            Entry::Invalid
        } else if raw & lpae::TABLE_OR_PAGE != 0 && self.level < LAST_LEVEL {
            Entry::Table(PhysAddr::new(raw & lpae::ADDRESS))
        } else {
            Entry::Leaf(raw)
        }
    }

    pub fn read_raw<S: TableStore>(&self, store: &S, index: usize) -> u64 {
        store.read(self.page(index), index % ENTRIES)
    }

    pub fn write<S: TableStore>(&self, store: &mut S, index: usize, entry: u64) {
        store.write(self.page(index), index % ENTRIES, entry);
    }

    /// Tells whether the level can hold leaves: with the 4 KiB granule, all but level 0.
    pub fn holds_leaves(&self) -> bool {
        self.level > 0
    }

    /// Tells whether no entry of a table, not of a root of several, is valid; `near` is looked at first.
    pub fn is_empty<S: TableStore>(&self, store: &S, near: usize) -> bool {
        !has_others(store, self.table, near) && self.read_raw(store, near) & lpae::VALID == 0
    }

    fn page(&self, index: usize) -> PhysAddr {
        self.table.wrapping_add(((index / ENTRIES) as u64) << PAGE_SHIFT)
    }
}

/// Tells whether an entry beside `index` of a table is valid, looking next to it first, where a neighbour
/// often is.
pub(crate) fn has_others<S: TableStore>(store: &S, table: PhysAddr, index: usize) -> bool {
    let valid = |index: usize| store.read(table, index) & lpae::VALID != 0;
    (index + 1 < ENTRIES && valid(index + 1))
        || (index > 0 && valid(index - 1))
        || store.has_valid(table, 0..index)
        || store.has_valid(table, index + 1..ENTRIES)
}

/// Returns the leaf of `level` that maps to `pa`.
pub(crate) fn leaf_entry(level: u8, pa: u64, attrs: Attrs) -> u64 {
    let kind = if level == LAST_LEVEL { lpae::VALID | lpae::TABLE_OR_PAGE } else { lpae::VALID };
    pa & lpae::ADDRESS | attrs.bits() | kind
}

/// Returns the entry that points to `table`.
pub(crate) fn table_entry(table: PhysAddr) -> u64 {
    table.raw() & lpae::ADDRESS | lpae::VALID | lpae::TABLE_OR_PAGE
}

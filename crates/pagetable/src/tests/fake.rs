//! A store that plays the table walker and the TLB.
//!
//! For each entry it keeps the valid value that a TLB may still hold after the entry, or a link
//! above it, was changed: until a flush that reaches it (range, stride and scope). A new valid value
//! in its place that differs in more than permissions is a break-before-make violation; so is
//! freeing a table that a TLB or a walker may still use.

use crate::{FlushRange, FlushScope, TableStore};
use arm_spec::lpae;
use std::collections::BTreeMap;
use types::PhysAddr;

const PERMISSIONS: u64 = lpae::S2_READ | lpae::S2_WRITE | lpae::XN | lpae::SOFTWARE;

struct Table {
    entries: Vec<u64>,
    /// Level and first input address, once linked.
    place: Option<(u8, u64)>,
    is_root: bool,
    /// Valid values that no flush has removed yet.
    stale: BTreeMap<usize, u64>,
}

pub struct Fake {
    tables: BTreeMap<u64, Table>,
    next: u64,
    pub limit: usize,
    dirty: bool,
    pub flushes: Vec<FlushRange>,
}

impl Table {
    fn new(place: Option<(u8, u64)>) -> Self {
        Self { entries: vec![0; 512], place, is_root: place.is_some(), stale: BTreeMap::new() }
    }

    fn slot(&self, index: usize) -> (u64, u64) {
        let (level, base) = self.place.expect("a linked table");
        let bytes = 1 << lpae::level_shift(level);
        (base + index as u64 * bytes, bytes)
    }

    /// The table that a valid entry of this table points to.
    fn link(&self, entry: u64) -> Option<u64> {
        let (level, _) = self.place?;
        (level < 3 && entry & 3 == 3).then_some(entry & lpae::ADDRESS)
    }
}

impl Fake {
    pub fn new(limit: usize) -> Self {
        // Above every output address of the tests.
        Self { tables: BTreeMap::new(), next: 0x7000_0000_0000, limit, dirty: false, flushes: Vec::new() }
    }

    pub fn root(&mut self, level: u8, pages: usize) -> PhysAddr {
        let root = 0x6000_0000_0000;
        for page in 0..pages as u64 {
            let base = (page * 512) << lpae::level_shift(level);
            self.tables.insert(root + page * 4096, Table::new(Some((level, base))));
        }
        PhysAddr::new(root)
    }

    pub fn live(&self) -> usize {
        self.tables.values().filter(|t| !t.is_root).count()
    }

    /// All is published and flushed, no table below the root is empty, invalid entries are zero.
    pub fn check_quiet(&self) {
        assert!(!self.dirty, "unpublished writes");
        for (pa, table) in &self.tables {
            assert!(table.is_root || table.entries.iter().any(|e| e & 1 != 0), "empty table {pa:#x}");
            assert!(table.entries.iter().all(|e| e & 1 != 0 || *e == 0), "invalid entry is not zero");
            assert!(table.stale.is_empty(), "not flushed");
        }
    }

    /// Everything below a broken link may still be in a TLB.
    fn unlink(&mut self, pa: u64) {
        let table = &self.tables[&pa];
        let valid: Vec<_> = table.entries.iter().copied().enumerate().filter(|(_, e)| e & 1 != 0).collect();
        let below: Vec<_> = valid.iter().filter_map(|(_, e)| table.link(*e)).collect();
        if let Some(table) = self.tables.get_mut(&pa) {
            table.stale.extend(valid);
        }
        for pa in below {
            self.unlink(pa);
        }
    }
}

impl TableStore for Fake {
    fn alloc(&mut self) -> Option<PhysAddr> {
        if self.live() >= self.limit {
            return None;
        }
        self.next += 4096;
        self.tables.insert(self.next, Table::new(None));
        Some(PhysAddr::new(self.next))
    }

    fn free(&mut self, table: PhysAddr) {
        let freed = self.tables.remove(&table.raw()).expect("double free");
        assert!(freed.stale.is_empty(), "freed before a flush of what it held");
        for other in self.tables.values() {
            let linked =
                other.entries.iter().chain(other.stale.values()).any(|e| other.link(*e) == Some(table.raw()));
            assert!(!linked, "freed while linked or before a flush of the link");
        }
    }

    fn read(&self, table: PhysAddr, index: usize) -> u64 {
        self.tables.get(&table.raw()).expect("read of no table").entries[index]
    }

    fn write(&mut self, table: PhysAddr, index: usize, entry: u64) {
        let page = self.tables.get_mut(&table.raw()).expect("write to no table");
        let old = page.entries[index];
        if page.place.is_some() && old & 1 != 0 {
            page.stale.entry(index).or_insert(old);
        }
        if entry & 1 != 0
            && let Some(stale) = page.stale.get(&index)
        {
            let relaxed = old & 1 != 0 && (old ^ entry) & !PERMISSIONS == 0;
            assert!(relaxed, "break-before-make: {stale:#x} -> {old:#x} -> {entry:#x}");
        }
        page.entries[index] = entry;
        self.dirty = true;
        if let Some(broken) = page.link(old) {
            self.unlink(broken);
        } else if let Some(child) = page.link(entry) {
            let level = page.place.map_or(0, |p| p.0) + 1;
            let base = page.slot(index).0;
            self.tables.get_mut(&child).expect("link to no table").place = Some((level, base));
        }
    }

    fn publish(&mut self) {
        self.dirty = false;
    }

    fn flush(&mut self, range: FlushRange) {
        assert!(range.bytes > 0 && range.stride_bytes.is_power_of_two());
        assert_eq!((range.start | range.bytes) % range.stride_bytes, 0);
        self.dirty = false;
        for table in self.tables.values_mut() {
            let mut stale = std::mem::take(&mut table.stale);
            stale.retain(|index, entry| {
                let (start, bytes) = table.slot(*index);
                let reached = start < range.start + range.bytes && range.start < start + bytes;
                let tables = table.link(*entry).is_none() || range.scope == FlushScope::Tables;
                !(reached && range.stride_bytes <= bytes && tables)
            });
            table.stale = stale;
        }
        self.flushes.push(range);
    }
}

//! Random operations against a map of pages.

use super::fake::Fake;
use crate::{Attrs, Error, Geometry, Mapping, PageTable, PageType, Span, Teardown};
use std::collections::BTreeMap;
use types::{Ipa, PhysAddr};

struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    #[expect(clippy::cast_possible_truncation, reason = "the remainder is an index")]
    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

const TYPES: [PageType; 4] = [PageType::RamRw, PageType::RamRo, PageType::DeviceDirect, PageType::Device];
/// 4 MiB below a boundary, in pages: of 1 GiB, of a concatenated root table.
const BASES: [u64; 2] = [(1 << 18) - 1024, (1 << 27) - 1024];

/// Page number to (output page, type); runs are kept per page, so spaces stay small.
type Model = BTreeMap<u64, (u64, PageType)>;

struct World {
    store: Fake,
    table: PageTable<Ipa>,
    model: Model,
    rng: Rng,
    base: u64,
}

impl World {
    fn span(&mut self) -> (u64, u64) {
        // 8 MiB around a boundary, mostly small or block-sized runs.
        let start = self.rng.below(2048);
        let len = match self.rng.below(4) {
            0 => 1,
            1 => 1 + self.rng.below(16),
            2 => 512,
            _ => 1 + self.rng.below(1200),
        };
        let start = if self.rng.below(2) == 0 { start & !511 } else { start };
        (self.base + start, len)
    }

    fn ipa(page: u64, len: u64) -> Span<Ipa> {
        Span::new(Ipa::new(page * 4096), len * 4096)
    }

    fn step(&mut self) {
        let (page, len) = self.span();
        let kind = *self.rng.pick(&TYPES);
        let all = self.table.all_mapped(&self.store, Self::ipa(page, len), |a| a.page_type() == Some(kind));
        let of_kind = self.model.range(page..page + len).filter(|(_, mapped)| mapped.1 == kind).count();
        assert_eq!(all, of_kind as u64 == len);
        let flushes = self.store.flushes.len();
        match self.rng.below(7) {
            0..=1 => self.map(page, len, kind),
            5 => self.replace(page, kind),
            6 => self.take(page, kind),
            2..=3 => {
                let result = self.table.unmap(&mut self.store, Self::ipa(page, len));
                if result.is_ok() {
                    let before = self.model.len();
                    self.model.retain(|p, _| !(page..page + len).contains(p));
                    let flushed = self.store.flushes.len() > flushes;
                    assert!(flushed || before == self.model.len(), "unmapped without a flush");
                } else {
                    assert_eq!(result, Err(Error::OutOfTables));
                }
            }
            _ => {
                let result = self.table.protect(&mut self.store, Self::ipa(page, len), Attrs::stage2(kind));
                if result.is_ok() {
                    for (_, mapped) in self.model.range_mut(page..page + len) {
                        mapped.1 = kind;
                    }
                } else {
                    assert_eq!(result, Err(Error::OutOfTables));
                }
            }
        }
        assert!(self.store.flushes.len() - flushes <= 5, "at most four splits and the flush itself");
        self.store.check_quiet();
    }

    fn replace(&mut self, page: u64, kind: PageType) {
        let out = if self.rng.below(2) == 0 { page } else { self.rng.below(1 << 20) };
        let (at, pa) = (Ipa::new(page * 4096), PhysAddr::new(out * 4096));
        match self.table.replace(&mut self.store, at, pa, Attrs::stage2(kind)) {
            Ok(old) => {
                let old = old.map(|m| (m.pa.raw() / 4096, m.attrs.page_type().unwrap()));
                assert_eq!(old, self.model.insert(page, (out, kind)));
            }
            Err(error) => assert_eq!(error, Error::OutOfTables),
        }
    }

    /// Takes a page out if it is of that kind.
    fn take(&mut self, page: u64, kind: PageType) {
        let flushes = self.store.flushes.len();
        let wanted = |m: &Mapping| m.attrs.page_type() == Some(kind);
        match self.table.take(&mut self.store, Ipa::new(page * 4096), wanted) {
            Ok(Some(old)) => {
                let old = (old.pa.raw() / 4096, old.attrs.page_type().unwrap());
                assert_eq!(Some(old), self.model.remove(&page));
                assert!(self.store.flushes.len() > flushes, "taken without a flush");
            }
            Ok(None) => assert!(self.model.get(&page).is_none_or(|(_, other)| *other != kind)),
            Err(error) => assert_eq!(error, Error::OutOfTables),
        }
    }

    fn map(&mut self, page: u64, len: u64, kind: PageType) {
        let out = 0x1_0000_0000 / 4096 + if self.rng.below(2) == 0 { page } else { self.rng.below(1 << 20) };
        let result = self.table.map(
            &mut self.store,
            Self::ipa(page, len),
            PhysAddr::new(out * 4096),
            Attrs::stage2(kind),
        );
        let taken = self.model.range(page..page + len).next().is_some();
        match result {
            Ok(()) => {
                assert!(!taken);
                self.model.extend((0..len).map(|i| (page + i, (out + i, kind))));
            }
            Err(Error::Overlap(at)) => assert!(taken && at / 4096 < page + len),
            Err(error) => assert_eq!(error, Error::OutOfTables),
        }
    }

    fn compare(&self) {
        let first = self.base - 8;
        for page in first..first + 4096 {
            let found = self.table.lookup(&self.store, Ipa::new(page * 4096 + 0x123));
            let found = found.map(|m| (m.pa.raw() / 4096, m.attrs.page_type().unwrap()));
            assert_eq!(found, self.model.get(&page).copied(), "page {page:#x}");
        }
        let mut pages = Vec::new();
        let mut from = 0;
        let end = self.table.geometry().input_end();
        while let Some(run) = self.table.next_mapped(&self.store, Span::new(Ipa::new(from), end - from)) {
            let start = run.span.start.raw();
            pages.extend(
                (0..run.span.bytes / 4096).map(|i| (start / 4096 + i, run.mapping.pa.raw() / 4096 + i)),
            );
            from = start + run.span.bytes;
        }
        assert!(pages.iter().copied().eq(self.model.iter().map(|(page, to)| (*page, to.0))));
    }
}

fn run(geometry: Geometry, base: u64, seed: u64, limit: usize) {
    let mut store = Fake::new(limit);
    let root = store.root(geometry.start_level(), geometry.root_tables());
    let table = PageTable::new(geometry, root).unwrap();
    let rng = Rng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut world = World { store, table, model: Model::new(), rng, base };
    for step in 0..300 {
        world.step();
        if step % 16 == 0 {
            world.compare();
        }
    }
    world.compare();
    let mut calls = 0;
    while world.table.teardown(&mut world.store, 2) == Teardown::More {
        calls += 1;
        assert!(calls < 100);
    }
    assert_eq!(world.store.live(), 0);
    world.store.check_quiet();
    let all = Span::new(Ipa::new(0), geometry.input_end());
    assert!(world.table.next_mapped(&world.store, all).is_none());
}

fn run_shapes(limits: &[usize]) {
    let shapes = [(34, 2), (36, 1), (40, 1), (42, 1), (44, 0), (48, 0)];
    let mut seed = 0;
    for (bits, level) in shapes {
        let geometry = Geometry::new(bits, level).unwrap();
        for base in BASES.into_iter().filter(|b| b * 4096 < geometry.input_end() / 2) {
            for limit in limits {
                seed += 1;
                run(geometry, base, seed, *limit);
            }
        }
    }
}

#[test]
fn random_operations() {
    run_shapes(&[1000, 1000, 1000]);
}

#[test]
fn random_operations_with_few_tables() {
    run_shapes(&[1, 2, 3, 4, 5, 6]);
}

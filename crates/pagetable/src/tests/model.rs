//! Random operations against a map of pages.

use super::fake::Fake;
use crate::{Attrs, Error, Geometry, PageTable, PageType, Span, Teardown};
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
const BASE: u64 = 0x3fc0_0000;

/// Page number to (output page, type); runs are kept per page, so spaces stay small.
type Model = BTreeMap<u64, (u64, PageType)>;

struct World {
    store: Fake,
    table: PageTable<Ipa>,
    model: Model,
    rng: Rng,
}

impl World {
    fn span(&mut self) -> (u64, u64) {
        // 8 MiB around a 1 GiB boundary, mostly small or block-sized runs.
        let start = self.rng.below(2048);
        let len = match self.rng.below(4) {
            0 => 1,
            1 => 1 + self.rng.below(16),
            2 => 512,
            _ => 1 + self.rng.below(1200),
        };
        let start = if self.rng.below(2) == 0 { start & !511 } else { start };
        (BASE / 4096 + start, len)
    }

    fn ipa(page: u64, len: u64) -> Span<Ipa> {
        Span::new(Ipa::new(page * 4096), len * 4096)
    }

    fn step(&mut self) {
        let (page, len) = self.span();
        let kind = *self.rng.pick(&TYPES);
        let flushes = self.store.flushes.len();
        match self.rng.below(5) {
            0..=1 => self.map(page, len, kind),
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
        let first = BASE / 4096 - 8;
        for page in first..first + 4096 {
            let found = self.table.lookup(&self.store, Ipa::new(page * 4096 + 0x123));
            let found = found.map(|m| (m.pa.raw() / 4096, m.attrs.page_type().unwrap()));
            assert_eq!(found, self.model.get(&page).copied(), "page {page:#x}");
        }
        let mut pages = Vec::new();
        let mut from = 0;
        while let Some(run) = self.table.next_mapped(&self.store, Span::new(Ipa::new(from), (1 << 40) - from))
        {
            let start = run.span.start.raw();
            pages.extend(
                (0..run.span.bytes / 4096).map(|i| (start / 4096 + i, run.mapping.pa.raw() / 4096 + i)),
            );
            from = start + run.span.bytes;
        }
        assert!(pages.iter().copied().eq(self.model.iter().map(|(page, to)| (*page, to.0))));
    }
}

fn run(seed: u64, limit: usize, steps: usize) {
    let mut store = Fake::new(limit);
    let geometry = Geometry::STAGE2_ARM32;
    let root = store.root(geometry.start_level(), geometry.root_tables());
    let table = PageTable::new(geometry, root).unwrap();
    let mut world = World { store, table, model: Model::new(), rng: Rng(seed) };
    for step in 0..steps {
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
    assert!(world.table.next_mapped(&world.store, Span::new(Ipa::new(0), 1 << 40)).is_none());
}

#[test]
fn random_operations() {
    for seed in 1..24u64 {
        run(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), 1000, 400);
    }
}

#[test]
fn random_operations_with_few_tables() {
    for (seed, limit) in (1..24u64).zip([2, 3, 4, 5, 6].into_iter().cycle()) {
        run(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), limit, 400);
    }
}

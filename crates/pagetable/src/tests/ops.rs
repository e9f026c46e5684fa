//! Single operations: sizes, flushes, errors.

use super::fake::Fake;
use crate::*;
use types::{Ipa, PhysAddr, VirtAddr};

const GIB: u64 = 1 << 30;
const MIB: u64 = 1 << 20;

fn stage2(geometry: Geometry, limit: usize) -> (Fake, PageTable<Ipa>) {
    let mut store = Fake::new(limit);
    let root = store.root(geometry.start_level(), geometry.root_tables());
    (store, PageTable::new(geometry, root).unwrap())
}

fn span(start: u64, bytes: u64) -> Span<Ipa> {
    Span::new(Ipa::new(start), bytes)
}

fn ram() -> Attrs {
    Attrs::stage2(PageType::RamRw)
}

fn size_at(store: &Fake, table: &PageTable<Ipa>, at: u64) -> Option<BlockSize> {
    table.lookup(store, Ipa::new(at)).map(|m| m.size)
}

#[test]
fn largest_leaves_that_fit() {
    for bits in [32, 36, 40, 42, 44, 48] {
        let (mut store, mut table) = stage2(Geometry::stage2_arm64(bits), 100);
        let start = GIB - 2 * MIB - 4096;
        table.map(&mut store, span(start, 2 * GIB), PhysAddr::new(start), ram()).unwrap();
        assert_eq!(size_at(&store, &table, start), Some(BlockSize::Page4K));
        assert_eq!(size_at(&store, &table, GIB - 1), Some(BlockSize::Block2M));
        assert_eq!(size_at(&store, &table, GIB), Some(BlockSize::Block1G));
        assert_eq!(size_at(&store, &table, start + 2 * GIB - 1), Some(BlockSize::Page4K));
        assert_eq!(size_at(&store, &table, start + 2 * GIB), None);
        assert!(store.flushes.is_empty());
        // Output and input misaligned to each other by a page: pages only.
        table.map(&mut store, span(3 * GIB, 2 * MIB), PhysAddr::new(GIB + 4096), ram()).unwrap();
        assert_eq!(size_at(&store, &table, 3 * GIB), Some(BlockSize::Page4K));
        store.check_quiet();
    }
}

#[test]
fn last_input_address_of_every_geometry() {
    for bits in [32, 36, 40, 42, 44, 48] {
        let geometry = Geometry::stage2_arm64(bits);
        let (mut store, mut table) = stage2(geometry, 100);
        let last = geometry.input_end() - 4096;
        table.map(&mut store, span(last, 4096), PhysAddr::new(0x5000), ram()).unwrap();
        assert_eq!(table.lookup(&store, Ipa::new(last + 5)).unwrap().pa, PhysAddr::new(0x5005));
        assert_eq!(table.lookup(&store, Ipa::new(last + 4096)), None);
        table.unmap(&mut store, span(last, 4096)).unwrap();
        assert_eq!(store.live(), 0);
        let beyond = table.map(&mut store, span(last, 8192), PhysAddr::new(0), ram());
        assert_eq!(beyond, Err(Error::OutOfRange));
        assert_eq!(table.unmap(&mut store, span(u64::MAX - 4095, 8192)), Err(Error::OutOfRange));
    }
}

#[test]
fn hyp_of_arm32_reaches_four_gib() {
    let mut store = Fake::new(10);
    let root = store.root(1, 1);
    let mut table = PageTable::<VirtAddr>::new(Geometry::EL2_ARM32, root).unwrap();
    let rx = Attrs::el2(El2Memory::Normal, El2Access::ReadExecute);
    let top = Span::new(VirtAddr::new(0xffff_f000), 4096);
    table.map(&mut store, top, PhysAddr::new(0x12_3456_7000), rx).unwrap();
    let found = table.lookup(&store, VirtAddr::new(0xffff_f010)).unwrap();
    assert_eq!(found.pa, PhysAddr::new(0x12_3456_7010));
    table.unmap(&mut store, top).unwrap();
    assert_eq!(store.flushes[0].stage, Stage::El2);
    assert_eq!(store.live(), 0);
}

#[test]
fn unmapping_flushes_once_and_exactly() {
    let (mut store, mut table) = stage2(Geometry::stage2_arm64(40), 100);
    table.map(&mut store, span(0, 4 * GIB), PhysAddr::new(0), ram()).unwrap();
    assert_eq!(store.live(), 0);
    table.unmap(&mut store, span(GIB, GIB)).unwrap();
    let block = FlushRange {
        stage: Stage::Two,
        start: GIB,
        bytes: GIB,
        stride_bytes: GIB,
        scope: FlushScope::Leaves,
    };
    assert_eq!(store.flushes, [block]);
    store.flushes.clear();
    // One page out of a 1 GiB block: two breaks, then the page.
    table.unmap(&mut store, span(2 * GIB + 4096, 4096)).unwrap();
    let sizes: Vec<_> = store.flushes.iter().map(|f| (f.start, f.bytes, f.stride_bytes)).collect();
    assert_eq!(sizes, [(2 * GIB, GIB, GIB), (2 * GIB, 2 * MIB, 2 * MIB), (2 * GIB + 4096, 4096, 4096)]);
    assert_eq!(store.live(), 2);
    store.flushes.clear();
    // The rest of the tables goes with one flush that reaches the walk caches.
    table.unmap(&mut store, span(2 * GIB, GIB)).unwrap();
    assert_eq!(store.flushes.len(), 1);
    assert_eq!(store.flushes[0].scope, FlushScope::Tables);
    assert_eq!(store.flushes[0].stride_bytes, 4096);
    assert_eq!(store.live(), 0);
    store.flushes.clear();
    table.unmap(&mut store, span(2 * GIB, GIB)).unwrap();
    assert!(store.flushes.is_empty(), "a hole needs no flush");
}

#[test]
fn permissions_change_live_and_types_by_break_before_make() {
    let (mut store, mut table) = stage2(Geometry::stage2_arm64(40), 100);
    table.map(&mut store, span(0, 4 * MIB), PhysAddr::new(0), ram()).unwrap();
    table.protect(&mut store, span(0, 2 * MIB), Attrs::stage2(PageType::RamRo)).unwrap();
    assert_eq!(store.flushes.len(), 1);
    let found = table.lookup(&store, Ipa::new(MIB)).unwrap();
    assert_eq!((found.attrs.page_type(), found.size), (Some(PageType::RamRo), BlockSize::Block2M));
    table.protect(&mut store, span(0, 4 * MIB), Attrs::stage2(PageType::Device)).unwrap();
    assert_eq!(store.flushes.len(), 2);
    assert_eq!(table.lookup(&store, Ipa::new(3 * MIB)).unwrap().attrs.page_type(), Some(PageType::Device));
    store.check_quiet();
}

#[test]
fn failures_undo_themselves() {
    let (mut store, mut table) = stage2(Geometry::stage2_arm64(48), 4);
    // Level 1, level 2 and two level-3 tables fit; the third level 3 does not.
    let result = table.map(&mut store, span(0x1ff000, 4 * MIB), PhysAddr::new(0x4000), ram());
    assert_eq!(result, Err(Error::OutOfTables));
    assert_eq!(store.live(), 0);
    assert!(table.next_mapped(&store, span(0, 1 << 48)).is_none());
    table.map(&mut store, span(2 * MIB, 4096), PhysAddr::new(0x4000), ram()).unwrap();
    let result = table.map(&mut store, span(2 * MIB - 8192, 12288), PhysAddr::new(0x9000), ram());
    assert_eq!(result, Err(Error::Overlap(2 * MIB)));
    assert_eq!(size_at(&store, &table, 2 * MIB - 4096), None);
    assert_eq!(store.live(), 3);
    store.limit = 3;
    table.map(&mut store, span(4 * MIB, 2 * MIB), PhysAddr::new(0), ram()).unwrap();
    assert_eq!(table.unmap(&mut store, span(4 * MIB, 4096)), Err(Error::OutOfTables));
    assert_eq!(size_at(&store, &table, 4 * MIB), Some(BlockSize::Block2M));
}

#[test]
fn refuses_bad_arguments() {
    let (mut store, mut table) = stage2(Geometry::stage2_arm64(40), 4);
    assert_eq!(table.map(&mut store, span(0, 0), PhysAddr::new(0), ram()), Err(Error::Misaligned));
    assert_eq!(table.map(&mut store, span(1, 4096), PhysAddr::new(0), ram()), Err(Error::Misaligned));
    assert_eq!(table.map(&mut store, span(0, 4096), PhysAddr::new(8), ram()), Err(Error::Misaligned));
    let high = PhysAddr::new(1 << 48);
    assert_eq!(table.map(&mut store, span(0, 4096), high, ram()), Err(Error::OutOfRange));
    assert!(PageTable::<Ipa>::new(Geometry::STAGE2_ARM32, PhysAddr::new(0x1000)).is_err());
}

#[test]
fn teardown_is_bounded() {
    let (mut store, mut table) = stage2(Geometry::stage2_arm64(44), 1000);
    for i in 0..40 {
        table.map(&mut store, span(i * GIB + 4096, 4096), PhysAddr::new(0), ram()).unwrap();
    }
    table.map(&mut store, span(100 * GIB, GIB), PhysAddr::new(0), ram()).unwrap();
    let mut live = store.live();
    while table.teardown(&mut store, 3) == Teardown::More {
        assert!(live - store.live() <= 3 && live > store.live());
        live = store.live();
    }
    assert_eq!(store.live(), 0);
    store.check_quiet();
}

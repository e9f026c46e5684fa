//! Allocation, ownership and scrubbing, against a list of what is held.

use super::*;
use crate::CHUNK_ENTRIES;
use types::PAGE_BYTES;

const GIB: u64 = 1 << 30;

fn range(start: u64, bytes: u64) -> PhysRange {
    PhysRange::new(PhysAddr::new(start), bytes).unwrap()
}

fn storage(frames: usize) -> &'static mut [FrameInfo] {
    // Storage is lent as it is: what it holds is nobody's.
    vec![FrameInfo::new_used(Usage::ram(DOM1)); CHUNK_ENTRIES + frames].leak()
}

/// Sections of `frames` frames at each start, all free.
fn table(starts: &[u64], frames: usize) -> FrameTable<'static> {
    let mut table = FrameTable::with_capacity(starts.len()).unwrap();
    for start in starts {
        table.add_section(PhysAddr::new(*start).frame(), storage(frames)).unwrap();
        table.add_region(range(*start, frames as u64 * PAGE_BYTES), Contents::Dirty).unwrap();
    }
    table
}

const DOM1: DomId = DomId::new(1);

#[test]
fn blocks_of_every_order() {
    let mut table = table(&[GIB], 1 << 18);
    for order in (0..=MAX_ORDER).rev() {
        let block = table.alloc(order, Within::Any, Usage::ram(DOM1)).unwrap();
        assert_eq!(block.mfn.raw() % (1 << order), 0);
        assert_eq!(table.stats().free_frames, (1 << 18) - (1 << order));
        table.free(block.mfn, order, Contents::Clean).unwrap();
    }
    // All merged again: the whole GiB is one block.
    assert_eq!(table.alloc(18, Within::Any, Usage::HYPERVISOR).unwrap().mfn, Mfn::new(1 << 18));
    assert_eq!(table.alloc(0, Within::Any, Usage::HYPERVISOR), None);
    assert_eq!(table.alloc(19, Within::Any, Usage::HYPERVISOR), None);
}

#[test]
fn high_memory_first_and_below_a_limit() {
    let mut table = table(&[5 * GIB, GIB, 2 * GIB], 16);
    let any = table.alloc(0, Within::Any, Usage::HYPERVISOR).unwrap().mfn;
    assert_eq!(any.addr().raw() / GIB, 5);
    let low = |gib| Within::Below(PhysAddr::new(gib * GIB));
    assert_eq!(table.alloc(2, low(3), Usage::HYPERVISOR).unwrap().mfn.addr().raw(), 2 * GIB);
    assert_eq!(table.alloc(4, low(3), Usage::HYPERVISOR).unwrap().mfn.addr().raw(), GIB);
    assert_eq!(table.alloc(4, low(3), Usage::HYPERVISOR), None);
    assert_eq!(table.alloc(0, Within::Below(PhysAddr::new(2 * GIB - 1)), Usage::HYPERVISOR), None);
}

#[test]
fn exact_ranges_across_sections() {
    let mut table = FrameTable::with_capacity(2).unwrap();
    table.add_section(Mfn::new(2 << 18), storage(64)).unwrap();
    table.add_section(Mfn::new((2 << 18) - 64), storage(64)).unwrap();
    let all = range(2 * GIB - 64 * PAGE_BYTES, 128 * PAGE_BYTES);
    table.add_region(all, Contents::Clean).unwrap();
    assert_eq!(
        table.add_region(range(2 * GIB, PAGE_BYTES), Contents::Clean),
        Err(Error::State(Mfn::new(2 << 18)))
    );
    let middle = range(2 * GIB - 3 * PAGE_BYTES + 1, 7 * PAGE_BYTES - 1);
    table.alloc_at(middle, Usage::ram(DOM1)).unwrap();
    assert_eq!(table.stats().free_frames, 121);
    assert_eq!(table.alloc_at(all, Usage::HYPERVISOR), Err(Error::State(Mfn::new((2 << 18) - 3))));
    assert_eq!(table.stats().free_frames, 121);
    assert!(matches!(table.alloc_at(range(3 * GIB, 1), Usage::HYPERVISOR), Err(Error::NoSection(_))));
    assert!(matches!(
        table.alloc_at(range(2 * GIB, 65 * PAGE_BYTES), Usage::HYPERVISOR),
        Err(Error::NoSection(_))
    ));
    table.free_range(middle.pages_touched().unwrap(), Contents::Clean).unwrap();
    table.alloc_at(all, Usage::HYPERVISOR).unwrap();
    assert_eq!(table.stats().free_frames, 0);
}

#[test]
fn references() {
    let mut table = table(&[GIB], 16);
    let mfn = table.alloc(0, Within::Any, Usage::ram(DOM1)).unwrap().mfn;
    table.get(mfn, DOM1).unwrap();
    assert_eq!(table.get(mfn, DomId::ZERO), Err(Error::Owner(mfn)));
    assert_eq!(table.free(mfn, 0, Contents::Dirty), Err(Error::References(mfn)));
    assert_eq!(table.transfer(mfn, Usage::ram(DOM1), Usage::HYPERVISOR), Err(Error::References(mfn)));
    assert_eq!(table.put(mfn), Ok(Put::Kept));
    assert_eq!(table.put(mfn), Ok(Put::Last));
    assert_eq!(table.put(mfn), Err(Error::State(mfn)));
    assert_eq!(table.get(mfn, DOM1), Err(Error::State(mfn)));
    table.free(mfn, 0, Contents::Dirty).unwrap();
    assert_eq!(table.get(mfn, DOM1), Err(Error::State(mfn)));
    assert_eq!(table.free(mfn, 0, Contents::Dirty), Err(Error::State(mfn)));
    assert_eq!(table.used(mfn), None);
    let mine = table.alloc(0, Within::Any, Usage::HYPERVISOR).unwrap().mfn;
    assert_eq!(table.get(mine, DomId::ZERO), Err(Error::Owner(mine)));
    table.transfer(mine, Usage::HYPERVISOR, Usage::ram(DOM1)).unwrap();
    assert_eq!(table.used(mine), Some(Used { usage: Usage::ram(DOM1), references: 1 }));
}

#[test]
fn refuses_bad_sections_and_orders() {
    let mut table = FrameTable::with_capacity(1).unwrap();
    assert_eq!(table.add_section(Mfn::new((1 << 18) - 1), storage(2)), Err(Error::BadSection));
    table.add_section(Mfn::new(0), storage(8)).unwrap();
    assert_eq!(table.add_section(Mfn::new(16), storage(8)), Err(Error::BadSection));
    assert_eq!(table.free(Mfn::new(1), 1, Contents::Clean), Err(Error::BadOrder));
    assert_eq!(table.free(Mfn::new(0), 19, Contents::Clean), Err(Error::BadOrder));
    assert_eq!(table.free(Mfn::new(u64::MAX), 0, Contents::Clean), Err(Error::NoSection(Mfn::new(u64::MAX))));
}

#[test]
fn scrubbing_in_steps() {
    let mut table = table(&[GIB, 3 * GIB], 64);
    let taken = table.alloc(3, Within::Any, Usage::HYPERVISOR).unwrap();
    assert_eq!(taken.contents, Contents::Dirty);
    let mut cursor = Mfn::new(0);
    let mut steps = 0;
    while table.stats().dirty_frames > 0 {
        if let Some(run) = table.take_dirty(&mut cursor, 16, 32) {
            assert!(run.len_bytes() <= 16 * PAGE_BYTES);
            table.free_range(run, Contents::Clean).unwrap();
        }
        steps += 1;
        assert!(steps < 100);
    }
    assert_eq!(table.stats().free_frames, 120);
    assert_eq!(table.take_dirty(&mut cursor, 16, 32), None);
    assert!(table.is_dirty(taken.mfn));
    assert_eq!(table.alloc(6, Within::Any, Usage::HYPERVISOR).unwrap().contents, Contents::Clean);
}

#[test]
fn alike_frames_are_told_apart_and_joined_again() {
    let mut table = table(&[GIB], 3 << 9);
    let first = 1 << 18;
    let all = range(GIB, 3 << 21);
    table.alloc_at(all, Usage::ram(DOM1)).unwrap();
    assert!(table.all_used(all, Usage::ram(DOM1)));
    // One frame of the second chunk has another reference: its neighbours and the other chunks do not.
    let shared = Mfn::new(first + 512 + 7);
    table.get(shared, DOM1).unwrap();
    let references = |table: &FrameTable<'_>, mfn| table.used(mfn).unwrap().references;
    assert_eq!(references(&table, shared), 2);
    assert_eq!(references(&table, Mfn::new(first + 512 + 8)), 1);
    assert_eq!(references(&table, Mfn::new(first + 7)), 1);
    assert_eq!(table.free_range(all, Contents::Dirty), Err(Error::References(shared)));
    table.put(shared).unwrap();
    assert!(table.all_used(all, Usage::ram(DOM1)));
    assert!(table.is_used_as(shared, Usage::ram(DOM1)) && !table.is_used_as(shared, Usage::HYPERVISOR));
    table.transfer(shared, Usage::ram(DOM1), Usage::HYPERVISOR).unwrap();
    assert!(!table.all_used(all, Usage::ram(DOM1)));
    assert!(!table.all_used(range(GIB, 4 << 21), Usage::ram(DOM1)));
    table.free_range(all, Contents::Clean).unwrap();
    assert!(table.alloc(9, Within::Any, Usage::HYPERVISOR).is_some());
    assert!(table.alloc(10, Within::Any, Usage::HYPERVISOR).is_some());
    assert_eq!(table.stats(), Stats { free_frames: 0, dirty_frames: 0 });
}

#[test]
fn scrubbing_a_chunk_in_small_steps_ends() {
    let mut table = table(&[GIB], 1024);
    let mut cursor = Mfn::new(0);
    for step in 0.. {
        assert!(step < 100, "no progress");
        let Some(run) = table.take_dirty(&mut cursor, 100, 1024) else { continue };
        table.free_range(run, Contents::Clean).unwrap();
        if table.stats().dirty_frames == 0 {
            break;
        }
    }
    assert_eq!(table.alloc(10, Within::Any, Usage::HYPERVISOR).unwrap().contents, Contents::Clean);
}

#[test]
fn one_dirty_frame_makes_a_large_block_dirty() {
    let mut table = FrameTable::with_capacity(1).unwrap();
    table.add_section(Mfn::new(1 << 18), storage(1024)).unwrap();
    table.add_region(range(GIB, 4 << 20), Contents::Clean).unwrap();
    let block = table.alloc(0, Within::Any, Usage::ram(DOM1)).unwrap();
    assert_eq!(block.contents, Contents::Clean);
    table.free(block.mfn, 0, Contents::Dirty).unwrap();
    assert_eq!(table.stats(), Stats { free_frames: 1024, dirty_frames: 1 });
    let all = range(GIB, 4 << 20);
    table.alloc_at(all, Usage::ram(DOM1)).unwrap();
    table.free_range(all, Contents::Clean).unwrap();
    let block = table.alloc(0, Within::Any, Usage::ram(DOM1)).unwrap();
    table.free(block.mfn, 0, Contents::Dirty).unwrap();
    assert_eq!(table.alloc(10, Within::Any, Usage::HYPERVISOR).unwrap().contents, Contents::Dirty);
    assert_eq!(table.stats(), Stats::default());
}

/// Random allocations against a list of what is held; no overlap, nothing lost.
#[test]
fn random_allocations() {
    let mut table = table(&[GIB, 2 * GIB], 1000);
    let mut held: Vec<(u64, u64)> = Vec::new();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |n: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % n
    };
    for _ in 0..20_000 {
        let new = match next(4) {
            0 => {
                let order = u32::try_from(next(8)).unwrap();
                let got = table.alloc(order, Within::Any, Usage::ram(DOM1));
                got.map(|a| (a.mfn.raw(), 1 << order))
            }
            1 => {
                let (start, len) = ((1 + next(2)) * (1 << 18) + next(1100), 1 + next(100));
                let at = range(start * PAGE_BYTES, len * PAGE_BYTES);
                table.alloc_at(at, Usage::ram(DOM1)).is_ok().then_some((start, len))
            }
            _ if held.is_empty() => None,
            _ => {
                let (start, len) = held.swap_remove(usize::try_from(next(held.len() as u64)).unwrap());
                table.free_range(range(start * PAGE_BYTES, len * PAGE_BYTES), Contents::Clean).unwrap();
                None
            }
        };
        if let Some((start, len)) = new {
            assert!(held.iter().all(|(s, l)| start + len <= *s || s + l <= start), "handed out twice");
            held.push((start, len));
        }
        let used: u64 = held.iter().map(|h| h.1).sum();
        assert_eq!(table.stats().free_frames, 2000 - used);
    }
    for (start, len) in held {
        table.free_range(range(start * PAGE_BYTES, len * PAGE_BYTES), Contents::Clean).unwrap();
    }
    // Everything has merged: each section's 1000 frames give a block of 512 and one of 256.
    for order in [9, 9, 8, 8, 7, 7, 6, 6, 5, 5, 3, 3] {
        assert!(table.alloc(order, Within::Any, Usage::HYPERVISOR).is_some());
    }
    assert_eq!(table.stats().free_frames, 0);
}

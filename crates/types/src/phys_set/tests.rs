//! The set against a bitmap, and its edges.

use super::*;
use std::vec::Vec;

fn range(start: u64, end: u64) -> PhysRange {
    PhysRange::from_bounds(PhysAddr::new(start), PhysAddr::new(end)).unwrap()
}

fn bounds<const N: usize>(map: &PhysSet<N>) -> Vec<(u64, u64)> {
    map.as_slice().iter().map(|r| (r.start().raw(), r.end().raw())).collect()
}

#[test]
fn merges_neighbours() {
    let mut map = PhysSet::<4>::new();
    map.add(range(10, 20)).unwrap();
    map.add(range(30, 40)).unwrap();
    map.add(range(20, 30)).unwrap();
    assert_eq!(bounds(&map), [(10, 40)]);
    map.add(range(5, 50)).unwrap();
    assert_eq!(bounds(&map), [(5, 50)]);
    assert_eq!(map.total_bytes(), 45);
}

#[test]
fn splits_and_refuses_when_full() {
    let mut map = PhysSet::<2>::new();
    map.add(range(0, 100)).unwrap();
    map.subtract(range(40, 50)).unwrap();
    assert_eq!(bounds(&map), [(0, 40), (50, 100)]);
    assert_eq!(map.subtract(range(10, 20)), Err(Full));
    assert_eq!(map.add(range(200, 300)), Err(Full));
    assert_eq!(bounds(&map), [(0, 40), (50, 100)]);
    map.subtract(range(30, 60)).unwrap();
    assert_eq!(bounds(&map), [(0, 30), (60, 100)]);
    map.subtract(range(0, 1000)).unwrap();
    assert_eq!(bounds(&map), []);
}

#[test]
fn finds_from_either_end() {
    let mut map = PhysSet::<4>::new();
    map.add(range(0x1800, 0x5000)).unwrap();
    map.add(range(0x8000, 0xf800)).unwrap();
    let any = PhysAddr::new(u64::MAX);
    assert_eq!(map.find(0x1000, 0x1000, any, Prefer::Lowest), Some(range(0x2000, 0x3000)));
    assert_eq!(map.find(0x1000, 0x1000, any, Prefer::Highest), Some(range(0xe000, 0xf000)));
    assert_eq!(map.find(0x4000, 0x1000, any, Prefer::Lowest), Some(range(0x8000, 0xc000)));
    assert_eq!(map.find(0x1000, 0x1000, PhysAddr::new(0x9000), Prefer::Highest), Some(range(0x8000, 0x9000)));
    assert_eq!(map.find(0x1000, 0x1000, PhysAddr::new(0x8fff), Prefer::Highest), Some(range(0x4000, 0x5000)));
    assert_eq!(map.find(0x8000, 0x1000, any, Prefer::Lowest), None);
    assert_eq!(map.find(0x1000, 0x1000, PhysAddr::new(0x1000), Prefer::Lowest), None);
}

#[test]
fn agrees_with_a_bitmap() {
    let mut seed = 0x1234_5678_9abc_def1_u64;
    let mut map = PhysSet::<8>::new();
    let mut bits = [false; 64];
    for _ in 0..20_000 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let (start, len) = (seed & 63, (seed >> 8 & 15) + 1);
        let end = (start + len).min(64);
        let adds = seed >> 20 & 1 == 1;
        let result = if adds { map.add(range(start, end)) } else { map.subtract(range(start, end)) };
        if result.is_ok() {
            for bit in start..end {
                bits[usize::try_from(bit).unwrap()] = adds;
            }
        }
        for (at, bit) in (0..).zip(bits) {
            assert_eq!(map.covers(&range(at, at + 1)), bit);
        }
        assert!(map.as_slice().windows(2).all(|w| w[0].end() < w[1].start()));
    }
}

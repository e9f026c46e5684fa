//! Who holds references to pages of other domains.

use super::*;
use crate::arch::state::{self, Event};
use crate::mm::reference::Reference;
use crate::tests::Rig;
use ::frames::Used;
use types::{DomId, Mfn};

const OWNER: DomId = DomId::new(900);
const AT: Gfn = Gfn::new(0x4_0000);

/// A stage 2, and frames of another domain, each with its owner's reference.
struct Bench {
    p2m: P2m,
    free_before: u64,
    // Dropped last: the session ends with it.
    _rig: Rig,
}

impl Bench {
    fn new() -> Self {
        let rig = Rig::new();
        let free_before = frames::stats().free_frames;
        Self { _rig: rig, p2m: P2m::new(vmid::Owned::take().unwrap()).unwrap(), free_before }
    }

    /// The frames that all this took have come back, but for the tables.
    fn ends(self) {
        assert_eq!(self.p2m.counted_pages(), 0);
        self.p2m.unmap(range(0, 1 << 20)).unwrap();
        let root = shape().geometry.root_tables() as u64;
        assert_eq!(frames::stats().free_frames, self.free_before - root);
    }
}

fn frame() -> Mfn {
    frames::alloc(0, Within::Any, Usage::ram(OWNER)).unwrap().mfn
}

fn references(mfn: Mfn) -> u32 {
    frames::used(mfn).map_or(0, |Used { references, .. }| references)
}

fn range(first: u64, pages: u64) -> IpaRange {
    IpaRange::new(Ipa::new(first << PAGE_SHIFT), pages << PAGE_SHIFT).unwrap()
}

fn share(p2m: &P2m, gfn: Gfn, mfn: Mfn) -> Option<PageType> {
    p2m.share(gfn, Reference::take(mfn, OWNER).unwrap(), Share::GrantRw).unwrap()
}

#[test]
fn an_entry_keeps_its_frame_when_the_owner_lets_it_go() {
    let bench = Bench::new();
    let mfn = frame();
    assert_eq!(share(&bench.p2m, AT, mfn), None);
    assert_eq!((references(mfn), bench.p2m.counted_pages()), (2, 1));
    frames::put(mfn);
    assert_eq!(references(mfn), 1, "the entry's");
    assert!(bench.p2m.take_grant(AT, mfn).unwrap());
    assert_eq!(references(mfn), 0, "it is free");
    bench.ends();
}

#[test]
fn every_way_out_drops_the_reference() {
    let bench = Bench::new();
    let p2m = &bench.p2m;
    let (mfn, own) = (frame(), frame());
    let ways: [&dyn Fn(); 6] = [
        &|| p2m.unmap(range(AT.raw(), 1)).unwrap(),
        &|| p2m.unmap(range(AT.raw() - 512, 1024)).unwrap(),
        &|| assert!(p2m.replace(AT, own.addr(), PageType::RamRw).unwrap().is_some()),
        &|| p2m.map_over(range(AT.raw(), 1), own.addr(), PageType::RamRw).unwrap(),
        &|| assert!(p2m.take(AT, |_| true).unwrap().is_some()),
        &|| assert!(p2m.take_grant(AT, mfn).unwrap()),
    ];
    for (number, way) in ways.iter().enumerate() {
        share(p2m, AT, mfn);
        assert_eq!((references(mfn), p2m.counted_pages()), (2, 1), "before way {number}");
        way();
        assert_eq!((references(mfn), p2m.counted_pages()), (1, 0), "after way {number}");
        assert_eq!(references(own), 1);
    }
    frames::put(mfn);
    frames::put(own);
    bench.ends();
}

#[test]
fn sharing_over_a_shared_page_changes_the_references() {
    let bench = Bench::new();
    let (a, b) = (frame(), frame());
    share(&bench.p2m, AT, a);
    assert_eq!(share(&bench.p2m, AT, b), Some(PageType::GrantRw));
    assert_eq!((references(a), references(b)), (1, 2));
    share(&bench.p2m, AT, b);
    assert_eq!((references(b), bench.p2m.counted_pages()), (2, 1), "the same again");
    assert!(!bench.p2m.take_grant(AT, a).unwrap(), "it is another frame");
    assert!(bench.p2m.take_grant(AT, b).unwrap());
    assert!(bench.p2m.take_grant(AT, b).unwrap(), "nothing is there");
    frames::put(a);
    frames::put(b);
    bench.ends();
}

#[test]
fn a_range_with_many_pages_of_others_goes_in_parts() {
    let bench = Bench::new();
    let shared: Vec<Mfn> = (0..100).map(|_| frame()).collect();
    let own = frame();
    for (number, mfn) in shared.iter().enumerate() {
        share(&bench.p2m, Gfn::new(AT.raw() + 7 * number as u64), *mfn);
    }
    bench.p2m.replace(Gfn::new(AT.raw() + 1), own.addr(), PageType::RamRw).unwrap();
    assert!(!bench.p2m.take_memory_range(range(AT.raw(), 2)).unwrap(), "not all of it is memory");
    assert!(bench.p2m.take_memory_range(range(AT.raw() + 1, 1)).unwrap());
    bench.p2m.unmap(range(AT.raw(), 700 - 7)).unwrap();
    assert_eq!(bench.p2m.counted_pages(), 1);
    assert!(shared.iter().take(99).all(|mfn| references(*mfn) == 1));
    assert_eq!(references(shared[99]), 2, "it is behind the range");
    bench.p2m.unmap(range(AT.raw() + 693, 1)).unwrap();
    shared.into_iter().chain([own]).for_each(frames::put);
    bench.ends();
}

#[test]
fn what_fails_drops_what_it_was_given() {
    let bench = Bench::new();
    let mfn = frame();
    let beyond = Gfn::new(1 << 36);
    let page = || Reference::take(mfn, OWNER).unwrap();
    assert_eq!(bench.p2m.share(beyond, page(), Share::ForeignRo), Err(Error::OutOfRange));
    assert_eq!(bench.p2m.share(Gfn::new(u64::MAX), page(), Share::ForeignRw), Err(Error::OutOfRange));
    assert_eq!((references(mfn), bench.p2m.counted_pages()), (1, 0));
    // Without a reference there is no such entry.
    let page = range(AT.raw(), 1);
    assert_eq!(bench.p2m.map(page, mfn.addr(), PageType::GrantRw), Err(Error::OutOfRange));
    assert_eq!(bench.p2m.map_over(page, mfn.addr(), PageType::ForeignRo), Err(Error::OutOfRange));
    assert_eq!(bench.p2m.replace(AT, mfn.addr(), PageType::GrantRo), Err(Error::OutOfRange));
    assert_eq!(Reference::take(mfn, DomId::new(901)), Err(frames::Error::Owner(mfn)));
    frames::put(mfn);
    bench.ends();
}

#[test]
fn holds_only_the_domains_own_pages() {
    let bench = Bench::new();
    let (own, other) = (frame(), frame());
    bench.p2m.replace(AT, own.addr(), PageType::RamRo).unwrap();
    let second = Gfn::new(AT.raw() + 1);
    share(&bench.p2m, second, other);
    let (held, page) = bench.p2m.hold_page(AT, OWNER).unwrap();
    assert_eq!((held.mfn(), page, references(own)), (own, PageType::RamRo, 2));
    assert!(bench.p2m.hold_page(AT, DomId::new(901)).is_none(), "it is not that domain's");
    assert!(bench.p2m.hold_page(second, OWNER).is_none(), "it is granted");
    assert!(bench.p2m.hold_page(Gfn::new(AT.raw() + 2), OWNER).is_none());
    drop(held);
    assert_eq!(references(own), 1);
    bench.p2m.unmap(range(AT.raw(), 2)).unwrap();
    frames::put(own);
    frames::put(other);
    bench.ends();
}

#[test]
fn the_flush_comes_before_the_reference_is_dropped() {
    let bench = Bench::new();
    let mfn = frame();
    share(&bench.p2m, AT, mfn);
    frames::put(mfn);
    let flushes =
        || state::with(|cpu| cpu.events.iter().filter(|event| matches!(event, Event::FlushVmid(_))).count());
    let before = flushes();
    state::with(|cpu| {
        cpu.on_flush = Some(Box::new(move || assert_eq!(references(mfn), 1, "freed before the flush")));
    });
    bench.p2m.unmap(range(AT.raw(), 1)).unwrap();
    state::with(|cpu| cpu.on_flush = None);
    assert_eq!((flushes(), references(mfn)), (before + 1, 0));
    bench.ends();
}

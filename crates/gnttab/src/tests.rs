//! A table as a guest and the kernel use it.

use crate::*;
use std::collections::BTreeMap;
use types::{DomId, Gfn, Mfn};
use xen_abi::XenErrno;
use xen_abi::grant_table::{GTF_PERMIT_ACCESS, GrantEntryV1, GrantStatus};

struct Memory(BTreeMap<(Mfn, usize), u64>);

impl EntryMemory for Memory {
    fn load64(&self, frame: Mfn, index: usize) -> u64 {
        assert!(index < 512);
        self.0.get(&(frame, index)).copied().unwrap_or(0)
    }
}

fn table(max: u32, frames: u64) -> GrantTable {
    let mut table = GrantTable::new(max).unwrap();
    (0..frames).for_each(|frame| table.lend(Mfn::new(100 + frame)).unwrap());
    table
}

#[test]
fn grows_to_its_maximum() {
    let mut table = table(3, 1);
    assert_eq!((table.nr_frames(), table.max_frames()), (1, 3));
    assert_eq!(table.missing(0), Ok(0));
    assert_eq!(table.missing(1), Ok(0));
    assert_eq!(table.missing(3), Ok(2));
    assert_eq!(table.missing(4), Err(Error::TooManyFrames));
    assert_eq!(table.missing(u32::MAX), Err(Error::TooManyFrames));
    table.lend(Mfn::new(7)).unwrap();
    table.lend(Mfn::new(5)).unwrap();
    assert_eq!(table.lend(Mfn::new(6)), Err(Error::TooManyFrames));
    assert!(table.frames().eq([100, 7, 5].map(Mfn::new)));
    assert_eq!((table.frame(2), table.frame(3)), (Ok(Mfn::new(5)), Err(Error::NoFrame)));
}

#[test]
fn remembers_where_the_guest_maps_it() {
    let mut table = table(2, 2);
    let (a, b) = (Gfn::new(0x3_8000), Gfn::new(0x3_8001));
    assert_eq!(table.gfn(0), Ok(None));
    assert_eq!(table.set_gfn(0, a), Ok(None));
    assert_eq!(table.set_gfn(0, a), Ok(None), "the same again needs nothing");
    assert_eq!(table.set_gfn(0, b), Ok(Some(a)), "the old mapping goes");
    assert_eq!(table.gfn(0), Ok(Some(b)));
    table.clear_gfns(a, a);
    assert_eq!(table.gfn(0), Ok(Some(b)));
    table.clear_gfns(b, b);
    assert_eq!(table.gfn(0), Ok(None));
    assert_eq!(table.set_gfn(2, a), Err(Error::NoFrame));
    assert_eq!(table.gfn(2), Err(Error::NoFrame));
}

#[test]
fn forgets_frames_wherever_they_lie() {
    let mut table = table(4, 4);
    let gfns = |first: u64| (0..4).map(move |index| Gfn::new(first + index));
    for first in [0x3_8000, 0x3_9000] {
        for (index, gfn) in gfns(first).enumerate() {
            table.set_gfn(index, gfn).unwrap();
        }
    }
    // In no order, and one that nobody has.
    table.clear_gfns(Gfn::new(0x3_8002), Gfn::new(0x3_8002));
    table.set_gfn(3, Gfn::new(0x3_7fff)).unwrap();
    for gfn in gfns(0x3_9000).chain([Gfn::new(0x3_7fff)]) {
        assert_eq!(
            (0..4).filter(|index| table.gfn(*index) == Ok(Some(gfn))).count(),
            usize::from(gfn.raw() != 0x3_9003)
        );
        table.clear_gfns(gfn, gfn);
        assert!((0..4).all(|index| table.gfn(index) != Ok(Some(gfn))));
    }
}

#[test]
fn reads_entries_by_reference() {
    let table = table(4, 2);
    let memory = Memory([((Mfn::new(101), 1), 0x1234_5678_0007_0001u64)].into());
    let entry = table.entry(GrantRef::new(513), &memory).unwrap();
    let expected = GrantEntryV1 { flags: GTF_PERMIT_ACCESS, domid: DomId::new(7), frame: 0x1234_5678 };
    assert_eq!(entry, expected);
    assert_eq!(table.entry(GrantRef::new(512), &memory).map(|e| e.flags), Ok(0));
    assert_eq!(table.entry(GrantRef::new(1024), &memory), Err(Error::BadRef));
    assert_eq!(table.entry(GrantRef::new(u32::MAX), &memory), Err(Error::BadRef));
}

#[test]
fn only_version_1_is_offered() {
    let mut table = table(1, 0);
    assert_eq!((table.version(), table.set_version(1)), (1, Ok(1)));
    assert_eq!(table.set_version(2), Err(Error::VersionNotOffered));
    assert_eq!(table.set_version(0), Err(Error::NoVersion));
    assert_eq!(table.set_version(3), Err(Error::NoVersion));
}

#[test]
fn errors_have_xens_numbers() {
    let rows = [
        (Error::TooManyFrames, XenErrno::Einval, GrantStatus::GeneralError),
        (Error::NoFrame, XenErrno::Einval, GrantStatus::GeneralError),
        (Error::BadRef, XenErrno::Einval, GrantStatus::BadGntref),
        (Error::VersionNotOffered, XenErrno::Enosys, GrantStatus::GeneralError),
        (Error::NoVersion, XenErrno::Einval, GrantStatus::GeneralError),
        (Error::OutOfMemory, XenErrno::Enomem, GrantStatus::NoSpace),
    ];
    for (error, errno, status) in rows {
        assert_eq!((XenErrno::from(error), GrantStatus::from(error)), (errno, status));
    }
}

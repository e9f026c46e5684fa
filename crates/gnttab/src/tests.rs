//! A table as a guest and the kernel use it.

use crate::*;
use core::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use types::{Gfn, Mfn};
use xen_abi::XenErrno;
use xen_abi::grant_table::GrantStatus;

/// Pages of 1,024 words; what `interfere` says changes before each exchange.
#[derive(Default)]
struct Pages {
    words: RefCell<BTreeMap<(Mfn, usize), u32>>,
    interfere: Cell<u32>,
}

impl Memory for Pages {
    fn load64(&self, page: Mfn, index: usize) -> u64 {
        u64::from(self.load32(page, index * 2)) | u64::from(self.load32(page, index * 2 + 1)) << 32
    }

    fn store64(&self, page: Mfn, index: usize, value: u64) {
        self.store32(page, index * 2, (value & 0xffff_ffff) as u32);
        self.store32(page, index * 2 + 1, (value >> 32) as u32);
    }

    fn load32(&self, page: Mfn, index: usize) -> u32 {
        assert!(index < 1024);
        self.words.borrow().get(&(page, index)).copied().unwrap_or(0)
    }

    fn store32(&self, page: Mfn, index: usize, value: u32) {
        assert!(index < 1024);
        self.words.borrow_mut().insert((page, index), value);
    }

    fn compare_exchange(&self, page: Mfn, index: usize, current: u32, new: u32) -> Result<(), u32> {
        if self.interfere.get() > 0 {
            self.interfere.set(self.interfere.get() - 1);
            self.store32(page, index, self.load32(page, index) ^ 1 << 9);
        }
        let seen = self.load32(page, index);
        if seen != current {
            return Err(seen);
        }
        self.store32(page, index, new);
        Ok(())
    }
}

mod maptrack;
mod pin;

fn state_pages(frame: u64) -> [Mfn; STATE_PAGES] {
    [Mfn::new(1000 + 2 * frame), Mfn::new(1001 + 2 * frame)]
}

fn table(max: u32, frames: u64) -> GrantTable {
    let mut table = GrantTable::new(max).unwrap();
    (0..frames).for_each(|frame| table.lend(Mfn::new(100 + frame), state_pages(frame)).unwrap());
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
    table.lend(Mfn::new(7), state_pages(1)).unwrap();
    table.lend(Mfn::new(5), state_pages(2)).unwrap();
    assert_eq!(table.lend(Mfn::new(6), state_pages(3)), Err(Error::TooManyFrames));
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
fn only_version_1_is_offered() {
    let mut table = table(1, 0);
    assert_eq!((table.version(), table.set_version(1)), (1, Ok(1)));
    assert_eq!(table.set_version(2), Err(Error::VersionNotOffered));
    assert_eq!(table.set_version(0), Err(Error::NoVersion));
    assert_eq!(table.set_version(3), Err(Error::NoVersion));
}

#[test]
fn errors_have_xens_numbers() {
    let general = [Error::NotGranted, Error::ReadOnly, Error::Unstable, Error::TooManyUses];
    for error in general {
        assert_eq!(GrantStatus::from(error), GrantStatus::GeneralError);
    }
    let rows = [
        (Error::BadPage, XenErrno::Einval, GrantStatus::BadPage),
        (Error::InUse, XenErrno::Einval, GrantStatus::Eagain),
        (Error::BadHandle, XenErrno::Einval, GrantStatus::BadHandle),
        (Error::NoHandle, XenErrno::Enospc, GrantStatus::NoSpace),
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

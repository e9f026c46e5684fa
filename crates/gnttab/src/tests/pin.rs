//! Entries in use.

use super::{Pages, table};
use crate::*;
use core::cell::Cell;
use types::{DomId, Gfn, Mfn};
use xen_abi::grant_table::{
    GTF_ACCEPT_TRANSFER, GTF_PERMIT_ACCESS, GTF_READING, GTF_READONLY, GTF_TRANSITIVE, GTF_WRITING,
};

const USER: DomId = DomId::new(3);
const PAGE: Mfn = Mfn::new(0x7777);

/// A table of two frames, its memory, and the references that were taken to pages.
struct Bench {
    table: GrantTable,
    memory: Pages,
    held: Cell<i32>,
    may: Option<Access>,
}

impl Bench {
    fn new() -> Self {
        Self { table: table(4, 2), memory: Pages::default(), held: Cell::new(0), may: Some(Access::Write) }
    }

    fn grant(&self, number: u32, flags: u16, to: DomId) {
        let (frame, index) = (Mfn::new(100 + u64::from(number) / 512), number as usize % 512 * 2);
        self.memory.store32(frame, index + 1, 0x1000 + number);
        self.memory.store32(frame, index, u32::from(flags) | u32::from(to.raw()) << 16);
    }

    fn flags(&self, number: u32) -> u16 {
        (self.memory.load32(Mfn::new(100 + u64::from(number) / 512), number as usize % 512 * 2) & 0xffff)
            as u16
    }

    fn pin(&mut self, number: u32, access: Access) -> Result<Mfn, Error> {
        let wanted = Wanted { grant: GrantRef::new(number), grantee: USER, access };
        let (held, may) = (&self.held, self.may);
        self.table.pin(wanted, &self.memory, |gfn, access| {
            assert_eq!(gfn, Gfn::new(u64::from(0x1000 + number)));
            let may = may.filter(|may| access == Access::Read || *may == Access::Write)?;
            held.set(held.get() + 1);
            Some((PAGE, may))
        })
    }

    fn unpin(&mut self, number: u32, access: Access) -> Result<Unpinned, Error> {
        let done = self.table.unpin(GrantRef::new(number), access, &self.memory)?;
        self.held.set(self.held.get() - i32::from(done.drop.is_some()));
        Ok(done)
    }
}

const KEPT: Unpinned = Unpinned { drop: None, hostile: false };
const LAST: Unpinned = Unpinned { drop: Some(PAGE), hostile: false };

#[test]
fn uses_are_counted_by_kind() {
    let mut bench = Bench::new();
    bench.grant(9, GTF_PERMIT_ACCESS, USER);
    assert_eq!(bench.pin(9, Access::Read), Ok(PAGE));
    assert_eq!(bench.flags(9), GTF_PERMIT_ACCESS | GTF_READING);
    assert_eq!(bench.pin(9, Access::Write), Ok(PAGE));
    assert_eq!(bench.flags(9), GTF_PERMIT_ACCESS | GTF_READING | GTF_WRITING);
    assert_eq!(bench.pin(9, Access::Write), Ok(PAGE));
    assert_eq!(bench.held.get(), 1, "one reference for all");
    assert_eq!(bench.table.pinned(GrantRef::new(9), &bench.memory), Some(PAGE));
    assert_eq!(bench.unpin(9, Access::Write), Ok(KEPT));
    assert_eq!(bench.flags(9), GTF_PERMIT_ACCESS | GTF_READING | GTF_WRITING);
    assert_eq!(bench.unpin(9, Access::Write), Ok(KEPT));
    assert_eq!(bench.flags(9), GTF_PERMIT_ACCESS | GTF_READING);
    assert_eq!(bench.unpin(9, Access::Write), Err(Error::NotGranted), "there is no such use");
    assert_eq!(bench.unpin(9, Access::Read), Ok(LAST));
    assert_eq!((bench.flags(9), bench.held.get()), (GTF_PERMIT_ACCESS, 0));
    assert_eq!(bench.unpin(9, Access::Read), Err(Error::NotGranted));
    assert_eq!(bench.table.pinned(GrantRef::new(9), &bench.memory), None);
}

#[test]
fn an_entry_in_use_is_what_it_was() {
    let mut bench = Bench::new();
    bench.grant(600, GTF_PERMIT_ACCESS | GTF_READONLY, USER);
    assert_eq!(bench.pin(600, Access::Read), Ok(PAGE));
    // The granter takes it back, too late; who reads may go on to do so, but not write.
    bench.grant(600, 0, DomId::new(9));
    assert_eq!(bench.pin(600, Access::Read), Ok(PAGE));
    assert_eq!(bench.pin(600, Access::Write), Err(Error::NotGranted));
    assert_eq!(bench.unpin(600, Access::Read), Ok(KEPT));
    assert_eq!(bench.unpin(600, Access::Read), Ok(LAST));
    assert_eq!(bench.pin(600, Access::Read), Err(Error::NotGranted));
    assert_eq!(bench.held.get(), 0);
}

#[test]
fn what_is_not_granted_is_refused() {
    let mut bench = Bench::new();
    let rows = [
        (0, USER, Access::Read, Error::NotGranted),
        (GTF_ACCEPT_TRANSFER, USER, Access::Read, Error::NotGranted),
        (GTF_TRANSITIVE, USER, Access::Read, Error::NotGranted),
        (GTF_PERMIT_ACCESS | 1 << 8, USER, Access::Read, Error::NotGranted),
        (GTF_PERMIT_ACCESS, DomId::new(4), Access::Read, Error::NotGranted),
        (GTF_PERMIT_ACCESS | GTF_READONLY, USER, Access::Write, Error::ReadOnly),
    ];
    for (flags, to, access, error) in rows {
        bench.grant(1, flags, to);
        assert_eq!(bench.pin(1, access), Err(error));
        assert_eq!(bench.flags(1), flags, "nothing is marked");
    }
    assert_eq!(bench.pin(1024, Access::Read), Err(Error::BadRef));
    assert_eq!(bench.pin(u32::MAX, Access::Read), Err(Error::BadRef));
    assert_eq!(bench.unpin(u32::MAX, Access::Read), Err(Error::BadRef));
}

#[test]
fn what_the_granter_may_not_do_others_may_not() {
    let mut bench = Bench::new();
    bench.grant(1, GTF_PERMIT_ACCESS, USER);
    bench.may = None;
    assert_eq!(bench.pin(1, Access::Read), Err(Error::BadPage));
    assert_eq!(bench.flags(1), GTF_PERMIT_ACCESS, "the mark is taken back");
    bench.may = Some(Access::Read);
    assert_eq!(bench.pin(1, Access::Write), Err(Error::BadPage));
    assert_eq!(bench.pin(1, Access::Read), Ok(PAGE));
    assert_eq!(bench.pin(1, Access::Write), Err(Error::BadPage), "nor later");
    assert_eq!(bench.flags(1), GTF_PERMIT_ACCESS | GTF_READING);
    assert_eq!(bench.unpin(1, Access::Read), Ok(LAST));
}

#[test]
fn counts_do_not_wrap() {
    let mut bench = Bench::new();
    bench.grant(1, GTF_PERMIT_ACCESS, USER);
    (0..u32::from(u16::MAX)).for_each(|_| assert_eq!(bench.pin(1, Access::Read), Ok(PAGE)));
    assert_eq!(bench.pin(1, Access::Read), Err(Error::TooManyUses));
    assert_eq!(bench.pin(1, Access::Write), Ok(PAGE));
    (0..u32::from(u16::MAX)).for_each(|_| assert_eq!(bench.unpin(1, Access::Read), Ok(KEPT)));
    assert_eq!(bench.unpin(1, Access::Write), Ok(LAST));
}

#[test]
fn a_guest_that_interferes_is_not_waited_for() {
    let mut bench = Bench::new();
    bench.grant(1, GTF_PERMIT_ACCESS, USER);
    bench.memory.interfere.set(4);
    assert_eq!(bench.pin(1, Access::Read), Ok(PAGE), "a little is suffered");
    bench.memory.interfere.set(511);
    assert_eq!(bench.unpin(1, Access::Read), Ok(LAST));
    assert_eq!(bench.flags(1) & (GTF_READING | GTF_WRITING), 0);
    bench.grant(1, GTF_PERMIT_ACCESS, USER);
    bench.memory.interfere.set(5);
    assert_eq!(bench.pin(1, Access::Read), Err(Error::Unstable));
    assert_eq!(bench.pin(1, Access::Read), Ok(PAGE));
    bench.memory.interfere.set(u32::MAX);
    assert_eq!(bench.unpin(1, Access::Read), Ok(Unpinned { hostile: true, ..LAST }), "it is used no more");
    bench.memory.interfere.set(0);
    assert_eq!(bench.held.get(), 0);
}

#[test]
fn entries_change_places_when_nobody_uses_them() {
    let mut bench = Bench::new();
    let (a, b) = (GrantRef::new(1), GrantRef::new(600));
    bench.grant(1, GTF_PERMIT_ACCESS, USER);
    bench.grant(600, GTF_PERMIT_ACCESS | GTF_READONLY, USER);
    bench.table.swap(a, b, &bench.memory).unwrap();
    assert_eq!((bench.flags(1), bench.flags(600)), (GTF_PERMIT_ACCESS | GTF_READONLY, GTF_PERMIT_ACCESS));
    assert_eq!(bench.memory.load32(Mfn::new(100), 3), 0x1000 + 600);
    bench.table.swap(a, b, &bench.memory).unwrap();
    bench.pin(600, Access::Read).unwrap();
    assert_eq!(bench.table.swap(a, b, &bench.memory), Err(Error::InUse));
    assert_eq!(bench.table.swap(b, a, &bench.memory), Err(Error::InUse));
    assert_eq!(bench.table.swap(b, b, &bench.memory), Ok(()), "that changes nothing");
    assert_eq!(bench.table.swap(a, GrantRef::new(1024), &bench.memory), Err(Error::BadRef));
    assert_eq!(bench.table.swap(GrantRef::new(1024), GrantRef::new(1024), &bench.memory), Err(Error::BadRef));
    assert_eq!(bench.unpin(600, Access::Read), Ok(LAST));
}

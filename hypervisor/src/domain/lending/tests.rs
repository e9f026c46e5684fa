//! Registers that go from dom0 to a guest and back: they have one owner at a time.

use super::*;
use crate::arch::window::RAM_START;
use crate::mm::{p2m::P2m, vmid};
use crate::tests::Rig;
use std::sync::Arc;
use types::{DomId, PhysAddr};

const FIRST: u64 = 0x900_0000;
const GFN: Gfn = Gfn::new(0x2_0000);

/// The rig's domain as dom0, with four pages of registers, and two guests.
struct Bench {
    guests: [Arc<Domain>; 2],
    lender: Lender,
    // Dropped last: what goes before it still has the machine to itself.
    rig: Rig,
}

fn pages(first: u64, count: u64) -> PhysRange {
    PhysRange::new(PhysAddr::new(FIRST + first * PAGE_BYTES), count * PAGE_BYTES).unwrap()
}

impl Bench {
    fn new() -> Self {
        let rig = Rig::new();
        let four = pages(0, 4);
        rig.vcpu.domain.p2m.map(same(four).unwrap(), four.start(), PageType::DeviceDirect).unwrap();
        let guest = |id| {
            let vgic = crate::tests::controller();
            Domain::for_test(DomId::new(id), P2m::new(vmid::Owned::take().unwrap()).unwrap(), vgic).unwrap()
        };
        Self { rig, guests: [guest(801), guest(802)], lender: Lender::new() }
    }

    fn dom0(&self) -> Arc<Domain> {
        self.rig.vcpu.domain.clone()
    }

    fn permit(&mut self, guest: usize, range: PhysRange) -> Result<(), XenErrno> {
        self.lender.permit(&self.dom0(), &self.guests[guest], range, Access::Allow)
    }

    fn lend(&mut self, guest: usize, range: PhysRange) -> Result<(), XenErrno> {
        self.lender.lend(&self.dom0(), &self.guests[guest], GFN, range)
    }

    fn reclaim(&mut self, guest: usize, range: PhysRange) -> Result<(), XenErrno> {
        self.lender.reclaim(&self.dom0(), &self.guests[guest], GFN, range)
    }

    /// Who has the page: dom0, the first guest, the second one.
    fn owners(&self, page: u64) -> [bool; 3] {
        let pa = pages(page, 1).start();
        let has = |domain: &Domain, ipa| domain.p2m.lookup(ipa).is_some_and(|found| found.pa == pa);
        let guest = |n: usize| {
            has(&self.guests[n], GFN.addr()) || has(&self.guests[n], GFN.addr().wrapping_add(PAGE_BYTES))
        };
        [has(&self.dom0(), Ipa::new(pa.raw())), guest(0), guest(1)]
    }
}

#[test]
fn a_page_has_one_owner() {
    let mut bench = Bench::new();
    for guest in 0..2 {
        bench.permit(guest, pages(1, 2)).unwrap();
    }
    bench.lend(0, pages(1, 2)).unwrap();
    assert_eq!(
        [bench.owners(0), bench.owners(1), bench.owners(2)],
        [[true, false, false], [false, true, false], [false, true, false]]
    );
    assert_eq!(bench.lend(0, pages(1, 2)), Ok(()), "as it is");
    assert_eq!(bench.lend(1, pages(2, 1)), Err(XenErrno::Ebusy));
    bench.permit(1, pages(0, 1)).unwrap();
    bench.reclaim(0, pages(1, 2)).unwrap();
    assert_eq!(bench.owners(1), [true, false, false]);
    bench.lend(1, pages(2, 1)).unwrap();
    assert_eq!(bench.owners(2), [false, false, true]);
}

#[test]
fn what_is_not_dom0s_or_not_permitted_is_refused() {
    let mut bench = Bench::new();
    assert_eq!(bench.permit(0, pages(3, 2)), Err(XenErrno::Eperm));
    let ram = PhysRange::new(PhysAddr::new(RAM_START), PAGE_BYTES).unwrap();
    assert_eq!(bench.permit(0, ram), Err(XenErrno::Eperm));
    assert_eq!(bench.lend(0, pages(0, 1)), Err(XenErrno::Eperm));
    bench.permit(0, pages(0, 1)).unwrap();
    assert_eq!(bench.reclaim(0, pages(0, 1)), Err(XenErrno::Einval));
    assert_eq!(bench.lend(0, pages(0, 2)), Err(XenErrno::Eperm));
    let dom0 = bench.dom0();
    bench.lender.permit(&dom0, &bench.guests[0], pages(0, 1), Access::Deny).unwrap();
    assert_eq!(bench.lend(0, pages(0, 1)), Err(XenErrno::Eperm));
    assert_eq!(bench.owners(0), [true, false, false]);
}

#[test]
fn where_something_is_mapped_nothing_changes() {
    let mut bench = Bench::new();
    bench.permit(0, pages(0, 4)).unwrap();
    bench.lend(0, pages(0, 1)).unwrap();
    assert_eq!(bench.lend(0, pages(2, 1)), Err(XenErrno::Ebusy));
    assert_eq!(bench.owners(2), [true, false, false]);
    assert_eq!(bench.owners(0), [false, true, false]);
}

#[test]
fn all_comes_back_when_the_guest_ends() {
    let mut bench = Bench::new();
    bench.permit(0, pages(0, 4)).unwrap();
    bench.lend(0, pages(1, 2)).unwrap();
    bench.guests[0].p2m.unmap(at(GFN, pages(1, 2)).unwrap()).unwrap();
    let dom0 = bench.dom0();
    assert!(bench.lender.reclaim_all(&dom0, &bench.guests[0], &mut Budget::new()));
    for page in 0..4 {
        assert_eq!(bench.owners(page), [true, false, false]);
    }
    assert!(bench.lender.lent.as_slice().is_empty());
}

#[test]
fn what_dom0_never_had_does_not_come_to_it() {
    let mut bench = Bench::new();
    bench.lender.spare.add(pages(8, 2)).unwrap();
    bench.permit(0, pages(8, 2)).unwrap();
    bench.lend(0, pages(8, 2)).unwrap();
    assert_eq!(bench.owners(8), [false, true, false]);
    bench.reclaim(0, pages(8, 2)).unwrap();
    assert_eq!(bench.owners(8), [false, false, false]);
    bench.lend(0, pages(8, 2)).unwrap();
}

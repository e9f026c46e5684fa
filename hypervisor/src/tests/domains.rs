//! Domains that come and go: nothing is left of one that went.

use super::Rig;
use crate::domain::memory::{self, Given};
use crate::domain::settings::Values;
use crate::domain::{self, Config, Domain, End};
use crate::hypercall::Budget;
use crate::mm::frames;
use crate::mm::p2m::Share;
use alloc::sync::Arc;
use core::sync::atomic::Ordering;
use types::{DomId, Gfn, Port};
use vgic::Version;
use xen_abi::XenErrno;

const ID: DomId = DomId::new(700);
const RAM: Gfn = Gfn::new(0x4_0000);

fn config(vcpus: u16) -> Config {
    Config {
        gic: Version::V3,
        vcpus,
        spis: 0,
        max_port: Port::new(1023),
        grant_frames: 4,
        settings: Values::NONE,
    }
}

fn make(vcpus: u16) -> Arc<Domain> {
    let domain = domain::create(ID, &config(vcpus)).unwrap();
    domain.p2m.set_table_limit(64);
    domain.pages.max.store(64, Ordering::Relaxed);
    domain
}

fn give(domain: &Domain, gfn: Gfn, order: u32) -> Given {
    loop {
        match memory::give(domain, gfn, order, &mut Budget::new()) {
            Given::More => {}
            done => return done,
        }
    }
}

fn destroy(id: DomId) {
    while let Some(domain) = domain::find(id) {
        if domain::destroy(domain, &mut Budget::new()) == End::Gone {
            return;
        }
    }
    panic!("it is gone, and nobody said so");
}

#[test]
fn what_a_domain_cost_comes_back() {
    let _rig = Rig::new();
    let before = frames::stats().free_frames;
    for _ in 0..300 {
        let domain = make(2);
        domain.make_vcpus().unwrap();
        assert_eq!(give(&domain, RAM, 4), Given::All);
        assert_eq!(give(&domain, Gfn::new(RAM.raw() + 100), 0), Given::All);
        assert_eq!(domain.owned_pages(), 17);
        drop(domain);
        destroy(ID);
        assert_eq!(frames::stats().free_frames, before);
    }
}

#[test]
fn a_domain_that_somebody_looks_at_stays_until_he_lets_go() {
    let _rig = Rig::new();
    let domain = make(1);
    domain.make_vcpus().unwrap();
    let looked_at = domain.vcpus()[0].clone();
    assert_eq!(domain::destroy(domain, &mut Budget::new()), End::More);
    assert!(domain::find(ID).is_some());
    drop(looked_at);
    destroy(ID);
    assert!(domain::find(ID).is_none());
}

#[test]
fn a_page_outlives_its_domain_while_somebody_holds_it() {
    let rig = Rig::new();
    let before = frames::stats().free_frames;
    let domain = make(1);
    assert_eq!(give(&domain, RAM, 0), Given::All);
    let (page, _) = domain.p2m.hold_page(RAM, ID).unwrap();
    let (own, at) = (&rig.vcpu.domain.p2m, Gfn::new(0x9_0000));
    own.share(at, page, Share::ForeignRw).unwrap();
    drop(domain);
    destroy(ID);
    assert!(frames::stats().free_frames < before);
    own.take(at, |_| true).unwrap();
    // The page, and the tables that led to it.
    assert_eq!(frames::stats().free_frames, before);
}

#[test]
fn a_domain_gets_no_more_than_it_may() {
    let _rig = Rig::new();
    let domain = make(1);
    domain.pages.max.store(3, Ordering::Relaxed);
    assert_eq!(give(&domain, RAM, 1), Given::All);
    assert_eq!(give(&domain, Gfn::new(RAM.raw() + 2), 1), Given::Nothing);
    assert_eq!(give(&domain, Gfn::new(RAM.raw() + 2), 0), Given::All);
    assert_eq!(give(&domain, Gfn::new(RAM.raw() + 3), 0), Given::Nothing);
    // What it gives back it may have again.
    assert_eq!(memory::take(&domain, RAM, 1), Some(()));
    assert_eq!(memory::take(&domain, RAM, 0), None, "it is gone");
    assert_eq!(domain.owned_pages(), 1);
    assert_eq!(give(&domain, RAM, 1), Given::All);
    assert_eq!(give(&domain, RAM, 0), Given::Nothing, "something is mapped there");
    assert_eq!(domain.owned_pages(), 3);
    drop(domain);
    destroy(ID);
}

#[test]
fn claims_are_kept_and_end() {
    let _rig = Rig::new();
    let free = frames::stats().free_frames;
    let domain = make(1);
    domain.pages.max.store(u64::MAX, Ordering::Relaxed);
    assert!(memory::claim(&domain, free + 1).is_err());
    memory::claim(&domain, 20).unwrap();
    assert_eq!(memory::promised(), 20);
    assert!(memory::claim(&domain, 10).is_err(), "there is one");
    assert_eq!(give(&domain, RAM, 2), Given::All);
    assert_eq!(memory::promised(), 16);
    drop(domain);
    destroy(ID);
    assert_eq!(memory::promised(), 0);
}

#[test]
fn tables_are_limited() {
    let _rig = Rig::new();
    let domain = make(1);
    domain.p2m.set_table_limit(2);
    assert_eq!(give(&domain, RAM, 0), Given::All, "two levels below the root");
    assert_eq!(give(&domain, Gfn::new(RAM.raw() + 0x4_0000), 0), Given::Nothing);
    assert_eq!(domain.owned_pages(), 1);
    drop(domain);
    destroy(ID);
}

#[test]
fn a_pause_is_counted_once_a_call() {
    let _rig = Rig::new();
    let domain = make(1);
    domain.make_vcpus().unwrap();
    domain.begin_pause().unwrap();
    assert!(domain.finish_pause());
    assert_eq!(domain.life.state().pauses, 2, "one from its making");
    domain.unpause().unwrap();
    domain.unpause().unwrap();
    assert!(domain.unpause().is_err());
    assert!(!domain.life.state().is_held());
    domain.note_shutdown(1);
    domain.note_shutdown(3);
    assert_eq!(domain.life.state().shutdown_code, Some(1), "the first counts");
    drop(domain);
    destroy(ID);
}

#[test]
fn a_number_is_given_once() {
    let _rig = Rig::new();
    let domain = make(1);
    assert_eq!(domain::create(ID, &config(1)).err(), Some(XenErrno::Eexist));
    drop(domain);
    destroy(ID);
}

#[test]
fn the_largest_guest_fits_into_the_heap() {
    // The heap hands out powers of two; a quarter of it is for the largest guest's vCPUs.
    let vcpu = (size_of::<crate::domain::Vcpu>() + 2 * size_of::<usize>()).next_power_of_two();
    assert!(vcpu * 128 <= 1 << 20, "{vcpu} bytes a vCPU");
}

//! A guest's UART: registers, ring, interrupt, and what is left of it.

use super::{GICD, Rig};
use crate::machine::frame_window;
use crate::mm::frames;
use ::frames::{Usage, Used, Within};
use arm_spec::esr::ec;
use pagetable::PageType;
use types::{DomId, Gfn, Mfn, PAGE_BYTES};
use xen_abi::XenErrno;
use xen_abi::guest_layout::{PL011_BASE, VPL011_SPI};

const RING: Gfn = Gfn::new(0x3_9003);
const DR: u64 = PL011_BASE;
const IMSC: u64 = PL011_BASE + 0x38;
/// `in_prod` and `out_prod` of the ring's page.
const IN_PROD: u64 = 3076;
const OUT_PROD: u64 = 3084;
/// ISS: valid, word, register 1, translation fault at level 3.
const READ: u32 = 1 << 24 | 2 << 22 | 1 << 16 | 7;
const WRITE: u32 = READ | 1 << 6;

fn with_ring() -> (Rig, Mfn) {
    let rig = Rig::new();
    let domain = &rig.vcpu.domain;
    let mfn = frames::alloc(0, Within::Any, Usage::ram(domain.id)).unwrap().mfn;
    let page = types::IpaRange::new(RING.addr(), PAGE_BYTES).unwrap();
    frame_window::write(mfn.addr(), &[0; 4096]).unwrap();
    domain.p2m.map(page, mfn.addr(), PageType::RamRw).unwrap();
    (rig, mfn)
}

fn store(rig: &Rig, at: u64, value: u64) {
    rig.set_x(1, value);
    rig.abort(ec::DATA_ABORT_LOWER, WRITE, at);
}

fn references(mfn: Mfn) -> u32 {
    frames::used(mfn).map_or(0, |Used { references, .. }| references)
}

fn word(mfn: Mfn, offset: u64) -> u32 {
    let mut bytes = [0; 4];
    frame_window::read(mfn.addr().wrapping_add(offset), &mut bytes).unwrap();
    u32::from_le_bytes(bytes)
}

#[test]
fn what_is_written_is_in_the_ring() {
    let (rig, mfn) = with_ring();
    rig.vcpu.domain.make_vuart(RING, DomId::ZERO).unwrap();
    store(&rig, DR, 0x41);
    store(&rig, DR, 0x42);
    assert_eq!((word(mfn, 1024) & 0xffff, word(mfn, OUT_PROD)), (0x4241, 2));
    rig.vcpu.domain.release_vuart();
    frames::put(mfn);
}

#[test]
fn what_the_daemon_puts_interrupts() {
    let (rig, mfn) = with_ring();
    let domain = &rig.vcpu.domain;
    domain.make_vuart(RING, DomId::ZERO).unwrap();
    let enable = GICD + 0x100 + u64::from(VPL011_SPI / 32) * 4;
    for (at, value) in [(GICD, 0x12), (GICD + 0x80 + 4, u64::from(u32::MAX)), (enable, 1)] {
        store(&rig, at, value);
    }
    store(&rig, IMSC, 1 << 6);
    assert!(rig.pending().is_empty());
    frame_window::write(mfn.addr(), b"x").unwrap();
    frame_window::write(mfn.addr().wrapping_add(IN_PROD), &1u32.to_le_bytes()).unwrap();
    domain.update_vuart();
    // Any trap flushes on its way out.
    rig.abort(ec::DATA_ABORT_LOWER, READ, PL011_BASE + 0x18);
    assert_eq!(rig.pending(), [VPL011_SPI]);
    rig.abort(ec::DATA_ABORT_LOWER, READ, DR);
    assert_eq!(rig.x(1), u64::from(b'x'));
    assert!(rig.pending().is_empty(), "the line is low again");
    domain.release_vuart();
    frames::put(mfn);
}

#[test]
fn there_is_one_and_it_leaves_nothing() {
    let (rig, mfn) = with_ring();
    let domain = &rig.vcpu.domain;
    assert_eq!(domain.make_vuart(Gfn::new(0x7_7777), DomId::ZERO), Err(XenErrno::Einval));
    let port = domain.make_vuart(RING, DomId::ZERO).unwrap();
    assert_eq!(domain.make_vuart(RING, DomId::ZERO), Err(XenErrno::Einval));
    assert_eq!(references(mfn), 2);
    assert!(crate::domain::events::close(domain, port).is_err(), "it is EL2's");
    domain.release_vuart();
    assert_eq!(references(mfn), 1);
    assert!(domain.events.with(|channels| channels.bound(port).next().is_none()));
    let before = rig.pc();
    store(&rig, DR, 0x41);
    assert_ne!(rig.pc(), before + 4, "an abort");
    frames::put(mfn);
}

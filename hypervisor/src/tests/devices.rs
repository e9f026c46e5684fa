//! Accesses that stage 2 stops.

use super::{ENTRY, GICD, GICR, GUEST_RAM, Rig, VECTORS};
use crate::domain::stats::Cause;
use arm_spec::esr::ec;

/// ISS: valid, word, register `rt`, translation fault at level 3.
const fn word(rt: u32) -> u32 {
    1 << 24 | 2 << 22 | rt << 16 | 7
}
const WRITE: u32 = 1 << 6;

#[test]
fn a_load_from_the_distributor_is_answered() {
    let rig = Rig::new();
    rig.abort(ec::DATA_ABORT_LOWER, word(3), GICD + 4);
    // GICD_TYPER: 96 interrupts.
    assert_eq!(rig.x(3) & 0x1f, 2);
    assert_eq!(rig.pc(), ENTRY + 4);
}

#[test]
fn stores_reach_the_controller() {
    let rig = Rig::new();
    let (enable, pend) = (GICR + 0x1_0100, GICR + 0x1_0200);
    for (at, value) in [(GICD, 0x12), (GICR + 0x1_0080, !0), (enable, 1 << 20), (pend, 1 << 20)] {
        rig.set_x(1, value & 0xffff_ffff);
        rig.abort(ec::DATA_ABORT_LOWER, word(1) | WRITE, at);
    }
    rig.abort(ec::DATA_ABORT_LOWER, word(2), enable);
    assert_eq!(rig.x(2) >> 20 & 1, 1, "enabled");
    assert_eq!(rig.pc(), ENTRY + 5 * 4);
}

#[test]
fn an_address_with_nothing_behind_it_aborts() {
    let rig = Rig::new();
    rig.set_x(2, 77);
    rig.abort(ec::DATA_ABORT_LOWER, word(2) | WRITE, 0x1_0000_0010);
    let el1 = rig.el1();
    // Taken without a change of level, external, a write.
    assert_eq!(el1.esr >> 26, u64::from(ec::DATA_ABORT_LOWER) + 1);
    assert_eq!(el1.esr & 0x7f, 0x50);
    assert_eq!((el1.far, el1.elr), (0x1_0000_0010, ENTRY));
    assert_eq!(rig.pc(), VECTORS + 0x200);
    assert_eq!(rig.x(2), 77);
}

#[test]
fn a_fetch_from_nothing_aborts() {
    let rig = Rig::new();
    rig.abort(ec::INSTRUCTION_ABORT_LOWER, 7, 0x1_0000_0000);
    assert_eq!(rig.el1().esr >> 26, u64::from(ec::INSTRUCTION_ABORT_LOWER) + 1);
    assert_eq!(rig.pc(), VECTORS + 0x200);
}

#[test]
fn memory_that_came_meanwhile_is_accessed_again() {
    let rig = Rig::new();
    rig.abort(ec::DATA_ABORT_LOWER, word(2), GUEST_RAM + 8);
    assert_eq!(rig.pc(), ENTRY);
    assert_eq!(rig.el1().esr, 0);
    assert_eq!(rig.vcpu.stats.get(Cause::Retried), 1);
}

#[test]
fn an_access_that_the_syndrome_does_not_describe_aborts() {
    let rig = Rig::new();
    rig.abort(ec::DATA_ABORT_LOWER, 7, GICD + 4);
    assert_eq!(rig.el1().elr, ENTRY);
    assert_eq!(rig.pc(), VECTORS + 0x200);
}

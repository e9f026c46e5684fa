//! What A32 guests trap on.

use super::{ENTRY, Rig};
use crate::arch::{state, traps};
use arm_spec::esr::ec;

/// PSTATE: A32, Supervisor mode, interrupts masked.
const SVC: u64 = 0x1d3;
const ZERO_FLAG: u64 = 1 << 30;
/// ISS: CV, condition always.
const ALWAYS: u32 = 1 << 24 | 0xe << 20;

fn rig(pstate: u64) -> Rig {
    let rig = Rig::new();
    traps::with_guest(|regs| regs.pstate = pstate);
    rig
}

/// ISS of MCR or MRC p15, `opc1`, r5, `crn`, `crm`, `opc2`.
const fn cp15(opc1: u32, crn: u32, crm: u32, opc2: u32) -> u32 {
    opc2 << 17 | opc1 << 14 | crn << 10 | 5 << 5 | crm << 1
}
const READ: u32 = 1;
const CNTP_CTL: u32 = cp15(0, 14, 2, 1);
/// ISS of MCRR or MRRC p15, 2, r6, r7, c14.
const CNTP_CVAL: u32 = 2 << 16 | 7 << 10 | 6 << 5 | 14 << 1;

#[test]
fn the_timer_has_32_and_64_bit_registers() {
    let rig = rig(SVC);
    rig.set_x(6, 0x89ab_cdef);
    rig.set_x(7, 0x0123_4567);
    rig.trap(ec::CP15_64, ALWAYS | CNTP_CVAL);
    rig.set_x(6, 0);
    rig.set_x(7, 0);
    rig.trap(ec::CP15_64, ALWAYS | CNTP_CVAL | READ);
    assert_eq!((rig.x(6), rig.x(7)), (0x89ab_cdef, 0x0123_4567));
    rig.set_x(5, 3);
    rig.trap(ec::CP15_32, ALWAYS | CNTP_CTL);
    rig.trap(ec::CP15_32, ALWAYS | CNTP_CTL | READ);
    assert_eq!(rig.x(5), 3);
    assert_eq!(rig.pc(), ENTRY + 16);
}

#[test]
fn a_failed_condition_has_no_effect() {
    let rig = rig(SVC);
    rig.set_x(5, 3);
    // EQ with Z clear.
    rig.trap(ec::CP15_32, 1 << 24 | CNTP_CTL);
    assert_eq!(rig.pc(), ENTRY + 4);
    rig.trap(ec::CP15_32, ALWAYS | CNTP_CTL | READ);
    assert_eq!(rig.x(5), 0);
}

#[test]
fn a_passed_condition_has_its_effect() {
    let rig = rig(SVC | ZERO_FLAG);
    rig.set_x(5, 3);
    rig.trap(ec::CP15_32, 1 << 24 | CNTP_CTL);
    rig.trap(ec::CP15_32, ALWAYS | CNTP_CTL | READ);
    assert_eq!(rig.x(5) & 3, 3);
}

#[test]
fn a_conditional_wfi_that_fails_does_not_wait() {
    let rig = rig(SVC);
    // Nothing would ever wake it.
    rig.trap(ec::WFX, 1 << 24);
    assert_eq!(rig.pc(), ENTRY + 4);
}

#[test]
fn debug_registers_read_as_zero_and_what_is_unknown_is_undefined() {
    let rig = rig(SVC);
    rig.set_x(5, 9);
    rig.trap(ec::CP14_32, ALWAYS | cp15(0, 0, 0, 0) | READ);
    assert_eq!((rig.x(5), rig.pc()), (0, ENTRY + 4));
    for (class, iss) in [(ec::CP15_32, cp15(0, 15, 0, 0)), (ec::CP14_32, cp15(1, 0, 0, 0)), (ec::CP14_LDC, 0)]
    {
        state::with(|cpu| cpu.el1.elr = 0);
        traps::with_guest(|regs| (regs.pc, regs.pstate) = (ENTRY, SVC));
        rig.trap(class, ALWAYS | iss);
        assert_eq!(rig.el1().elr, ENTRY, "{class:#x}");
    }
}

#[test]
fn hypercalls_are_in_r12() {
    let rig = rig(SVC);
    rig.set_x(12, 17);
    rig.set_x(0, 0);
    rig.trap(ec::HVC32, 0xea1);
    assert_eq!(rig.x(0), 4 << 16 | 17);
}

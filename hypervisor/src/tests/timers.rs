//! Timers and waiting.

use super::{ENTRY, Rig};
use crate::arch::state::{self, Event, HYP_TIMER, VIRTUAL_TIMER};
use crate::arch::sysreg::FpTrap;
use crate::arch::timer::VirtualTimer;
use crate::domain::stats::Cause;
use arm_spec::esr::ec;

/// The guest's controller lets `intids`, all private, through.
fn enable(rig: &Rig, intids: u64) {
    let word = |rt: u32| 1 << 24 | 2 << 22 | rt << 16 | 1 << 6 | 7;
    let stores =
        [(super::GICD, 0x12), (super::GICR + 0x1_0080, 0xffff_ffff), (super::GICR + 0x1_0100, intids)];
    for (at, value) in stores {
        rig.set_x(1, value);
        rig.abort(ec::DATA_ABORT_LOWER, word(1), at);
    }
    // ICH_VMCR_EL2: group 1 on, no priority masked.
    state::with(|cpu| cpu.ich_vmcr = 0xff << 24 | 1 << 1);
}

/// ISS of MSR (`read` 0) or MRS (1) of CNTP_CTL, CNTP_CVAL, CNTP_TVAL (`op2` 1, 2, 0) with X4.
const fn cntp(op2: u32, read: u32) -> u32 {
    3 << 20 | op2 << 17 | 3 << 14 | 14 << 10 | 4 << 5 | 2 << 1 | read
}

#[test]
fn the_virtual_timer_is_forwarded_and_stays_active() {
    let rig = Rig::new();
    enable(&rig, 1 << VIRTUAL_TIMER);
    rig.interrupt(VIRTUAL_TIMER);
    assert_eq!(rig.pending(), [VIRTUAL_TIMER]);
    let lr = state::with(|cpu| cpu.list_registers[0]);
    assert_eq!(lr >> 61 & 1, 1, "HW");
    assert_eq!(lr >> 32 & 0x1fff, u64::from(VIRTUAL_TIMER), "the physical number");
    assert!(rig.events().contains(&Event::PriorityDrop(VIRTUAL_TIMER)));
    assert!(!rig.events().contains(&Event::Deactivate(VIRTUAL_TIMER)), "the guest's own end does that");
}

#[test]
fn the_physical_timer_is_emulated() {
    let rig = Rig::new();
    enable(&rig, 1 << 30);
    rig.set_x(4, 1_000_000);
    rig.trap(ec::SYSREG, cntp(2, 0));
    rig.set_x(4, 1);
    rig.trap(ec::SYSREG, cntp(1, 0));
    rig.trap(ec::SYSREG, cntp(1, 1));
    assert_eq!(rig.x(4), 1, "enabled, not met");
    assert_eq!(rig.pending(), []);
    assert!(state::with(|cpu| cpu.hyp_deadline).is_some_and(|count| count <= 1_000_000), "EL2 waits for it");
    state::with(|cpu| cpu.count = 1_000_000);
    rig.interrupt(HYP_TIMER);
    assert_eq!(rig.pending(), [30]);
    rig.trap(ec::SYSREG, cntp(1, 1));
    assert_eq!(rig.x(4), 0b101, "met");
}

#[test]
fn wfi_sleeps_until_the_timer() {
    let rig = Rig::new();
    enable(&rig, 1 << VIRTUAL_TIMER);
    let pc = rig.pc();
    state::with(|cpu| cpu.virtual_timer = VirtualTimer { ctl: 1, cval: 500_000, offset: 0 });
    rig.trap(ec::WFX, 0);
    assert!(state::with(|cpu| cpu.count) >= 500_000);
    assert_eq!(rig.pc(), pc + 4);
    assert_eq!(state::with(|cpu| cpu.virtual_timer.cval), 500_000, "loaded again");
    assert_eq!(rig.vcpu.stats.get(Cause::Wfx), 1);
}

#[test]
fn wfi_with_something_pending_goes_on() {
    let rig = Rig::new();
    enable(&rig, 1 << VIRTUAL_TIMER);
    rig.interrupt(VIRTUAL_TIMER);
    let before = state::with(|cpu| cpu.count);
    rig.trap(ec::WFX, 0);
    assert!(state::with(|cpu| cpu.count) - before < 1000, "no time passes");
}

#[test]
fn floating_point_is_loaded_at_its_first_use() {
    let rig = Rig::new();
    assert_eq!(state::with(|cpu| cpu.fp_trap), FpTrap::Trap);
    rig.trap(ec::FP, 1 << 24 | 0xe << 20);
    assert_eq!(state::with(|cpu| cpu.fp_trap), FpTrap::Allow);
    assert_eq!(rig.pc(), ENTRY, "the instruction is executed again");
}

//! Set/way maintenance, and the watch for caches that are turned on or off after it.

use super::{ENTRY, Rig};
use crate::arch::vm_control::{Watch, watched};
use crate::arch::{state, traps};
use crate::domain::cache;
use arm_spec::Width;
use arm_spec::esr::ec;

/// ISS of an MSR or SYS instruction with register 1.
const fn write(op0: u32, op1: u32, crn: u32, crm: u32, op2: u32) -> u32 {
    op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | 1 << 5 | crm << 1
}
const DC_CISW: u32 = write(1, 0, 7, 14, 2);
const SCTLR: u32 = write(3, 0, 1, 0, 0);
const CACHES: u64 = 1 << 2;

/// Executes an instruction until it is done, and returns how often it trapped.
fn execute(rig: &Rig, iss: u32, value: u64) -> u32 {
    let start = rig.pc();
    rig.set_x(1, value);
    for times in 1..100 {
        rig.trap(ec::SYSREG, iss);
        if rig.pc() == start + 4 {
            return times;
        }
    }
    panic!("it does not end");
}

#[test]
fn only_the_first_operation_cleans() {
    let rig = Rig::new();
    assert!(execute(&rig, DC_CISW, 0x40) > 1, "memory is cleaned in steps");
    assert_eq!(watched(), Watch::On);
    assert_eq!(execute(&rig, DC_CISW, 0), 1);
    assert_eq!(rig.pc(), ENTRY + 8);
}

#[test]
fn the_end_of_the_caches_cleans_what_was_written_meanwhile() {
    let rig = Rig::new();
    state::with(|cpu| cpu.sctlr = CACHES | 1);
    execute(&rig, DC_CISW, 0);
    assert_eq!(execute(&rig, SCTLR, CACHES), 1, "the caches stay on");
    assert!(execute(&rig, SCTLR, 0) > 1, "memory is cleaned in steps");
    assert_eq!(state::with(|cpu| cpu.sctlr), 0);
    assert_eq!(watched(), Watch::On);
}

#[test]
fn another_instruction_begins_at_the_start() {
    let rig = Rig::new();
    let times = execute(&rig, DC_CISW, 0);
    state::with(|cpu| cpu.sctlr = CACHES);
    rig.set_x(1, 0);
    rig.trap(ec::SYSREG, SCTLR);
    traps::with_guest(|regs| regs.advance(0x100));
    assert_eq!(execute(&rig, SCTLR, 0), times, "what the first one cleaned may have been written again");
}

#[test]
fn caches_that_are_on_again_are_not_watched() {
    let rig = Rig::new();
    execute(&rig, DC_CISW, 0);
    assert!(execute(&rig, SCTLR, CACHES) > 1);
    assert_eq!(watched(), Watch::Off);
    assert!(execute(&rig, DC_CISW, 0) > 1, "a loop after that cleans again");
}

#[test]
fn a_register_that_cannot_trap_is_undefined() {
    let rig = Rig::new();
    rig.trap(ec::SYSREG, write(3, 0, 2, 0, 7));
    assert_ne!(rig.pc(), ENTRY + 4);
}

#[test]
fn a_vcpu_of_32_bits_that_another_one_starts_has_nothing_in_its_caches() {
    let rig = Rig::new();
    rig.vcpu.domain.set_width(Width::A32).unwrap();
    cache::expect_start(&rig.vcpu);
    rig.vcpu.state.with(|state| state.system.load());
    assert_eq!(watched(), Watch::On);
    assert_eq!(execute(&rig, DC_CISW, 0x40), 1, "nothing is cleaned");
    assert_eq!(execute(&rig, SCTLR, CACHES), 1, "nor as the caches are turned on for the first time");
    assert_eq!(watched(), Watch::Off);
    assert!(execute(&rig, DC_CISW, 0) > 1, "a loop after that cleans");
    assert!(execute(&rig, SCTLR, 0) > 1, "and so does the end of the caches");
}

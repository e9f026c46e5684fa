//! Hypercalls and what a guest takes for firmware.

use super::{ENTRY, GUEST_RAM, Rig, VECTORS};
use crate::arch::state::Event;
use arm_spec::esr::ec;

const HYPERCALL: u32 = 0xea1;
const ENOSYS: u64 = -38i64 as u64;
const EFAULT: u64 = -14i64 as u64;
const PSCI_VERSION: u64 = 0x8400_0000;

#[test]
fn xen_version_says_4_17() {
    let rig = Rig::new();
    rig.set_x(16, 17);
    rig.set_x(0, 0);
    rig.trap(ec::HVC64, HYPERCALL);
    assert_eq!(rig.x(0), 4 << 16 | 17);
    assert_eq!(rig.pc(), ENTRY, "the return address of HVC is after it already");
}

#[test]
fn results_go_to_the_guests_memory() {
    let rig = Rig::new();
    // Across a page boundary.
    let at = GUEST_RAM + 0x2000 - 4;
    rig.set_x(16, 17);
    rig.set_x(0, 1);
    rig.set_x(1, at);
    rig.trap(ec::HVC64, HYPERCALL);
    assert_eq!(rig.x(0), 0);
    assert_eq!(&rig.memory(at, 10), b"-xenolith\0");
}

#[test]
fn an_address_without_memory_is_efault() {
    let rig = Rig::new();
    for at in [0, GUEST_RAM + 0x1_0000 - 4, u64::MAX - 3] {
        rig.set_x(16, 17);
        rig.set_x(0, 1);
        rig.set_x(1, at);
        rig.trap(ec::HVC64, HYPERCALL);
        assert_eq!(rig.x(0), EFAULT, "{at:#x}");
    }
}

#[test]
fn an_unknown_hypercall_is_enosys() {
    let rig = Rig::new();
    for number in [63, 64, 0xffff_ffff, u64::MAX] {
        rig.set_x(16, number);
        rig.trap(ec::HVC64, HYPERCALL);
        assert_eq!(rig.x(0), ENOSYS, "{number:#x}");
    }
}

#[test]
fn psci_answers_by_hvc_and_smc() {
    let rig = Rig::new();
    rig.set_x(0, PSCI_VERSION);
    rig.trap(ec::HVC64, 0);
    assert_eq!((rig.x(0), rig.pc()), (0x1_0001, ENTRY));
    rig.set_x(0, PSCI_VERSION);
    rig.trap(ec::SMC64, 0);
    assert_eq!((rig.x(0), rig.pc()), (0x1_0001, ENTRY + 4), "an SMC is stepped over");
}

#[test]
fn a_guests_call_never_reaches_firmware() {
    let rig = Rig::new();
    for function in [0x8400_00ff, 0xc200_0000, 0x8200_ff01, 0xffff_ffff] {
        rig.set_x(0, function);
        rig.trap(ec::SMC64, 0);
        assert_eq!(rig.x(0) & 0xffff_ffff, 0xffff_ffff, "{function:#x}");
    }
    assert!(!rig.events().iter().any(|event| matches!(event, Event::Smc(..))));
}

#[test]
fn another_immediate_is_undefined() {
    let rig = Rig::new();
    rig.trap(ec::HVC64, 0x1234);
    assert_eq!(rig.el1().esr >> 26, u64::from(ec::UNKNOWN));
    assert_eq!(rig.pc(), VECTORS + 0x200);
}

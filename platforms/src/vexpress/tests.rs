//! The board's sequences, as accesses; its addresses, against its real tree.

use super::*;
use crate::tests::{Access, Recorder};

#[test]
fn a_cpu_is_woken_by_flags_and_sgi() {
    let mut port = Recorder::default();
    assert_eq!(Vexpress.cpu_on(&mut port, CpuId::new(1), PhysAddr::new(0x8001_2000)), Ok(()));
    assert_eq!(
        port.accesses,
        [
            Access::Write(0x1c01_0034, 0xffff_ffff),
            Access::Write(0x1c01_0030, 0x8001_2000),
            Access::Sgi(CpuId::new(1)),
        ]
    );
}

#[test]
fn an_entry_above_4_gib_touches_nothing() {
    let mut port = Recorder::default();
    let result = Vexpress.cpu_on(&mut port, CpuId::new(1), PhysAddr::new(0x8_8001_2000));
    assert_eq!(result, Err(PlatformError::EntryTooHigh));
    assert!(port.accesses.is_empty());
}

#[test]
fn power_off_polls_until_done() {
    let mut port = Recorder { answers: vec![0, 0, 1], ..Recorder::default() };
    Vexpress.power_off(&mut port);
    assert_eq!(
        port.accesses,
        [
            Access::Write(0x1c01_00a8, 0),
            Access::Write(0x1c01_00a0, 0),
            Access::Write(0x1c01_00a4, 0xc080_0000),
            Access::Read(0x1c01_00a8),
            Access::Wait(100),
            Access::Read(0x1c01_00a8),
            Access::Wait(100),
            Access::Read(0x1c01_00a8),
        ]
    );
}

#[test]
fn a_reset_that_is_refused_goes_to_the_system_controller() {
    let mut port = Recorder { answers: vec![3], ..Recorder::default() };
    Vexpress.reset(&mut port);
    assert_eq!(port.accesses[2], Access::Write(0x1c01_00a4, 0xc090_0000));
    assert_eq!(port.accesses[4..], [Access::Write(0x1c02_0000, 3), Access::Write(0x1c02_0004, 1)]);
}

#[test]
fn polling_ends() {
    let mut port = Recorder::default();
    assert_eq!(configure(&mut port, FUNCTION_REBOOT), Err(PlatformError::TimedOut));
    assert_eq!(port.accesses.iter().filter(|access| **access == Access::Wait(100)).count(), 100);
}

//! The emulated physical timer: guests' accesses trap, EL2's own timer stands in for it.

use super::{Vcpu, vgic};
use crate::arch::timer;
use crate::trap::Cx;
use crate::{irq, sched};
use vdev::timer::Level;

pub use vdev::timer::Register;

/// Reads a register of the calling vCPU's timer.
pub fn read(cx: &mut Cx<'_>, register: Register) -> u64 {
    let now = timer::counter();
    cx.vcpu.state.with(|state| state.physical_timer.read(register, now))
}

/// Writes a register of the calling vCPU's timer.
pub fn write(cx: &mut Cx<'_>, register: Register, value: u64) {
    let now = timer::counter();
    let (before, after) = cx.vcpu.state.with(|state| {
        let timer = &mut state.physical_timer;
        let before = timer.deadline(now);
        timer.write(register, value, now);
        (before, timer.deadline(now))
    });
    check_at(cx.vcpu, now);
    if before != after {
        sched::set_deadline_at(cx.cpu, now);
    }
}

/// Sets the line of the timer's interrupt as it is now, on the CPU that runs the vCPU.
pub fn check(vcpu: &Vcpu) {
    check_at(vcpu, timer::counter());
}

/// As [`check`], when the counter shows `now`.
pub fn check_at(vcpu: &Vcpu, now: u64) {
    let level = match vcpu.state.with(|state| state.physical_timer.level(now)) {
        Level::Low => vgic::Level::Low,
        Level::High => vgic::Level::High,
    };
    vgic::set_own_ppi_line(vcpu, irq::private().physical_timer, level);
}

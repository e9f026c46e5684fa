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
    cx.vcpu.state.with(|state| state.physical_timer.write(register, value, now));
    check(cx.vcpu);
    sched::set_deadline(cx.cpu);
}

/// Sets the line of the timer's interrupt as it is now, on the CPU that runs the vCPU.
pub fn check(vcpu: &Vcpu) {
    let now = timer::counter();
    let level = match vcpu.state.with(|state| state.physical_timer.level(now)) {
        Level::Low => vgic::Level::Low,
        Level::High => vgic::Level::High,
    };
    vgic::set_own_ppi_line(vcpu, irq::private().physical_timer, level);
}

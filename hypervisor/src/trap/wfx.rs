//! WFI and WFE.

use super::Cx;
use crate::sched;
use arm_spec::esr::Esr;

/// ISS.TI bit 0: WFE instead of WFI.
const IS_WFE: u32 = 1;

/// Blocks the vCPU until an interrupt comes (WFI), or lets others run (WFE).
pub fn handle(cx: &mut Cx<'_>, esr: Esr) {
    cx.regs.advance(esr.instruction_bytes());
    if esr.iss() & IS_WFE != 0 {
        sched::yield_now(cx.cpu);
    } else {
        sched::wait_for_interrupt(cx.cpu, cx.vcpu);
    }
}

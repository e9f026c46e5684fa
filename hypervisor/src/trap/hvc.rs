//! HVC and SMC: hypercalls and what a guest takes for firmware.

use super::{Cx, Effect};
use crate::domain::psci;
use crate::domain::stats::Cause;
use crate::hypercall;
use arm_spec::esr::Esr;

/// The immediate of a hypercall (xen/include/public/arch-arm.h, XEN_HYPERCALL_TAG).
const HYPERCALL: u16 = xen_abi::hypercall::HVC_TAG;
/// The immediate of the SMC calling convention (Arm DEN 0028E).
const SMCCC: u16 = 0;

/// Handles HVC; the preferred return address is after it.
#[inline(always)]
pub fn handle(cx: &mut Cx<'_>, esr: Esr) -> Effect {
    match esr.immediate() {
        HYPERCALL => {
            cx.vcpu.stats.count(Cause::Hypercall);
            hypercall::handle(cx)
        }
        SMCCC => {
            cx.vcpu.stats.count(Cause::Smc);
            psci::handle(cx)
        }
        _ => cx.inject_undefined(),
    }
}

/// Handles SMC, which is never passed on to firmware here.
pub fn smc(cx: &mut Cx<'_>, esr: Esr) -> Effect {
    cx.regs.advance(esr.instruction_bytes());
    if esr.immediate() == SMCCC {
        return psci::handle(cx);
    }
    cx.regs.set_reg(0, u64::MAX);
    Effect::Registers
}

//! Accesses that stage 2 stopped: to an emulated device, to nothing, or too early.

use super::{Cx, Effect, Fault};
use crate::arch::context::{self, Injected};
use crate::arch::sysreg::Access;
use crate::domain::mmio;
use crate::domain::stats::Cause;
use arm_spec::esr::FaultKind;

/// Handles a data abort.
#[inline(never)]
pub fn data(cx: &mut Cx<'_>, fault: &Fault) -> Effect {
    cx.vcpu.stats.count(Cause::DataAbort);
    match mmio::emulate_word(cx, fault) {
        Some(effect) => effect,
        None => data_any(cx, fault),
    }
}

#[inline(never)]
fn data_any(cx: &mut Cx<'_>, fault: &Fault) -> Effect {
    let esr = fault.esr;
    if !is_stage2(fault) {
        return inject_data(cx, fault);
    }
    if let Some(access) = esr.data_access()
        && !esr.on_stage1_walk()
        && mmio::emulate(cx, fault, access)
    {
        return Effect::More;
    }
    let access = if esr.is_write() && !esr.on_stage1_walk() { Access::Write } else { Access::Read };
    if cx.vcpu.domain.p2m.is_mapped(fault.ipa(), access) {
        // It was being changed when the access came: the guest executes it again.
        cx.vcpu.stats.count(Cause::Retried);
        return Effect::Registers;
    }
    inject_data(cx, fault)
}

/// Handles an instruction abort.
pub fn instruction(cx: &mut Cx<'_>, fault: &Fault) -> Effect {
    cx.vcpu.stats.count(Cause::InstructionAbort);
    if is_stage2(fault) && cx.vcpu.domain.p2m.is_executable(fault.ipa()) {
        cx.vcpu.stats.count(Cause::Retried);
        return Effect::Registers;
    }
    context::inject(cx.regs, Injected::PrefetchAbort { far: fault.far });
    Effect::Registers
}

/// Tells whether stage 2 stopped the access, and not the bus.
fn is_stage2(fault: &Fault) -> bool {
    matches!(fault.esr.fault_kind(), FaultKind::Translation | FaultKind::Permission | FaultKind::AccessFlag)
}

/// Makes the guest take an external abort, as the bus would answer where nothing is.
fn inject_data(cx: &mut Cx<'_>, fault: &Fault) -> Effect {
    let access = if fault.esr.is_write() { Access::Write } else { Access::Read };
    context::inject(cx.regs, Injected::DataAbort { far: fault.far, access });
    Effect::Registers
}

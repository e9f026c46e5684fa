//! Accesses that stage 2 stopped: to an emulated device, to nothing, or too early.

use super::{Cx, Fault};
use crate::arch::context::{self, Injected};
use crate::arch::sysreg::Access;
use crate::domain::mmio;
use crate::domain::stats::Cause;
use arm_spec::esr::{Esr, FaultKind, ec};

/// ISS of the abort injected for an address with nothing behind it: synchronous external abort.
const EXTERNAL_ABORT: u32 = 0x10;
/// ISS.WnR and ISS.EA, kept from what the hardware reported.
const KEPT: u32 = 1 << 6;

/// Handles a data abort.
pub fn data(cx: &mut Cx<'_>, fault: &Fault) {
    let esr = fault.esr;
    if !matches!(esr.fault_kind(), FaultKind::Translation | FaultKind::Permission | FaultKind::AccessFlag) {
        return inject(cx, fault, ec::DATA_ABORT_LOWER);
    }
    if let Some(access) = esr.data_access()
        && !esr.on_stage1_walk()
        && mmio::emulate(cx, fault, access)
    {
        return;
    }
    let access = if esr.is_write() && !esr.on_stage1_walk() { Access::Write } else { Access::Read };
    if cx.vcpu.domain.p2m.is_mapped(fault.ipa(), access) {
        // It was being changed when the access came: the guest executes it again.
        cx.vcpu.stats.count(Cause::Retried);
        return;
    }
    inject(cx, fault, ec::DATA_ABORT_LOWER);
}

/// Handles an instruction abort.
pub fn instruction(cx: &mut Cx<'_>, fault: &Fault) {
    if cx.vcpu.domain.p2m.is_executable(fault.ipa()) {
        cx.vcpu.stats.count(Cause::Retried);
        return;
    }
    inject(cx, fault, ec::INSTRUCTION_ABORT_LOWER);
}

/// Makes the guest take an external abort, as the bus would answer where nothing is.
fn inject(cx: &mut Cx<'_>, fault: &Fault, class: u32) {
    // The class of an abort taken without a change of exception level is one higher.
    let class = if cx.regs.is_user() || cx.regs.is_a32() { class } else { class + 1 };
    let iss = EXTERNAL_ABORT | fault.esr.iss() & if class >= ec::DATA_ABORT_LOWER { KEPT } else { 0 };
    let esr = Esr::from_parts(class, iss).raw();
    context::inject(cx.regs, Injected::Synchronous { esr, far: Some(fault.far) });
}

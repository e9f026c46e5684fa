//! Emulated devices: which one an access hits.

use super::vgic::{self, Access, Done, Width};
use crate::trap::{Cx, Effect, Fault};
use arm_spec::esr::DataAccess;

/// Emulates what drivers do most: words of the interrupt controller's distributor, where nothing stands in
/// the way. Elsewhere it does nothing.
#[inline(always)]
pub fn emulate_word(cx: &mut Cx<'_>, fault: &Fault) -> Option<Effect> {
    let register = fault.esr.plain_word()?;
    let offset = cx.vcpu.domain.vgic.distributor_offset(fault.ipa())?;
    if fault.esr.is_write() {
        let value = u32::try_from(cx.regs.reg(register) & 0xffff_ffff).unwrap_or(0);
        if !vgic::rewrite_word(cx.vcpu, offset, value) {
            return None;
        }
    } else {
        cx.regs.set_reg(register, vgic::read_word(cx.vcpu, offset)?.into());
    }
    cx.regs.advance(fault.esr.instruction_bytes());
    Some(Effect::Registers)
}

/// Emulates an access whose syndrome describes it; false where no device is there.
pub fn emulate(cx: &mut Cx<'_>, fault: &Fault, access: DataAccess) -> bool {
    let Some((frame, offset)) = cx.vcpu.domain.vgic.frame_at(fault.ipa()) else { return false };
    let width = match access.width_bytes {
        1 => Width::Byte,
        2 => Width::Half,
        4 => Width::Word,
        _ => Width::Double,
    };
    let to = Access { offset, width };
    if fault.esr.is_write() {
        let value = access.truncate(cx.regs.reg(access.register));
        vgic::write(cx.vcpu, frame, to, value);
    } else {
        match vgic::read(cx.vcpu, frame, to) {
            Done::Value(value) => cx.regs.set_reg(access.register, access.extend(value)),
            Done::Again => return true,
        }
    }
    cx.regs.advance(fault.esr.instruction_bytes());
    true
}

//! Emulated devices: which one an access hits.

use super::vgic::{self, Access, Done, Width};
use super::vuart;
use crate::trap::{Cx, Effect, Fault};
use arm_spec::esr::DataAccess;
use vdev::vpl011;

/// Emulates what drivers do most: words of the interrupt controller, where nothing stands in the way.
/// Elsewhere it does nothing.
#[inline(always)]
pub fn emulate_word(cx: &mut Cx<'_>, fault: &Fault) -> Option<Effect> {
    let register = fault.esr.plain_word()?;
    let (ipa, vgic) = (fault.ipa(), &cx.vcpu.domain.vgic);
    let distributor = vgic.distributor_offset(ipa);
    let effect = if fault.esr.is_write() {
        let value = u32::try_from(cx.regs.reg(register) & 0xffff_ffff).unwrap_or(0);
        vgic::write_word(cx.vcpu, distributor?, value)?
    } else {
        let value = match distributor {
            Some(offset) => vgic::read_word(cx.vcpu, offset)?,
            None => vgic::read_own_word(cx.vcpu, vgic.redistributor_offset(ipa, cx.vcpu.id)?)?,
        };
        cx.regs.set_reg(register, value.into());
        Effect::Registers
    };
    cx.regs.advance(fault.esr.instruction_bytes());
    Some(effect)
}

/// Emulates an access whose syndrome describes it; false where no device is there.
pub fn emulate(cx: &mut Cx<'_>, fault: &Fault, access: DataAccess) -> bool {
    let Some((frame, offset)) = cx.vcpu.domain.vgic.frame_at(fault.ipa()) else {
        return emulate_uart(cx, fault, access).is_some();
    };
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

/// Emulates an access to the guest's UART; `None` where there is none.
#[inline(never)]
fn emulate_uart(cx: &mut Cx<'_>, fault: &Fault, access: DataAccess) -> Option<()> {
    let domain = &cx.vcpu.domain;
    let offset = vuart::offset_of(fault.ipa())?;
    let width = match access.width_bytes {
        1 => vpl011::Width::Byte,
        2 => vpl011::Width::Half,
        4 => vpl011::Width::Word,
        _ => return None,
    };
    let at = vpl011::Access { offset, width };
    if fault.esr.is_write() {
        let value = access.truncate(cx.regs.reg(access.register));
        domain.write_vuart(at, u32::try_from(value).ok()?)?;
    } else {
        let value = domain.read_vuart(at)?;
        cx.regs.set_reg(access.register, access.extend(value.into()));
    }
    cx.regs.advance(fault.esr.instruction_bytes());
    Some(())
}

//! A64 system registers that trap.

use super::{Cx, Effect};
use crate::arch::{idregs, vm_control};
use crate::domain::cache::{self, Maintenance};
use crate::domain::ptimer::{self, Register};
use crate::domain::stats::Cause;
use crate::domain::vgic;
use ::vgic::SgiGroup;
use arm_spec::esr::Esr;

/// A trapped MRS or MSR (ESR_EL2.ISS for EC 0x18).
#[derive(Clone, Copy)]
struct SysregAccess(u32);

/// Direction bit: set for MRS.
const READ: u32 = 1;

/// Packs op0, op1, CRn, CRm, op2 as [`SysregAccess::id`] does.
const fn id(op0: u32, op1: u32, crn: u32, crm: u32, op2: u32) -> u32 {
    op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | crm << 1
}

const ICC_SGI1R: u32 = id(3, 0, 12, 11, 5);
const ICC_ASGI1R: u32 = id(3, 0, 12, 11, 6);
const ICC_SGI0R: u32 = id(3, 0, 12, 11, 7);
const CNTP_TVAL: u32 = id(3, 3, 14, 2, 0);
const CNTP_CTL: u32 = id(3, 3, 14, 2, 1);
const CNTP_CVAL: u32 = id(3, 3, 14, 2, 2);
const ACTLR: u32 = id(3, 0, 1, 0, 1);
const SCTLR: u32 = id(3, 0, 1, 0, 0);

impl SysregAccess {
    const fn id(self) -> u32 {
        self.0 & !(0x1f << 5 | READ)
    }

    const fn register(self) -> u32 {
        self.0 >> 5 & 0x1f
    }

    const fn is_read(self) -> bool {
        self.0 & READ != 0
    }

    const fn op0(self) -> u32 {
        self.0 >> 20 & 3
    }

    const fn op1(self) -> u32 {
        self.0 >> 14 & 7
    }

    const fn crn(self) -> u32 {
        self.0 >> 10 & 0xf
    }

    const fn crm(self) -> u32 {
        self.0 >> 1 & 0xf
    }

    const fn op2(self) -> u32 {
        self.0 >> 17 & 7
    }

    /// Names it as a register of virtual memory control; no such one has another op0 or op1.
    const fn vm_control(self) -> vm_control::Name {
        if self.op0() != 3 || self.op1() != 0 {
            return (0, 0, 0);
        }
        (self.crn(), self.crm(), self.op2())
    }

    /// Tells whether it is op0 3, op1 0, CRn 0.
    const fn is_identification(self) -> bool {
        self.0 & id(3, 7, 0xf, 0, 0) == id(3, 0, 0, 0, 0)
    }
}

/// The bytes of an A64 instruction.
const BYTES: u64 = 4;

/// Emulates the access, or makes the guest take an undefined-instruction exception.
pub fn handle(cx: &mut Cx<'_>, esr: Esr) -> Effect {
    cx.vcpu.stats.count(Cause::Sysreg);
    let access = SysregAccess(esr.iss());
    if !access.is_read() {
        return write(cx, access);
    }
    if !access.is_identification() {
        return read(cx, access);
    }
    finish_read(cx, access, idregs::read(access.crm(), access.op2()))
}

/// No read changes anything but the register that it names.
#[inline]
fn finish_read(cx: &mut Cx<'_>, access: SysregAccess, value: u64) -> Effect {
    cx.regs.set_reg(access.register(), value);
    cx.regs.advance(BYTES);
    Effect::Registers
}

#[inline(never)]
fn read(cx: &mut Cx<'_>, access: SysregAccess) -> Effect {
    let value = match access.id() {
        CNTP_TVAL => ptimer::read(cx, Register::Tval),
        CNTP_CTL => ptimer::read(cx, Register::Ctl),
        CNTP_CVAL => ptimer::read(cx, Register::Cval),
        ACTLR => idregs::actlr(),
        _ if is_debug(access) => debug_read(access),
        _ => return cx.inject_undefined(),
    };
    finish_read(cx, access, value)
}

#[inline(never)]
fn write(cx: &mut Cx<'_>, access: SysregAccess) -> Effect {
    let value = cx.regs.reg(access.register());
    match access.id() {
        ICC_SGI1R => vgic::sgi_register(cx, SgiGroup::One, value),
        ICC_ASGI1R | ICC_SGI0R => vgic::sgi_register(cx, SgiGroup::Zero, value),
        CNTP_TVAL => ptimer::write(cx, Register::Tval, value),
        CNTP_CTL => ptimer::write(cx, Register::Ctl, value),
        CNTP_CVAL => ptimer::write(cx, Register::Cval, value),
        ACTLR => {}
        SCTLR => {
            if cache::write_sctlr(cx, value) == Maintenance::Again {
                return Effect::More;
            }
        }
        _ if is_set_way(access) => {
            if cache::set_way(cx) == Maintenance::Again {
                return Effect::More;
            }
        }
        _ if vm_control::write(access.vm_control(), value).is_some() => {}
        _ if is_debug(access) => {}
        _ => return cx.inject_undefined(),
    }
    cx.regs.advance(BYTES);
    Effect::More
}

/// DC ISW, CSW, CISW.
fn is_set_way(access: SysregAccess) -> bool {
    access.op0() == 1 && access.crn() == 7 && matches!(access.crm(), 6 | 10 | 14) && access.op2() == 2
}

/// Debug registers: breakpoints and watchpoints read as zero, the OS lock as unlocked.
fn is_debug(access: SysregAccess) -> bool {
    access.op0() == 2 && (access.op1() == 0 || access.op1() == 3)
}

fn debug_read(access: SysregAccess) -> u64 {
    const OSLSR: u32 = id(2, 0, 1, 1, 4);
    // OSLSR_EL1.OSLM: the OS lock is implemented.
    if access.id() == OSLSR { 1 << 3 } else { 0 }
}

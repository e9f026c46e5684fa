//! A32 coprocessor registers that trap: CP15, debug's CP14, and the identification registers of CP10.
//!
//! Serves arm32's guests and A32 guests on arm64. Syndromes: Arm ARM DDI 0406C B3.13.6, HSR.ISS for EC
//! 0x03 to 0x08 and 0x0c; DDI 0487J D19.2.37 has the same.

use super::{Cx, Effect};
use crate::arch::{idregs, vm_control};
use crate::domain::cache::{self, Maintenance};
use crate::domain::ptimer::{self, Register};
use crate::domain::vgic;
use ::vgic::SgiGroup;
use arm_spec::esr::{Esr, ec};

/// A trapped MRC or MCR.
#[derive(Clone, Copy)]
struct Access32(u32);

/// A trapped MRRC or MCRR.
#[derive(Clone, Copy)]
struct Access64(u32);

/// Direction bit: set for MRC and MRRC.
const READ: u32 = 1;
/// ISS: Rt, Rt2, and what they and the direction leave of the register's name.
const NAME32: u32 = 7 << 17 | 7 << 14 | 0xf << 10 | 0xf << 1;
const NAME64: u32 = 0xf << 16 | 0xf << 1;

/// Packs opc1, CRn, CRm, opc2 as the syndrome does.
const fn id32(opc1: u32, crn: u32, crm: u32, opc2: u32) -> u32 {
    opc2 << 17 | opc1 << 14 | crn << 10 | crm << 1
}

/// Packs opc1, CRm as the syndrome does.
const fn id64(opc1: u32, crm: u32) -> u32 {
    opc1 << 16 | crm << 1
}

const ACTLR: u32 = id32(0, 1, 0, 1);
const SCTLR: u32 = id32(0, 1, 0, 0);
const TTBR0: u32 = id64(0, 2);
const TTBR1: u32 = id64(1, 2);
const DCISW: u32 = id32(0, 7, 6, 2);
const DCCSW: u32 = id32(0, 7, 10, 2);
const DCCISW: u32 = id32(0, 7, 14, 2);
const CNTP_TVAL: u32 = id32(0, 14, 2, 0);
const CNTP_CTL: u32 = id32(0, 14, 2, 1);
const CNTP_CVAL: u32 = id64(2, 14);
const ICC_SGI1R: u32 = id64(0, 12);
const ICC_ASGI1R: u32 = id64(1, 12);
const ICC_SGI0R: u32 = id64(2, 12);
const PMCCNTR: u32 = id64(0, 9);

impl Access32 {
    const fn id(self) -> u32 {
        self.0 & NAME32
    }

    const fn register(self) -> u32 {
        self.0 >> 5 & 0x1f
    }

    const fn is_read(self) -> bool {
        self.0 & READ != 0
    }

    const fn opc1(self) -> u32 {
        self.0 >> 14 & 7
    }

    const fn opc2(self) -> u32 {
        self.0 >> 17 & 7
    }

    const fn crn(self) -> u32 {
        self.0 >> 10 & 0xf
    }

    const fn crm(self) -> u32 {
        self.0 >> 1 & 0xf
    }

    /// Tells whether it is one of the performance monitors' registers, which the guest has not.
    const fn is_pmu(self) -> bool {
        self.opc1() == 0 && self.crn() == 9 && self.crm() >= 12 && self.crm() <= 14
    }
}

/// Emulates the access, or makes the guest take an undefined-instruction exception.
pub fn handle(cx: &mut Cx<'_>, esr: Esr) -> Effect {
    if esr.class() == ec::CP15_32 && maintains_caches(cx, Access32(esr.iss())) == Maintenance::Again {
        return Effect::More;
    }
    let done = match esr.class() {
        ec::CP15_32 => transfer32(cx, esr, read15, write15),
        ec::CP14_32 => transfer32(cx, esr, read14, write14),
        ec::CP10_ID => transfer32(cx, esr, read10, |_, _, _| None),
        ec::CP15_64 => transfer64(cx, esr, read15_64, write15_64),
        ec::CP14_64 => transfer64(cx, esr, |_, _| Some(0), |_, _, _| None),
        _ => None,
    };
    match done {
        Some(()) => {
            cx.regs.advance(esr.instruction_bytes());
            // No read changes anything but the registers that it names.
            if esr.iss() & READ != 0 { Effect::Registers } else { Effect::More }
        }
        None => cx.inject_undefined(),
    }
}

/// Performs DCISW, DCCSW, DCCISW, and a watched write of SCTLR.
fn maintains_caches(cx: &mut Cx<'_>, access: Access32) -> Maintenance {
    match access.id() {
        _ if access.is_read() => Maintenance::Done,
        DCISW | DCCSW | DCCISW => cache::set_way(cx),
        SCTLR => {
            let value = cx.regs.reg(access.register()) & 0xffff_ffff;
            cache::write_sctlr(cx, value)
        }
        _ => Maintenance::Done,
    }
}

fn transfer32(
    cx: &mut Cx<'_>,
    esr: Esr,
    read: fn(&mut Cx<'_>, Access32) -> Option<u64>,
    write: fn(&mut Cx<'_>, Access32, u64) -> Option<()>,
) -> Option<()> {
    let access = Access32(esr.iss());
    if access.is_read() {
        let value = read(cx, access)?;
        cx.regs.set_reg(access.register(), value & 0xffff_ffff);
        return Some(());
    }
    let value = cx.regs.reg(access.register()) & 0xffff_ffff;
    write(cx, access, value)
}

fn transfer64(
    cx: &mut Cx<'_>,
    esr: Esr,
    read: fn(&mut Cx<'_>, Access64) -> Option<u64>,
    write: fn(&mut Cx<'_>, Access64, u64) -> Option<()>,
) -> Option<()> {
    let access = Access64(esr.iss());
    let (low, high) = (access.0 >> 5 & 0x1f, access.0 >> 10 & 0x1f);
    if access.0 & READ != 0 {
        let value = read(cx, access)?;
        cx.regs.set_reg(low, value & 0xffff_ffff);
        cx.regs.set_reg(high, value >> 32);
        return Some(());
    }
    let value = cx.regs.reg(low) & 0xffff_ffff | cx.regs.reg(high) << 32;
    write(cx, access, value)
}

fn read15(cx: &mut Cx<'_>, access: Access32) -> Option<u64> {
    match access.id() {
        CNTP_TVAL => Some(ptimer::read(cx, Register::Tval)),
        CNTP_CTL => Some(ptimer::read(cx, Register::Ctl)),
        ACTLR => Some(idregs::actlr()),
        _ if access.opc1() == 0 && access.crn() == 0 => Some(idregs::read(access.crm(), access.opc2())),
        _ if access.is_pmu() => Some(0),
        _ => None,
    }
}

fn write15(cx: &mut Cx<'_>, access: Access32, value: u64) -> Option<()> {
    match access.id() {
        CNTP_TVAL => ptimer::write(cx, Register::Tval, value),
        CNTP_CTL => ptimer::write(cx, Register::Ctl, value),
        DCISW | DCCSW | DCCISW | SCTLR | ACTLR => {}
        _ if access.is_pmu() => {}
        _ if access.opc1() == 0 => {
            vm_control::write_a32((access.crn(), access.crm(), access.opc2()), value)?;
        }
        _ => return None,
    }
    Some(())
}

fn read15_64(cx: &mut Cx<'_>, access: Access64) -> Option<u64> {
    match access.0 & NAME64 {
        CNTP_CVAL => Some(ptimer::read(cx, Register::Cval)),
        PMCCNTR => Some(0),
        _ => None,
    }
}

fn write15_64(cx: &mut Cx<'_>, access: Access64, value: u64) -> Option<()> {
    match access.0 & NAME64 {
        CNTP_CVAL => ptimer::write(cx, Register::Cval, value),
        ICC_SGI1R => vgic::sgi_register(cx, SgiGroup::One, value),
        ICC_ASGI1R | ICC_SGI0R => vgic::sgi_register(cx, SgiGroup::Zero, value),
        PMCCNTR => {}
        TTBR0 => vm_control::write_pair(0, value)?,
        TTBR1 => vm_control::write_pair(1, value)?,
        _ => return None,
    }
    Some(())
}

/// Debug registers (opc1 0) read as zero: a debug architecture that no debugger knows (DBGDIDR.Version).
fn read14(_: &mut Cx<'_>, access: Access32) -> Option<u64> {
    (access.opc1() == 0).then_some(0)
}

fn write14(_: &mut Cx<'_>, access: Access32, _: u64) -> Option<()> {
    (access.opc1() == 0).then_some(())
}

/// MVFR0, MVFR1 and MVFR2, of which VMRS names 7, 6 and 5.
fn read10(_: &mut Cx<'_>, access: Access32) -> Option<u64> {
    match access.crn() {
        7 => Some(idregs::read(3, 0)),
        6 => Some(idregs::read(3, 1)),
        5 => Some(idregs::read(3, 2)),
        _ => None,
    }
}

//! Exceptions that EL2 makes the running guest take.

use super::{GuestRegs, PSTATE_A32, PSTATE_START, a32};
use crate::arch::sysreg::{Access, hcr, read, write};
use arm_spec::esr::{Esr, ec};

/// What the running vCPU takes as exception, at its next entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Injected {
    /// An undefined instruction.
    Undefined,
    /// A synchronous external abort of an instruction fetch.
    PrefetchAbort {
        /// The address fetched from.
        far: u64,
    },
    /// A synchronous external abort of a data access.
    DataAbort {
        /// The address accessed.
        far: u64,
        /// How it was accessed.
        access: Access,
    },
}

/// ISS.DFSC and ISS.IFSC: synchronous external abort, not on a table walk.
const EXTERNAL_ABORT: u32 = 0x10;
/// ISS.WnR.
const ISS_WRITE: u32 = 1 << 6;

/// Returns ESR_EL1 and, where it has one, FAR_EL1 of an exception that `regs` takes.
///
/// The class of an abort taken without a change of exception level is one higher.
fn syndrome(regs: &GuestRegs, exception: Injected) -> (u64, Option<u64>) {
    let same_level = if regs.is_user() || regs.is_a32() { 0 } else { 1 };
    let (class, iss, far) = match exception {
        Injected::Undefined => (ec::UNKNOWN, 0, None),
        Injected::PrefetchAbort { far } => {
            (ec::INSTRUCTION_ABORT_LOWER + same_level, EXTERNAL_ABORT, Some(far))
        }
        Injected::DataAbort { far, access } => {
            let write = if access == Access::Write { ISS_WRITE } else { 0 };
            (ec::DATA_ABORT_LOWER + same_level, EXTERNAL_ABORT | write, Some(far))
        }
    };
    (Esr::from_parts(class, iss).raw(), far)
}

/// Makes the running vCPU take an exception.
pub fn inject(regs: &mut GuestRegs, exception: Injected) {
    // What runs in A32 may be a program of an A64 kernel.
    if regs.is_a32() && read!("hcr_el2") & hcr::RW == 0 {
        a32::inject(regs, exception);
    } else {
        inject_a64(regs, exception);
    }
}

/// Makes an A64 kernel take an exception (Arm ARM DDI 0487J D1.3.3, AArch64.TakeException).
fn inject_a64(regs: &mut GuestRegs, exception: Injected) {
    let (esr, far) = syndrome(regs, exception);
    let mode = regs.pstate & 0x1f;
    let offset = match mode {
        0b00101 => 0x200,
        0b00100 => 0x000,
        _ if regs.is_a32() => 0x600,
        _ => 0x400,
    };
    write!("esr_el1", esr);
    if let Some(far) = far {
        write!("far_el1", far);
    }
    write!("elr_el1", regs.pc);
    write!("spsr_el1", regs.pstate);
    regs.pc = read!("vbar_el1").wrapping_add(offset);
    regs.pstate = exception_pstate(regs.pstate);
}

/// Returns PSTATE after an exception to EL1: masked, EL1h; PAN, UAO, DIT, SSBS, TCO per SCTLR_EL1.
fn exception_pstate(old: u64) -> u64 {
    let sctlr = read!("sctlr_el1");
    let kept = if old & PSTATE_A32 != 0 { 0xf000_0000 } else { 0xf100_0000 };
    let mut new = old & kept | PSTATE_START;
    let has_pan = read!("id_aa64mmfr1_el1") >> 20 & 0xf != 0;
    if has_pan && (sctlr & 1 << 23 == 0 || old & 1 << 22 != 0) {
        new |= 1 << 22;
    }
    if read!("id_aa64pfr1_el1") >> 4 & 0xf != 0 && sctlr & 1 << 44 != 0 {
        new |= 1 << 12;
    }
    if read!("id_aa64pfr1_el1") >> 8 & 0xf >= 2 {
        new |= 1 << 25;
    }
    new
}

/// Makes the running vCPU take a virtual SError at its next chance (HCR_EL2.VSE).
pub fn inject_serror() {
    write!("hcr_el2", read!("hcr_el2") | hcr::VSE);
}

//! Exceptions that Hyp mode makes the running guest take (Arm ARM DDI 0406C B1.9, B3.13).

use super::{GuestRegs, banked};
use crate::arch::cp15::low;
use crate::arch::sysreg::{self, Access};
use arm_spec::a32::{self, Psr};

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

/// TTBCR.EAE: the guest uses long descriptors, and fault status registers have their long format.
const TTBCR_EAE: u32 = 1 << 31;
/// DFSR and IFSR of a synchronous external abort: LPAE bit and STATUS, or FS.
const EXTERNAL_LONG: u32 = 1 << 9 | 0x10;
const EXTERNAL_SHORT: u32 = 0x08;
/// DFSR.WnR.
const DFSR_WRITE: u32 = 1 << 11;

/// SCTLR.V: vectors at 0xffff0000.
const SCTLR_V: u32 = 1 << 13;
/// SCTLR.SPAN: PAN is left as it is (Armv8.1).
const SCTLR_SPAN: u32 = 1 << 23;
/// SCTLR.EE: exceptions are taken big-endian.
const SCTLR_EE: u32 = 1 << 25;
/// SCTLR.TE: exceptions are taken in T32.
const SCTLR_TE: u32 = 1 << 30;

/// Makes the running vCPU take an exception.
pub fn inject(regs: &mut GuestRegs, exception: Injected) {
    match exception {
        Injected::Undefined => {
            let offset = if regs.psr().is_thumb() { 2 } else { 4 };
            take(regs, a32::MODE_UND, 0x04, offset);
        }
        Injected::PrefetchAbort { far } => {
            write!(ifar, low(far));
            write!(ifsr, external_abort());
            take(regs, a32::MODE_ABT, 0x0c, 4);
        }
        Injected::DataAbort { far, access } => {
            let write = if access == Access::Write { DFSR_WRITE } else { 0 };
            write!(dfar, low(far));
            write!(dfsr, external_abort() | write);
            take(regs, a32::MODE_ABT, 0x10, 8);
        }
    }
}

fn external_abort() -> u32 {
    if read!(ttbcr) & TTBCR_EAE != 0 { EXTERNAL_LONG } else { EXTERNAL_SHORT }
}

/// Enters `mode` at its vector; its LR is the trapped instruction plus `offset`.
fn take(regs: &mut GuestRegs, mode: u32, vector: u32, offset: u32) {
    let sctlr = read!(sctlr);
    banked::write_lr(mode, regs.pc.wrapping_add(offset));
    banked::write_spsr(mode, regs.cpsr);
    let base = if sctlr & SCTLR_V != 0 { 0xffff_0000 } else { read!(vbar) };
    regs.pc = base.wrapping_add(vector);
    regs.cpsr = entry_state(regs.psr(), mode, sctlr);
}

/// Returns CPSR at the exception's first instruction (B1.9.3, B1.9.7, B1.9.8).
fn entry_state(old: Psr, mode: u32, sctlr: u32) -> u32 {
    let cleared = a32::PSR_MODE | a32::PSR_T | a32::PSR_J | a32::PSR_E | a32::PSR_IT;
    let mut new = old.0 & !cleared | mode | a32::PSR_I;
    if mode == a32::MODE_ABT {
        new |= a32::PSR_A;
    }
    if sctlr & SCTLR_TE != 0 {
        new |= a32::PSR_T;
    }
    if sctlr & SCTLR_EE != 0 {
        new |= a32::PSR_E;
    }
    let has_pan = read!(id_mmfr3) >> 16 & 0xf != 0;
    if has_pan && sctlr & SCTLR_SPAN == 0 {
        new |= a32::PSR_PAN;
    }
    new
}

/// Makes the running vCPU take an asynchronous abort as soon as it unmasks them (HCR.VA).
pub fn inject_serror() {
    write!(hcr, read!(hcr) | sysreg::hcr::VA);
}

//! Exceptions that Hyp mode makes the running guest take (Arm ARM DDI 0406C B1.9, B3.13).

use super::{GuestRegs, banked};
use crate::arch::cp15::low;
use crate::arch::sysreg::{self, Access};
use arm_spec::a32::{self, ExceptionEntry};

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
            let write = if access == Access::Write { a32::DFSR_WRITE } else { 0 };
            write!(dfar, low(far));
            write!(dfsr, external_abort() | write);
            take(regs, a32::MODE_ABT, 0x10, 8);
        }
    }
}

fn external_abort() -> u32 {
    a32::external_abort_status(read!(ttbcr))
}

/// Enters `mode` at its vector; its LR is the trapped instruction plus `offset`.
fn take(regs: &mut GuestRegs, mode: u32, vector: u32, offset: u32) {
    let entry = ExceptionEntry { mode, sctlr: read!(sctlr), id_mmfr3: read!(id_mmfr3) };
    banked::write_lr(mode, regs.pc.wrapping_add(offset));
    banked::write_spsr(mode, regs.cpsr);
    regs.pc = entry.vectors(read!(vbar)).wrapping_add(vector);
    regs.cpsr = entry.state(regs.psr()).0;
}

/// Makes the running vCPU take an asynchronous abort as soon as it unmasks them (HCR.VA).
pub fn inject_serror() {
    write!(hcr, read!(hcr) | sysreg::hcr::VA);
}

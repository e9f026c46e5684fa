//! What the arm32 vectors hand over, and its translation into the common [`Trap`].
//!
//! Fault status registers are in the long-descriptor format (TTBCR.EAE is set).
//! Source: Arm ARM DDI 0406C B3.13.

use super::sysreg;
use crate::fault::{Fault, FaultKind, Trap};

/// A saved context, as asm/arm32.s lays it out on the stack.
#[repr(C)]
pub struct Frame {
    /// r0-r12.
    pub r: [u32; 13],
    /// LR of SVC mode.
    pub lr: u32,
    /// Where it returns to: the instruction that trapped.
    pub pc: u32,
    /// CPSR it returns with.
    pub cpsr: u32,
}

const UNDEFINED: u32 = 1;
const PREFETCH: u32 = 3;
const DATA: u32 = 4;
const IRQ: u32 = 6;
/// DFSR.STATUS of an asynchronous external abort.
const ASYNCHRONOUS: u64 = 0x11;

#[unsafe(no_mangle)]
extern "C" fn rt_exception(vector: u32, frame: &mut Frame) {
    if vector == IRQ {
        return crate::irq::interrupt();
    }
    let trap = trap(vector, frame);
    if !matches!(vector, UNDEFINED | PREFETCH | DATA) || !crate::fault::handle(&trap) {
        crate::fault::unexpected(&trap);
    }
    // Step over; what could not be fetched returns to its caller; what was asynchronous goes on.
    match trap.fault.kind {
        FaultKind::PrefetchAbort => frame.pc = frame.lr,
        FaultKind::SError => {}
        // Real Xen 4.17 injects a data abort with LR at the instruction instead of 8 behind it: pc is
        // then 8 too low, and the same abort comes again.
        FaultKind::DataAbort if crate::fault::is_repeated(&trap.fault) => frame.pc += 12,
        _ => frame.pc += 4,
    }
    super::prepare_for_fault();
}

fn trap(vector: u32, frame: &Frame) -> Trap {
    let (kind, syndrome, far) = match vector {
        UNDEFINED => (FaultKind::Undefined, 0, 0),
        PREFETCH => (FaultKind::PrefetchAbort, sysreg::ifsr(), sysreg::ifar()),
        DATA if sysreg::dfsr() & 0x3f == ASYNCHRONOUS => (FaultKind::SError, sysreg::dfsr(), 0),
        DATA => (FaultKind::DataAbort, sysreg::dfsr(), sysreg::dfar()),
        _ => (FaultKind::Other, 0, 0),
    };
    let fault = Fault { kind, syndrome, far, pc: u64::from(frame.pc), pstate: u64::from(frame.cpsr) };
    Trap { fault, vector: u64::from(vector) }
}

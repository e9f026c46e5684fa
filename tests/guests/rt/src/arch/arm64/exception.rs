//! What the arm64 vectors hand over, and its translation into the common [`Trap`].

use super::sysreg;
use crate::fault::{Fault, FaultKind, Trap};

/// A saved context, as asm/arm64.s lays it out on the stack.
#[repr(C)]
pub struct Frame {
    /// x0-x30.
    pub x: [u64; 31],
    /// Where it returns to.
    pub elr: u64,
    /// PSTATE it returns with.
    pub spsr: u64,
}

#[unsafe(no_mangle)]
extern "C" fn rt_exception(vector: u64, frame: &mut Frame) {
    match vector & 3 {
        1 => crate::irq::interrupt(),
        0 | 3 if crate::fault::handle(&trap(vector, frame)) => resume(vector, frame),
        _ => crate::fault::unexpected(&trap(vector, frame)),
    }
}

fn trap(vector: u64, frame: &Frame) -> Trap {
    let esr = sysreg::esr_el1();
    let kind = match (vector & 3, esr >> 26 & 0x3f) {
        (3, _) => FaultKind::SError,
        (0, 0x24 | 0x25) => FaultKind::DataAbort,
        (0, 0x20 | 0x21) => FaultKind::PrefetchAbort,
        (0, 0x00) => FaultKind::Undefined,
        _ => FaultKind::Other,
    };
    Trap {
        fault: Fault { kind, syndrome: esr, far: sysreg::far_el1(), pc: frame.elr, pstate: frame.spsr },
        vector,
    }
}

/// Steps over the instruction that faulted; one that could not be fetched returns to its caller.
fn resume(vector: u64, frame: &mut Frame) {
    if vector & 3 == 3 {
        return;
    }
    match sysreg::esr_el1() >> 26 & 0x3f {
        0x20 | 0x21 => frame.elr = frame.x[30],
        0x15..=0x17 => {}
        _ => frame.elr += 4,
    }
}

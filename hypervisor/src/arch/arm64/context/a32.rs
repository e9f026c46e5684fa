//! A32 kernels: registers that are not mapped to A64's, exceptions, and names.

use super::{GuestRegs, Injected};
use crate::arch::sysreg::{Access, read, write};
use arm_spec::a32::{self, ExceptionEntry};
use arm_spec::esr::{Esr, ec};

/// The names that the general registers have in A32 (Arm ARM DDI 0487J D1.7.1).
pub const NAMES: [&str; 31] = [
    "R0", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8_usr", "R9_usr", "R10_usr", "R11_usr", "R12_usr",
    "SP_usr", "LR_usr", "SP_hyp", "LR_irq", "SP_irq", "LR_svc", "SP_svc", "LR_abt", "SP_abt", "LR_und",
    "SP_und", "R8_fiq", "R9_fiq", "R10_fiq", "R11_fiq", "R12_fiq", "SP_fiq", "LR_fiq",
];

/// LR_abt and LR_und as general registers.
const LR_ABT: u32 = 20;
const LR_UND: u32 = 22;

/// ISS.ISV: the syndrome describes the access.
const ISS_ISV: u32 = 1 << 24;

/// What a kernel in A32 has that A64's registers of EL1 do not hold.
#[derive(Clone, Copy, Default)]
pub struct A32Regs {
    dacr: u64,
    ifsr: u64,
    spsr_abt: u64,
    spsr_und: u64,
    spsr_irq: u64,
    spsr_fiq: u64,
}

impl A32Regs {
    /// Saves what the CPU holds.
    pub fn save(&mut self) {
        self.dacr = read!("dacr32_el2");
        self.ifsr = read!("ifsr32_el2");
        self.spsr_abt = read!("spsr_abt");
        self.spsr_und = read!("spsr_und");
        self.spsr_irq = read!("spsr_irq");
        self.spsr_fiq = read!("spsr_fiq");
    }

    /// Returns the registers with these saved states, of Abort, Undefined, IRQ and FIQ mode.
    pub fn with_spsrs(spsrs: [u32; 4]) -> Self {
        let [spsr_abt, spsr_und, spsr_irq, spsr_fiq] = spsrs.map(u64::from);
        Self { spsr_abt, spsr_und, spsr_irq, spsr_fiq, ..Self::default() }
    }

    /// Returns the saved states of Abort, Undefined, IRQ and FIQ mode.
    pub fn spsrs(&self) -> [u32; 4] {
        let states = [self.spsr_abt, self.spsr_und, self.spsr_irq, self.spsr_fiq];
        states.map(|state| u32::try_from(state & 0xffff_ffff).unwrap_or(0))
    }

    /// Loads what [`save`](Self::save) saved.
    pub fn load(&self) {
        write!("dacr32_el2", self.dacr);
        write!("ifsr32_el2", self.ifsr);
        write!("spsr_abt", self.spsr_abt);
        write!("spsr_und", self.spsr_und);
        write!("spsr_irq", self.spsr_irq);
        write!("spsr_fiq", self.spsr_fiq);
    }
}

/// Returns the syndrome of a trap from A32 with the number that a transferred register has in A64.
///
/// That is what the syndrome of a data abort shall have (Arm ARM DDI 0487J D19.2.37, ISS.SRT); QEMU 7.2 has
/// the instruction's own there, which is told apart, as no mode's SP and LR but User mode's are 13 and 14.
pub fn with_a64_view(esr: Esr, regs: &GuestRegs) -> Esr {
    if esr.class() != ec::DATA_ABORT_LOWER || esr.iss() & ISS_ISV == 0 {
        return esr;
    }
    let view = a32::a64_register(esr.iss() >> 16 & 0x1f, regs.psr().mode());
    Esr::new(esr.raw() & !(0x1f << 16) | u64::from(view) << 16)
}

/// Makes an A32 kernel take an exception (Arm ARM DDI 0487J G1.12).
pub fn inject(regs: &mut GuestRegs, exception: Injected) {
    match exception {
        Injected::Undefined => {
            let offset = if regs.psr().is_thumb() { 2 } else { 4 };
            write!("spsr_und", u64::from(regs.psr().0));
            regs.set_reg(LR_UND, return_address(regs, offset));
            enter(regs, a32::MODE_UND, 0x04);
        }
        Injected::PrefetchAbort { far } => {
            write!("far_el1", read!("far_el1") & 0xffff_ffff | far << 32);
            write!("ifsr32_el2", external_abort());
            abort(regs, 0x0c, 4);
        }
        Injected::DataAbort { far, access } => {
            let write = if access == Access::Write { u64::from(a32::DFSR_WRITE) } else { 0 };
            write!("far_el1", read!("far_el1") & !0xffff_ffff | far & 0xffff_ffff);
            write!("esr_el1", external_abort() | write);
            abort(regs, 0x10, 8);
        }
    }
}

fn external_abort() -> u64 {
    a32::external_abort_status((read!("tcr_el1") & 0xffff_ffff) as u32).into()
}

fn return_address(regs: &GuestRegs, offset: u64) -> u64 {
    regs.pc.wrapping_add(offset) & 0xffff_ffff
}

fn abort(regs: &mut GuestRegs, vector: u64, offset: u64) {
    write!("spsr_abt", u64::from(regs.psr().0));
    regs.set_reg(LR_ABT, return_address(regs, offset));
    enter(regs, a32::MODE_ABT, vector);
}

fn enter(regs: &mut GuestRegs, mode: u32, vector: u64) {
    let word = |value: u64| (value & 0xffff_ffff) as u32;
    let entry =
        ExceptionEntry { mode, sctlr: word(read!("sctlr_el1")), id_mmfr3: word(read!("id_mmfr3_el1")) };
    regs.pc = u64::from(entry.vectors(word(read!("vbar_el1")))).wrapping_add(vector);
    regs.pstate = entry.state(regs.psr()).a64_view().into();
}

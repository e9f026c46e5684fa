//! A vCPU's registers as the toolstack sets and reads them (`xen/include/public/arch-arm.h`).

use super::system::SystemRegs;
use super::{GuestRegs, a32::A32Regs};
use arm_spec::Width;
use xen_abi::domctl::context::{CoreRegs, VcpuGuestContext};

/// A state of the processor that no guest's kernel or program is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadState;

/// Refuses registers of a state that no guest is in.
///
/// # Errors
/// [`BadState`].
pub fn check(width: Width, core: &CoreRegs) -> Result<(), BadState> {
    let banked = [core.spsr_fiq, core.spsr_irq, core.spsr_und, core.spsr_abt].map(u64::from);
    let saved = match width {
        Width::A64 => &[][..],
        Width::A32 => &banked[..],
    };
    let fine = |psr: &u64| *psr == 0 || width.allows_state(*psr);
    let all = width.allows_state(core.cpsr) && fine(&core.spsr_el1) && saved.iter().all(fine);
    if all { Ok(()) } else { Err(BadState) }
}

impl GuestRegs {
    /// Takes the general registers from the toolstack's.
    pub fn from_core(core: &CoreRegs) -> Self {
        let mut regs = Self { x: core.x, pc: core.pc, pstate: core.cpsr & 0xffff_ffff, complete: 1 };
        if regs.is_a32() {
            regs.x = regs.x.map(|x| x & 0xffff_ffff);
            regs.pc &= 0xffff_ffff;
        }
        regs
    }

    /// Puts the general registers into the toolstack's.
    pub fn put(&self, core: &mut CoreRegs) {
        core.x = self.x;
        core.pc = self.pc;
        core.cpsr = self.pstate;
    }
}

impl SystemRegs {
    /// Takes the kernel's registers from the toolstack's.
    pub fn set(&mut self, context: &VcpuGuestContext) {
        let core = &context.user_regs;
        self.sctlr = context.sctlr;
        self.tcr = context.ttbcr;
        self.ttbr0 = context.ttbr0;
        self.ttbr1 = context.ttbr1;
        self.spsr = core.spsr_el1;
        match self.width() {
            Width::A64 => {
                self.sp_el0 = core.sp_el0;
                self.sp_el1 = core.sp_el1;
                self.elr = core.elr_el1;
            }
            Width::A32 => {
                self.a32 = A32Regs::with_spsrs([core.spsr_abt, core.spsr_und, core.spsr_irq, core.spsr_fiq]);
            }
        }
    }

    /// Puts the kernel's registers into the toolstack's.
    pub fn put(&self, context: &mut VcpuGuestContext) {
        context.sctlr = self.sctlr;
        context.ttbcr = self.tcr;
        context.ttbr0 = self.ttbr0;
        context.ttbr1 = self.ttbr1;
        let core = &mut context.user_regs;
        core.spsr_el1 = self.spsr;
        match self.width() {
            Width::A64 => {
                core.sp_el0 = self.sp_el0;
                core.sp_el1 = self.sp_el1;
                core.elr_el1 = self.elr;
            }
            Width::A32 => {
                [core.spsr_abt, core.spsr_und, core.spsr_irq, core.spsr_fiq] = self.a32.spsrs();
            }
        }
    }
}

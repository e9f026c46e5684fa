//! A vCPU's registers as the toolstack sets and reads them (`xen/include/public/arch-arm.h`).

use super::GuestRegs;
use super::system::SystemRegs;
use crate::arch::cp15::low;
use arm_spec::Width;
use xen_abi::domctl::context::{
    CoreRegs, LR_ABT, LR_FIQ, LR_IRQ, LR_SVC, LR_UND, LR_USR, R8_FIQ, SP_ABT, SP_FIQ, SP_IRQ, SP_SVC, SP_UND,
    SP_USR, VcpuGuestContext,
};

/// A state of the processor that no guest's kernel or program is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadState;

/// Refuses registers of a state that no guest is in.
///
/// # Errors
/// [`BadState`].
pub fn check(_: Width, core: &CoreRegs) -> Result<(), BadState> {
    let saved = [core.spsr_fiq, core.spsr_irq, core.spsr_und, core.spsr_abt, low(core.spsr_el1)];
    let fine = |psr: &u32| *psr == 0 || Width::A32.allows_state(u64::from(*psr));
    if Width::A32.allows_state(core.cpsr) && saved.iter().all(fine) { Ok(()) } else { Err(BadState) }
}

impl GuestRegs {
    /// Takes the general registers from the toolstack's.
    pub fn from_core(core: &CoreRegs) -> Self {
        let x = core.x.map(low);
        let mut r = [0; 13];
        r.copy_from_slice(&x[..13]);
        Self { r, lr_usr: x[LR_USR], pc: low(core.pc), cpsr: low(core.cpsr) }
    }

    /// Puts the general registers into the toolstack's.
    pub fn put(&self, core: &mut CoreRegs) {
        for (to, from) in core.x.iter_mut().zip(self.r) {
            *to = from.into();
        }
        core.x[LR_USR] = self.lr_usr.into();
        core.pc = self.pc.into();
        core.cpsr = self.cpsr.into();
    }
}

impl SystemRegs {
    /// Takes the kernel's registers from the toolstack's.
    pub fn set(&mut self, context: &VcpuGuestContext) {
        let core = &context.user_regs;
        let x = core.x.map(low);
        self.sctlr = low(context.sctlr);
        self.ttbcr = low(context.ttbcr);
        self.ttbr0 = context.ttbr0;
        self.ttbr1 = context.ttbr1;
        let modes = &mut self.modes;
        modes.sp_usr = x[SP_USR];
        modes.svc = [x[SP_SVC], x[LR_SVC], low(core.spsr_el1)];
        modes.abt = [x[SP_ABT], x[LR_ABT], core.spsr_abt];
        modes.und = [x[SP_UND], x[LR_UND], core.spsr_und];
        modes.irq = [x[SP_IRQ], x[LR_IRQ], core.spsr_irq];
        modes.fiq = [x[SP_FIQ], x[LR_FIQ], core.spsr_fiq];
        modes.fiq_r8.copy_from_slice(&x[R8_FIQ..R8_FIQ + 5]);
    }

    /// Puts the kernel's registers into the toolstack's.
    pub fn put(&self, context: &mut VcpuGuestContext) {
        context.sctlr = self.sctlr.into();
        context.ttbcr = self.ttbcr.into();
        context.ttbr0 = self.ttbr0;
        context.ttbr1 = self.ttbr1;
        let core = &mut context.user_regs;
        let modes = &self.modes;
        let spsr_svc;
        core.x[SP_USR] = modes.sp_usr.into();
        ([core.x[SP_SVC], core.x[LR_SVC]], spsr_svc) = split(modes.svc);
        ([core.x[SP_ABT], core.x[LR_ABT]], core.spsr_abt) = split(modes.abt);
        ([core.x[SP_UND], core.x[LR_UND]], core.spsr_und) = split(modes.und);
        ([core.x[SP_IRQ], core.x[LR_IRQ]], core.spsr_irq) = split(modes.irq);
        ([core.x[SP_FIQ], core.x[LR_FIQ]], core.spsr_fiq) = split(modes.fiq);
        core.spsr_el1 = spsr_svc.into();
        for (to, from) in core.x[R8_FIQ..].iter_mut().zip(modes.fiq_r8) {
            *to = from.into();
        }
    }
}

/// Takes what a mode banks apart: SP and LR, SPSR.
fn split([sp, lr, spsr]: [u32; 3]) -> ([u64; 2], u32) {
    ([sp.into(), lr.into()], spsr)
}

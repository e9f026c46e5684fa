//! What guests cause: from a trap's cause to the one function that handles it.
//!
//! Each way in is called with the guest's registers saved, and tells by an [`Effect`] how much it may have
//! changed. After that [`end`] says whether the guest just goes on or
//! [`sched::leave`](crate::sched::leave) has to decide what runs next.

mod abort;
mod cp15;
mod hvc;
mod sysreg;
mod wfx;

pub use abort::{data as data_abort, instruction as instruction_abort};
pub use hvc::handle as call;
pub use sysreg::handle as system_register;

use crate::arch;
use crate::arch::context::{GuestRegs, Injected};
use crate::domain::Vcpu;
use crate::domain::stats::Cause;
use crate::machine::console::print_caused;
use crate::machine::percpu::PerCpu;
use crate::{irq, sched};
use arm_spec::esr::{Esr, ec};
use log::Level;
use types::Ipa;

/// What a handler may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Effect {
    /// Registers of the guest alone: it goes on at once.
    Registers,
    /// More: interrupts may be to deliver, or others to run.
    More,
}

/// What is left to do before a guest goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Next {
    /// Nothing: the same vCPU goes on.
    Resume,
    /// A decision what runs: [`sched::leave`].
    Leave,
}

/// The syndrome of an abort.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// ESR_EL2 (HSR).
    pub esr: Esr,
    /// FAR_EL2 (HDFAR or HIFAR).
    pub far: u64,
    /// HPFAR_EL2.
    pub hpfar: u64,
}

impl Fault {
    /// Returns the intermediate physical address that was accessed (HPFAR_EL2.FIPA and the page
    /// offset of FAR_EL2).
    #[inline]
    pub fn ipa(&self) -> Ipa {
        Ipa::new((self.hpfar & 0xff_ffff_fff0) << 8 | self.far & 0xfff)
    }
}

/// Who trapped where: what handlers work on.
pub struct Cx<'a> {
    /// This CPU.
    pub cpu: &'static PerCpu,
    /// The vCPU that runs on it.
    pub vcpu: &'a Vcpu,
    /// Its general registers.
    pub regs: &'a mut GuestRegs,
}

impl Cx<'_> {
    /// Makes the guest take an undefined-instruction exception.
    #[inline(never)]
    pub fn inject_undefined(&mut self) -> Effect {
        arch::context::inject(self.regs, Injected::Undefined);
        Effect::Registers
    }
}

/// Does what a trap's effect makes necessary before the guest goes on.
///
/// What others left for this CPU while it was in EL2 came with an interrupt, which is taken at once.
#[inline(always)]
pub fn end(cx: &Cx<'_>, effect: Effect) -> Next {
    match effect {
        Effect::Registers => Next::Resume,
        Effect::More => sched::finish(cx.cpu, cx.vcpu),
    }
}

/// Handles an exception that an instruction of the guest caused; `fault` tells more of an abort.
///
/// What comes often an architecture calls itself: [`call`], [`data_abort`], [`system_register`].
#[inline]
pub fn synchronous(cx: &mut Cx<'_>, esr: Esr, fault: impl FnOnce() -> Fault) -> Effect {
    match esr.class() {
        ec::HVC64 | ec::HVC32 => call(cx, esr),
        ec::SYSREG => system_register(cx, esr),
        ec::DATA_ABORT_LOWER => data_abort(cx, &fault()),
        ec::INSTRUCTION_ABORT_LOWER => instruction_abort(cx, &fault()),
        class => others(cx, esr, class),
    }
}

#[inline(never)]
fn others(cx: &mut Cx<'_>, esr: Esr, class: u32) -> Effect {
    if cx.regs.is_a32() && !cx.regs.psr().executes(esr) {
        cx.regs.advance(esr.instruction_bytes());
        return Effect::Registers;
    }
    let stats = &cx.vcpu.stats;
    match class {
        ec::WFX => {
            stats.count(Cause::Wfx);
            wfx::handle(cx, esr);
        }
        ec::FP => {
            stats.count(Cause::Fp);
            cx.vcpu.load_fp(cx.cpu);
            return Effect::Registers;
        }
        ec::CP15_32 | ec::CP15_64 | ec::CP14_32 | ec::CP14_LDC | ec::CP14_64 | ec::CP10_ID => {
            stats.count(Cause::Sysreg);
            return cp15::handle(cx, esr);
        }
        ec::SMC64 | ec::SMC32 => {
            stats.count(Cause::Smc);
            return hvc::smc(cx, esr);
        }
        _ => {
            stats.count(Cause::Other);
            return cx.inject_undefined();
        }
    }
    Effect::More
}

/// Handles a physical interrupt.
#[inline(always)]
pub fn interrupt(cx: &mut Cx<'_>) -> Effect {
    cx.vcpu.stats.count(Cause::Irq);
    irq::dispatch(cx.cpu);
    Effect::More
}

/// Handles a physical FIQ: nothing here is configured to raise one.
pub fn fast_interrupt(cx: &mut Cx<'_>) -> Effect {
    log::error!("d{}v{}: unexpected FIQ", cx.vcpu.domain.id, cx.vcpu.id);
    Effect::Registers
}

/// Gives an asynchronous abort that a guest caused back to it, as its virtual SError.
pub fn serror(cx: &mut Cx<'_>) -> Effect {
    cx.vcpu.stats.count(Cause::SError);
    let (domain, pc) = (&cx.vcpu.domain, cx.regs.pc());
    print_caused(
        &domain.messages,
        Level::Warn,
        format_args!("d{}v{}: SError at {pc:#x}", domain.id, cx.vcpu.id),
    );
    arch::context::inject_serror();
    Effect::Registers
}

//! What guests cause: from a trap's cause to the one function that handles it.
//!
//! [`handle`] is called with the guest's registers saved; it ends in
//! [`sched::leave`](crate::sched::leave), which says what runs next.

mod abort;
mod cp15;
mod hvc;
mod sysreg;
mod wfx;

use crate::arch::context::{GuestRegs, Injected};
use crate::arch::traps::Context;
use crate::arch::{self};
use crate::domain::Vcpu;
use crate::domain::stats::Cause;
use crate::machine::console::print_caused;
use crate::machine::percpu::PerCpu;
use crate::{irq, sched};
use arm_spec::esr::{Esr, ec};
use log::Level;
use types::Ipa;

/// Why EL2 was entered from a guest.
#[derive(Clone, Copy, Debug)]
pub enum Entry {
    /// The guest's own instruction.
    Synchronous(Fault),
    /// A physical interrupt.
    Irq,
    /// A physical FIQ: nothing here is configured to raise one.
    Fiq,
    /// An asynchronous external abort.
    SError,
}

/// The syndrome of a synchronous trap.
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
    pub fn inject_undefined(&mut self) {
        arch::context::inject(self.regs, Injected::Undefined);
    }
}

/// Handles a trap and returns what runs next on this CPU.
#[inline]
pub fn handle(cpu: &'static PerCpu, regs: &mut GuestRegs, entry: Entry) -> *mut Context {
    if let Some(vcpu) = cpu.current() {
        let mut cx = Cx { cpu, vcpu, regs };
        match entry {
            Entry::Synchronous(fault) => synchronous(&mut cx, fault),
            Entry::Irq => {
                vcpu.stats.count(Cause::Irq);
                irq::dispatch(cpu);
            }
            Entry::Fiq => log::error!("d{}v{}: unexpected FIQ", vcpu.domain.id, vcpu.id),
            Entry::SError => serror(&mut cx),
        }
    }
    sched::leave(cpu)
}

fn synchronous(cx: &mut Cx<'_>, fault: Fault) {
    if cx.regs.is_a32() && !cx.regs.psr().executes(fault.esr) {
        return cx.regs.advance(fault.esr.instruction_bytes());
    }
    let stats = &cx.vcpu.stats;
    match fault.esr.class() {
        ec::HVC64 | ec::HVC32 => hvc::handle(cx, fault.esr),
        ec::SYSREG => {
            stats.count(Cause::Sysreg);
            sysreg::handle(cx, fault.esr);
        }
        ec::DATA_ABORT_LOWER => {
            stats.count(Cause::DataAbort);
            abort::data(cx, &fault);
        }
        ec::INSTRUCTION_ABORT_LOWER => {
            stats.count(Cause::InstructionAbort);
            abort::instruction(cx, &fault);
        }
        ec::WFX => {
            stats.count(Cause::Wfx);
            wfx::handle(cx, fault.esr);
        }
        ec::FP => {
            stats.count(Cause::Fp);
            cx.vcpu.load_fp(cx.cpu);
        }
        ec::CP15_32 | ec::CP15_64 | ec::CP14_32 | ec::CP14_LDC | ec::CP14_64 | ec::CP10_ID => {
            stats.count(Cause::Sysreg);
            cp15::handle(cx, fault.esr);
        }
        ec::SMC64 | ec::SMC32 => {
            stats.count(Cause::Smc);
            hvc::smc(cx, fault.esr);
        }
        _ => {
            stats.count(Cause::Other);
            cx.inject_undefined();
        }
    }
}

/// Gives an asynchronous abort that a guest caused back to it, as its virtual SError.
fn serror(cx: &mut Cx<'_>) {
    cx.vcpu.stats.count(Cause::SError);
    let (domain, pc) = (&cx.vcpu.domain, cx.regs.pc());
    print_caused(
        &domain.messages,
        Level::Warn,
        format_args!("d{}v{}: SError at {pc:#x}", domain.id, cx.vcpu.id),
    );
    arch::context::inject_serror();
}

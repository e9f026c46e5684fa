//! What a guest asks of its firmware: PSCI and the SMC calling convention, answered here alone.
//!
//! crates/vdev understands the calls; this is their effect on vCPUs, and the end of a domain.
//! Nothing reaches the machine's firmware.

use super::{Domain, Vcpu, cache};
use crate::boot::end;
use crate::machine::console;
use crate::sched;
use crate::trap::{Cx, Effect};
use ::sched::Place;
use arm_spec::psci::{AffinityState, Return};
use core::sync::atomic::Ordering;
use log::Level;
use vdev::firmware::{self, Affinity, Answer, Call, Caller, EntryPoint, Mitigations, PsciCall};
use xen_abi::sched::ShutdownReason;

/// Handles HVC #0 or SMC #0; the program counter is past it.
pub fn handle(cx: &mut Cx<'_>) -> Effect {
    let caller = if cx.regs.is_a32() { Caller::A32 } else { Caller::A64 };
    let mut args = [0; firmware::ARGUMENTS];
    for (n, arg) in (0..).zip(&mut args) {
        *arg = cx.regs.reg(n);
    }
    match firmware::decode(caller, &args, Mitigations::default()) {
        Call::Answer(result) => answer(cx, result),
        Call::Psci(call) => {
            power(cx, call);
            return Effect::More;
        }
        // No mitigation is offered, so none can be asked for.
        Call::ArchWorkaround1 | Call::ArchWorkaround2(_) | Call::ArchWorkaround3 => {}
    }
    Effect::Registers
}

fn answer(cx: &mut Cx<'_>, answer: Answer) {
    for (n, value) in (0..).zip(answer.registers()) {
        cx.regs.set_reg(n, value);
    }
}

#[inline(never)]
fn power(cx: &mut Cx<'_>, call: PsciCall) {
    let result = match call {
        PsciCall::CpuSuspend => {
            sched::wait_for_interrupt(cx.cpu, cx.vcpu);
            Answer::psci(Return::Success)
        }
        PsciCall::CpuOff => return sched::take_offline(cx.cpu, cx.vcpu),
        PsciCall::CpuOn { target, entry, context } => {
            Answer::psci(cpu_on(&cx.vcpu.domain, target, entry, context))
        }
        PsciCall::AffinityInfo { target } => affinity_info(&cx.vcpu.domain, target),
        PsciCall::SystemOff => return shut_down(&cx.vcpu.domain, ShutdownReason::Poweroff.raw()),
        PsciCall::SystemReset => return shut_down(&cx.vcpu.domain, ShutdownReason::Reboot.raw()),
    };
    answer(cx, result);
}

fn at(domain: &Domain, target: Affinity) -> Option<&Vcpu> {
    let id = domain.vgic.model.vcpu_at(target.packed())?;
    domain.vcpu(id).map(|vcpu| &**vcpu)
}

/// Tells whether a vCPU has stopped for good: CPU_OFF may still be on its way out.
fn has_stopped(vcpu: &Vcpu) -> bool {
    matches!(sched::place(vcpu), Some(Place::Asleep))
}

fn cpu_on(domain: &Domain, target: Affinity, entry: EntryPoint, context: u64) -> Return {
    let Some(vcpu) = at(domain, target) else { return Return::InvalidParameters };
    if !domain.p2m.is_executable(entry.address()) {
        return Return::InvalidAddress;
    }
    // Whoever turns it from off to on starts it; others find it on.
    if vcpu.online.swap(true, Ordering::SeqCst) {
        return Return::AlreadyOn;
    }
    if !has_stopped(vcpu) {
        vcpu.online.store(false, Ordering::SeqCst);
        return Return::AlreadyOn;
    }
    let thumb = matches!(entry, EntryPoint::T32(_));
    vcpu.reset(entry.address().raw() | u64::from(thumb), context);
    cache::expect_start(vcpu);
    sched::bring_online(vcpu);
    Return::Success
}

fn affinity_info(domain: &Domain, target: Affinity) -> Answer {
    match at(domain, target) {
        None => Answer::psci(Return::InvalidParameters),
        Some(vcpu) if !vcpu.online.load(Ordering::SeqCst) && has_stopped(vcpu) => {
            Answer::affinity(AffinityState::Off)
        }
        Some(_) => Answer::affinity(AffinityState::On),
    }
}

/// Ends a domain for what it did. It is named in the log as often as `guest_loglvl=` and its limit allow.
#[cold]
pub fn crash(domain: &Domain, why: &str) {
    console::print_caused(&domain.messages, Level::Error, format_args!("d{}: {why}: crashed", domain.id));
    shut_down(domain, ShutdownReason::Crash.raw());
}

/// Shuts a domain down; the machine with it, if it is the hardware domain. `reason` is a number of
/// `SHUTDOWN_*` or one that nobody knows.
pub fn shut_down(domain: &Domain, reason: u32) {
    if domain.is_hardware() {
        end_machine(domain, ShutdownReason::from_raw(reason));
    }
    // The toolstack's own byte (xen/include/public/domctl.h, XEN_DOMINF_shutdownmask).
    domain.note_shutdown((reason & 0xff) as u8);
}

fn end_machine(domain: &Domain, reason: Option<ShutdownReason>) -> ! {
    let say = |what| console::print(format_args!("Hardware Dom{} {what}\n", domain.id));
    match reason {
        Some(ShutdownReason::Poweroff) => {
            say("halted: halting machine");
            end::machine_power_off()
        }
        Some(ShutdownReason::Reboot) => {
            say("shutdown: rebooting machine");
            end::machine_restart()
        }
        Some(ShutdownReason::Watchdog) => {
            say("shutdown: watchdog rebooting machine");
            end::machine_restart()
        }
        Some(ShutdownReason::Crash) => {
            say("crashed");
            end::end_of_machine()
        }
        Some(ShutdownReason::Suspend | ShutdownReason::SoftReset) | None => {
            say("shutdown for a reason that is not known");
            end::end_of_machine()
        }
    }
}

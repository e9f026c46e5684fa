//! Hypercalls: HVC #0xEA1 with the number in x16 (r12) and arguments in x0-x4 (r0-r4).
//!
//! [`handle`] decodes the number and calls the one function of each operation; they have Xen's names,
//! one file each. Structures are copied from the caller's memory once ([`guest`]), then checked, then
//! used. What takes long spends a [`Budget`] and ends in [`Reply::Continue`]: the caller executes its
//! HVC again, with arguments that say how far it got.

mod console_io;
mod cpus;
mod domctl;
mod event_channel_op;
mod grant_table_op;
mod guest;
mod hvm_op;
mod hypfs_op;
mod memory_op;
mod multicall;
mod platform_op;
mod sched_op;
mod sysctl;
mod vcpu_op;
mod vm_assist;
mod xen_version;

use crate::domain::{self, Domain, Vcpu};
use crate::trap::{Cx, Effect};
use alloc::sync::Arc;
use core::ops::Deref;
use types::DomId;
use xen_abi::{Hypercall, XenErrno};

/// The arguments of a call.
pub type Args = [u64; 5];

/// How a call ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// With this result.
    Done(i64),
    /// Not yet: it is made again with these arguments.
    Continue(Args),
}

impl From<i64> for Reply {
    fn from(value: i64) -> Self {
        Self::Done(value)
    }
}

/// What is left of the steps that one stay in EL2 may take; a step is about 200 instructions.
#[derive(Debug)]
pub struct Budget {
    steps: u32,
}

impl Budget {
    /// Steps of one stay: below the 50,000 instructions that EL2 keeps interrupts masked for a guest.
    const STEPS: u32 = 200;

    /// Makes the budget of one stay.
    #[expect(clippy::new_without_default, reason = "a stay is begun on purpose")]
    pub const fn new() -> Self {
        Self { steps: Self::STEPS }
    }

    /// Spends `steps`; false, and nothing is done, once nothing is left.
    pub const fn spend(&mut self, steps: u32) -> bool {
        let some_left = self.steps > 0;
        self.steps = self.steps.saturating_sub(steps);
        some_left
    }
}

/// Handles a hypercall of the calling vCPU: the frequent ones before the others are looked up.
#[inline(always)]
pub fn handle(cx: &mut Cx<'_>) -> Effect {
    let number = cx.regs.hypercall();
    if number == EVENT_CHANNEL_OP {
        return event(cx);
    }
    if number == XEN_VERSION
        && let Some(result) = xen_version::constant(cx.regs.hypercall_args())
    {
        cx.regs.set_hypercall_result(result);
        return Effect::Registers;
    }
    others(cx, number)
}

const EVENT_CHANNEL_OP: u64 = Hypercall::EventChannelOp.raw() as u64;
const XEN_VERSION: u64 = Hypercall::XenVersion.raw() as u64;

/// Makes a call about event channels: of few registers and little stack if it is a frequent one.
#[inline(never)]
fn event(cx: &mut Cx<'_>) -> Effect {
    let [op, arg, ..] = cx.regs.hypercall_args();
    match event_channel_op::frequent(cx, op, arg) {
        Some(Ok(())) => cx.regs.set_hypercall_result(0),
        Some(Err(error)) => cx.regs.set_hypercall_result(error.neg().into()),
        None => return perform(cx, Hypercall::EventChannelOp),
    }
    Effect::More
}

/// What a number and its arguments stand for.
enum Meaning {
    /// A result that needs neither caller nor memory.
    Answer(i64),
    /// A call to make.
    Call(Hypercall),
}

/// Looks up a number; `args` are the arguments.
#[inline(always)]
fn meaning(number: u64, args: impl FnOnce() -> Args) -> Meaning {
    if number == XEN_VERSION {
        let answer = xen_version::constant(args());
        return answer.map_or(Meaning::Call(Hypercall::XenVersion), Meaning::Answer);
    }
    match known(number) {
        Some(call) => Meaning::Call(call),
        None => Meaning::Answer(XenErrno::Enosys.neg().into()),
    }
}

/// Returns the call with a number.
#[inline]
fn known(number: u64) -> Option<Hypercall> {
    u32::try_from(number).ok().and_then(Hypercall::from_raw)
}

#[inline(never)]
fn others(cx: &mut Cx<'_>, number: u64) -> Effect {
    match known(number) {
        Some(call) => perform(cx, call),
        None => {
            cx.regs.set_hypercall_result(XenErrno::Enosys.neg().into());
            Effect::Registers
        }
    }
}

#[inline(never)]
fn perform(cx: &mut Cx<'_>, call: Hypercall) -> Effect {
    match dispatch(cx, call, cx.regs.hypercall_args(), &mut Budget::new()) {
        Ok(Reply::Done(value)) => cx.regs.set_hypercall_result(value),
        Ok(Reply::Continue(args)) => {
            cx.regs.set_hypercall_args(args);
            cx.regs.rewind_hvc();
        }
        Err(error) => cx.regs.set_hypercall_result(error.neg().into()),
    }
    Effect::More
}

/// Makes a call; each is a function of its own, so that no call pays for the registers that another keeps.
#[inline(always)]
fn dispatch(cx: &mut Cx<'_>, call: Hypercall, args: Args, budget: &mut Budget) -> Result<Reply, XenErrno> {
    match call {
        Hypercall::PlatformOp => platform_op::handle(cx, args).map(Reply::from),
        Hypercall::MemoryOp => memory_op::handle(cx, args, budget),
        Hypercall::Multicall => multicall::handle(cx, args, budget),
        Hypercall::XenVersion => xen_version::handle(cx, args).map(Reply::from),
        Hypercall::ConsoleIo => console_io::handle(cx, args, budget),
        Hypercall::GrantTableOp => grant_table_op::handle(cx, args, budget),
        Hypercall::VmAssist => vm_assist::handle(cx, args).map(Reply::from),
        Hypercall::VcpuOp => vcpu_op::handle(cx, args).map(Reply::from),
        Hypercall::SchedOp => sched_op::handle(cx, args).map(Reply::from),
        Hypercall::EventChannelOp => event_channel_op::handle(cx, args, budget),
        Hypercall::HvmOp => hvm_op::handle(cx, args).map(Reply::from),
        Hypercall::Sysctl => sysctl::handle(cx, args).map(Reply::from),
        Hypercall::Domctl => domctl::handle(cx, args, budget),
        // PCI devices are dom0's without asking: Xen without HAS_PCI answers the same.
        Hypercall::PhysdevOp => Err(XenErrno::Enosys),
        Hypercall::HypfsOp => hypfs_op::handle(cx, args).map(Reply::from),
        Hypercall::XsmOp | Hypercall::ArgoOp | Hypercall::DmOp => Err(XenErrno::Enosys),
    }
}

/// Finds the domain that a call names, which the caller may name: itself, or any for dom0.
///
/// # Errors
/// ESRCH if there is none, EPERM if it is none of the caller's business.
#[inline]
fn target<'a>(cx: &Cx<'a>, id: DomId) -> Result<Target<'a>, XenErrno> {
    let vcpu: &'a Vcpu = cx.vcpu;
    let own = &vcpu.domain;
    if id == DomId::SELF || id == own.id {
        return Ok(Target::Own(own));
    }
    let other = domain::find(id).ok_or(XenErrno::Esrch)?;
    let may = own.is_hardware() || own.ties.is_target(&other);
    if may { Ok(Target::Other(other)) } else { Err(XenErrno::Eperm) }
}

/// Finds the domain that a call names by its number: the caller is no exception.
///
/// # Errors
/// As [`target`].
fn numbered<'a>(cx: &Cx<'a>, id: DomId) -> Result<Target<'a>, XenErrno> {
    if id == DomId::SELF { Err(XenErrno::Esrch) } else { target(cx, id) }
}

/// The domain that a call names.
enum Target<'a> {
    /// The caller's own, which outlives the call.
    Own(&'a Arc<Domain>),
    /// Another.
    Other(Arc<Domain>),
}

impl Deref for Target<'_> {
    type Target = Arc<Domain>;

    #[inline]
    fn deref(&self) -> &Arc<Domain> {
        match self {
            Self::Own(domain) => domain,
            Self::Other(domain) => domain,
        }
    }
}

/// Refuses callers other than dom0.
///
/// # Errors
/// EPERM.
fn privileged(cx: &Cx<'_>) -> Result<(), XenErrno> {
    if cx.vcpu.domain.is_hardware() { Ok(()) } else { Err(XenErrno::Eperm) }
}

/// Takes an argument that is 32 bits wide in the interface: the upper half is ignored.
fn low32(arg: u64) -> u32 {
    u32::try_from(arg & 0xffff_ffff).unwrap_or(0)
}

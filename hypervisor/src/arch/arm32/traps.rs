//! From the vectors to [`trap`](crate::trap) and back.
//!
//! The vectors have saved the guest's general registers in the running vCPU's [`Context`], to which SP
//! points while a guest runs. Here that pointer becomes a safe [`Cx`](crate::trap::Cx), and the syndrome
//! registers are read once.

use super::context::{GuestRegs, Named, R_NAMES};
use super::cp15::word;
use super::errata::Hardening;
use super::{cpu, layout};
use crate::domain::Vcpu;
use crate::machine::percpu::PerCpu;
use crate::sched;
use crate::trap::{self, Cx, Effect, Fault, Next};
use arm_spec::esr::{Esr, ec};
use core::arch::global_asm;
use core::mem::offset_of;

/// What SP points to while a guest runs: its registers, and what Hyp mode finds first.
#[repr(C, align(8))]
pub struct Context {
    /// The general registers.
    pub regs: GuestRegs,
    stack_top: usize,
    vcpu: *const Vcpu,
}

// SAFETY: the pointer is to the vCPU that the context is part of, or null; a vCPU is shared by all CPUs.
unsafe impl Send for Context {}

impl Context {
    /// Returns a context that has not run.
    pub const fn new(regs: GuestRegs) -> Self {
        Self { regs, stack_top: 0, vcpu: core::ptr::null() }
    }
}

global_asm!(
    include_str!("../../../../boot/arm32/vectors.S"),
    PC = const offset_of!(GuestRegs, pc),
    STACK = const offset_of!(Context, stack_top),
    FRAME_BYTES = const size_of::<HostFrame>(),
    FRAME_SP = const offset_of!(HostFrame, sp),
    STACK_BYTES = const layout::STACK_BYTES,
    guest_sync = sym guest_sync,
    guest_irq = sym guest_irq,
    guest_fiq = sym guest_fiq,
    host_fault = sym host_fault,
);

unsafe extern "C" {
    static vectors: u8;
    static vectors_bpiall: u8;
    static vectors_iciallu: u8;
    fn first_entry(context: *mut GuestRegs) -> !;
}

/// Sets this CPU's vectors (HVBAR), which may have to invalidate the branch predictor at each trap.
pub(super) fn set_vectors(hardening: Hardening) {
    let base = match hardening {
        Hardening::None => &raw const vectors,
        Hardening::Branches => &raw const vectors_bpiall,
        Hardening::Instructions => &raw const vectors_iciallu,
    };
    write!(hvbar, base as u32);
    cpu::isb();
}

/// Makes `context`, which is `vcpu`'s or the idle one, what runs on `cpu`: traps from the guest save there.
///
/// # Safety
/// Context and vCPU live, and nobody else touches the context, for as long as it is current.
pub unsafe fn set_current(context: *mut Context, cpu: &'static PerCpu, vcpu: Option<&Vcpu>) {
    // SAFETY: the caller's duty: the context is this CPU's alone.
    unsafe {
        (*context).stack_top = cpu.stack_top.raw();
        (*context).vcpu = vcpu.map_or(core::ptr::null(), core::ptr::from_ref);
    }
    write!(htpidr, word(core::ptr::from_ref(cpu) as usize));
}

/// Returns this CPU's data, or `None` before it is set up.
#[inline]
pub fn this_cpu() -> Option<&'static PerCpu> {
    let cpu = read!(htpidr) as *const PerCpu;
    // SAFETY: HTPIDR is null or was set by `set_current` to a PerCpu, which is never freed.
    unsafe { cpu.as_ref() }
}

/// Returns the vCPU that runs on this CPU, or `None` where none does.
#[inline]
pub fn this_vcpu() -> Option<&'static Vcpu> {
    this_cpu()?.current()
}

/// Runs what is current on this CPU, forgetting its Hyp stack.
pub fn enter(cpu: &'static PerCpu) -> ! {
    let Some(vcpu) = cpu.current() else { cpu::park() };
    // SAFETY: the context is the current vCPU's (set_current), which is complete; Hyp mode's stack is
    // this CPU's own, whose frames nobody returns to.
    unsafe { first_entry(&raw mut (*vcpu.context.as_ptr()).regs) }
}

/// Handles a trap by `f` and returns the context to run next.
///
/// # Safety
/// `context` is what the vectors passed.
#[inline(always)]
unsafe fn handle(context: *mut Context, f: impl FnOnce(&mut Cx<'_>) -> Effect) -> *mut Context {
    let cpu = read!(htpidr) as *const PerCpu;
    // SAFETY: (1) the vectors pass what SP pointed to: the context of the vCPU that runs here
    // (set_current), which lives while current and is not replaced before `cx` is dropped; (2) Hyp mode
    // is not reentered on this CPU, as it runs with interrupts masked, so this is the only reference to
    // the registers; (3) HTPIDR is set with the first context, to this CPU's never-freed data.
    let (mut cx, cpu) =
        unsafe { (Cx { cpu: &*cpu, vcpu: &*(*context).vcpu, regs: &mut (*context).regs }, &*cpu) };
    let effect = f(&mut cx);
    match trap::end(&cx, effect) {
        Next::Resume => context,
        Next::Leave => sched::leave(cpu),
    }
}

unsafe extern "C" fn guest_sync(context: *mut Context) -> *mut Context {
    // SAFETY: the vectors call this.
    unsafe { handle(context, synchronous_or_abort) }
}

unsafe extern "C" fn guest_irq(context: *mut Context) -> *mut Context {
    // SAFETY: the vectors call this.
    unsafe { handle(context, trap::interrupt) }
}

unsafe extern "C" fn guest_fiq(context: *mut Context) -> *mut Context {
    // SAFETY: the vectors call this.
    unsafe { handle(context, trap::fast_interrupt) }
}

/// HSR.DFSC of asynchronous external and parity aborts (Arm ARM DDI 0406C B3.13.6).
const ASYNCHRONOUS: [u32; 2] = [0x11, 0x19];

/// Reads the syndrome; an asynchronous abort comes through the same vector as synchronous ones.
#[inline]
fn synchronous_or_abort(cx: &mut Cx<'_>) -> Effect {
    let esr = Esr::new(u64::from(read!(hsr)));
    if esr.class() == ec::HVC32 {
        return trap::call(cx, esr);
    }
    if esr.class() == ec::DATA_ABORT_LOWER && ASYNCHRONOUS.contains(&(esr.iss() & 0x3f)) {
        return trap::serror(cx);
    }
    trap::synchronous(cx, esr, || {
        let fetch = esr.class() == ec::INSTRUCTION_ABORT_LOWER;
        let far = if fetch { read!(hifar) } else { read!(hdfar) };
        Fault { esr, far: u64::from(far), hpfar: u64::from(read!(hpfar)) }
    })
}

/// Hyp mode's own registers at a fault of its own; 8-byte aligned in size, as the stack is.
#[repr(C, align(8))]
pub struct HostFrame {
    r: [usize; 13],
    sp: u32,
    lr: u32,
    pc: u32,
    cpsr: u32,
}

extern "C" fn host_fault(frame: &HostFrame, kind: u32) -> ! {
    let names = ["reset", "undefined instruction", "supervisor call", "prefetch abort", "data abort"];
    let name = names.get(kind as usize).copied().unwrap_or("exception");
    crate::machine::panic::hypervisor_fault(
        format_args!(
            "{name} in the hypervisor: HSR {:#x} HDFAR {:#x} HIFAR {:#x} PC {:#x} CPSR {:#x} SP {:#x}",
            read!(hsr),
            read!(hdfar),
            read!(hifar),
            frame.pc,
            frame.cpsr,
            frame.sp
        ),
        frame,
    )
}

impl HostFrame {
    /// Returns where the fault was, the frame pointer and the link register there.
    pub fn position(&self) -> (usize, usize, usize) {
        (self.pc as usize, self.r[11], self.lr as usize)
    }

    /// Returns the registers with their names.
    pub fn named(&self) -> [Named; 17] {
        let value = |n: usize| match n {
            0 => ("PC", self.pc as usize),
            1 => ("SP", self.sp as usize),
            2 => ("LR", self.lr as usize),
            3 => ("CPSR", self.cpsr as usize),
            _ => (R_NAMES[n - 4], self.r[n - 4]),
        };
        core::array::from_fn(value).map(|(name, value)| (name, value as u64))
    }
}

/// Returns the frame pointer here, where a backtrace starts.
#[inline(always)]
pub fn frame_pointer() -> usize {
    let fp: usize;
    // SAFETY: copies a register.
    unsafe { core::arch::asm!("mov {}, r11", out(reg) fp, options(nomem, nostack, preserves_flags)) }
    fp
}

/// Reads the frame record at `fp`: the caller's frame pointer and the return address.
///
/// Returns `None` where `fp` is not aligned or not in a mapped Hyp stack of `stack`.
pub fn frame_record(fp: usize, stack: core::ops::Range<usize>) -> Option<(usize, usize)> {
    let inside = stack.contains(&fp) && stack.contains(&(fp + 7));
    if !fp.is_multiple_of(4) || !inside {
        return None;
    }
    // SAFETY: the record lies in the stack given, which is mapped.
    unsafe { Some(((fp as *const usize).read(), (fp as *const usize).add(1).read())) }
}

/// Stops this CPU at once.
pub fn stop() -> ! {
    cpu::park()
}

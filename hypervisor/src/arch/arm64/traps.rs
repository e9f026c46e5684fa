//! From the vectors to [`trap`](crate::trap) and back.
//!
//! The vectors have saved the guest's general registers in the running vCPU's [`Context`], found
//! through TPIDR_EL2: at first only those that a function may change. Here that pointer becomes a safe
//! [`Cx`](crate::trap::Cx), and the syndrome registers are read once. A trap that needs the others,
//! because its instruction names one of them or another vCPU is to run, comes back by
//! [`guest_complete`].

use super::context::{GuestRegs, Named, X_NAMES, with_a64_view};
use super::errata::{self, Erratum};
use super::sysreg::{self, read, write};
use super::{cpu, layout};
use crate::domain::Vcpu;
use crate::machine::percpu::PerCpu;
use crate::sched;
use crate::trap::{self, Cx, Effect, Fault, Next};
use arm_spec::esr::{Esr, FaultKind, ec};
use core::arch::global_asm;
use core::mem::offset_of;

/// What TPIDR_EL2 points to: the registers of what runs on this CPU, the CPU and the vCPU.
#[repr(C)]
pub struct Context {
    /// The general registers.
    pub regs: GuestRegs,
    cpu: *const PerCpu,
    vcpu: *const Vcpu,
}

// SAFETY: the pointers are to a CPU's data, which is never freed, and to the vCPU that the context is
// part of or null; both are shared, and only written and followed on the CPU that runs the context.
unsafe impl Send for Context {}

impl Context {
    /// Returns a context that has not run.
    pub const fn new(regs: GuestRegs) -> Self {
        Self { regs, cpu: core::ptr::null(), vcpu: core::ptr::null() }
    }
}

global_asm!(
    include_str!("../../../../boot/arm64/vectors.S"),
    X = const offset_of!(GuestRegs, x),
    PC = const offset_of!(GuestRegs, pc),
    COMPLETE = const offset_of!(GuestRegs, complete),
    FRAME_BYTES = const size_of::<HostFrame>(),
    STACK_BYTES = const layout::STACK_BYTES,
    guest_exception = sym guest_exception,
    guest_exception_a32 = sym guest_exception_a32,
    guest_irq = sym guest_irq,
    guest_fiq = sym guest_fiq,
    guest_serror = sym guest_serror,
    guest_complete = sym guest_complete,
    host_fault = sym host_fault,
);

unsafe extern "C" {
    fn first_entry(regs: *mut GuestRegs, stack_top: usize) -> !;
}

/// Makes `context`, which is `vcpu`'s or the idle one, what runs on `cpu`: traps from the guest save there.
///
/// # Safety
/// Context and vCPU live, and nobody else touches the context, for as long as it is current.
pub unsafe fn set_current(context: *mut Context, cpu: &'static PerCpu, vcpu: Option<&Vcpu>) {
    // SAFETY: the caller's duty: the context is this CPU's alone.
    unsafe {
        (*context).cpu = cpu;
        (*context).vcpu = vcpu.map_or(core::ptr::null(), core::ptr::from_ref);
    }
    write!("tpidr_el2", context as u64);
}

/// Returns this CPU's data, or `None` before it is set up.
#[inline]
pub fn this_cpu() -> Option<&'static PerCpu> {
    let context = read!("tpidr_el2") as *const Context;
    // SAFETY: TPIDR_EL2 is null or was set by `set_current` to a context that lives while current,
    // whose `cpu` points to a never-freed PerCpu.
    unsafe { (!context.is_null()).then(|| (*context).cpu)?.as_ref() }
}

/// Returns the vCPU that runs on this CPU, or `None` where none does.
#[inline]
pub fn this_vcpu() -> Option<&'static Vcpu> {
    let context = read!("tpidr_el2") as *const Context;
    // SAFETY: as in `this_cpu`; `vcpu` is null or lives while current, and nobody keeps a reference to it
    // over a switch (PerCpu::current).
    unsafe { (!context.is_null()).then(|| (*context).vcpu)?.as_ref() }
}

/// Runs what is current on this CPU, forgetting its EL2 stack.
pub fn enter(cpu: &'static PerCpu) -> ! {
    let context = read!("tpidr_el2") as *mut Context;
    // SAFETY: TPIDR_EL2 holds the context that is current (set_current), which is complete; the stack
    // is this CPU's own, whose frames nobody returns to.
    unsafe { first_entry(&raw mut (*context).regs, cpu.stack_top.raw()) }
}

/// What the vectors do next: the guest goes on.
const RESUME: u32 = 0;
/// X19-X28 are saved first, as the trap's instruction names one of them, and the trap is handled then.
const SAVE_AND_HANDLE: u32 = 1;
/// X19-X28 are saved first, as another vCPU may be to run.
const SAVE_AND_LEAVE: u32 = 2;
/// As [`SAVE_AND_HANDLE`], in A32.
const SAVE_AND_HANDLE_A32: u32 = 3;

/// Handles a trap by `f` and tells the vectors what to do next.
///
/// # Safety
/// `context` is what the vectors passed: TPIDR_EL2.
#[inline(always)]
unsafe fn handle(context: *mut Context, f: impl FnOnce(&mut Cx<'_>) -> Effect) -> u32 {
    // SAFETY: (1) TPIDR_EL2 was set by `set_current` to the context of the vCPU that runs here, which
    // lives while current and is not replaced before this returns; (2) EL2 is not reentered on this
    // CPU, as it runs with interrupts masked, so this is the only reference to the registers; (3) `cpu`
    // is this CPU's, never freed.
    let mut cx = unsafe {
        let Context { regs, cpu, vcpu } = &mut *context;
        Cx { cpu: &**cpu, vcpu: &**vcpu, regs }
    };
    let effect = f(&mut cx);
    match trap::end(&cx, effect) {
        Next::Resume => RESUME,
        Next::Leave => SAVE_AND_LEAVE,
    }
}

unsafe extern "C" fn guest_exception(context: *mut Context) -> u32 {
    let esr = Esr::new(read!("esr_el2"));
    let class = esr.class();
    // What comes seldom may name any register.
    let needs_all = match class {
        ec::HVC64 => false,
        ec::SYSREG => is_late(esr.iss() >> 5),
        ec::DATA_ABORT_LOWER => is_late(esr.iss() >> 16),
        _ => true,
    };
    if needs_all {
        return SAVE_AND_HANDLE;
    }
    let handler = |cx: &mut Cx<'_>| match class {
        ec::HVC64 => trap::call(cx, esr),
        ec::SYSREG => trap::system_register(cx, esr),
        _ => trap::data_abort(cx, &read_fault(esr)),
    };
    // SAFETY: the vectors pass TPIDR_EL2.
    unsafe { handle(context, handler) }
}

/// In A32 X19-X28 are modes' registers, of which any trap may change some: an exception's LR is one.
extern "C" fn guest_exception_a32(_: *mut Context) -> u32 {
    SAVE_AND_HANDLE_A32
}

unsafe extern "C" fn guest_irq(context: *mut Context) -> u32 {
    // SAFETY: the vectors pass TPIDR_EL2.
    unsafe { handle(context, trap::interrupt) }
}

unsafe extern "C" fn guest_fiq(context: *mut Context) -> u32 {
    // SAFETY: the vectors pass TPIDR_EL2.
    unsafe { handle(context, trap::fast_interrupt) }
}

unsafe extern "C" fn guest_serror(context: *mut Context) -> u32 {
    // SAFETY: the vectors pass TPIDR_EL2.
    unsafe { handle(context, trap::serror) }
}

/// Goes on when all registers are saved, and returns the context to run next.
unsafe extern "C" fn guest_complete(context: *mut Context, why: u32) -> *mut Context {
    // SAFETY: the context is current, and its `cpu` this one.
    let cpu = unsafe { &*(*context).cpu };
    if why != SAVE_AND_LEAVE {
        let esr = Esr::new(read!("esr_el2"));
        let handler = |cx: &mut Cx<'_>| {
            let esr = if why == SAVE_AND_HANDLE_A32 { with_a64_view(esr, cx.regs) } else { esr };
            trap::synchronous(cx, esr, || read_fault(esr))
        };
        // SAFETY: the vectors pass TPIDR_EL2.
        let next = unsafe { handle(context, handler) };
        if next == RESUME {
            return context;
        }
    }
    sched::leave(cpu)
}

/// Tells whether a register that a syndrome names, in the low five bits, is saved late.
#[inline(always)]
fn is_late(register: u32) -> bool {
    GuestRegs::LATE.contains(&(register as usize & 0x1f))
}

#[inline]
fn read_fault(esr: Esr) -> Fault {
    let far = read!("far_el2");
    let mut hpfar = read!("hpfar_el2");
    // HPFAR is UNKNOWN after a permission fault that is not of a stage-1 walk (DDI 0487J D19.2.57).
    let unknown = esr.fault_kind() == FaultKind::Permission || errata::is_active(Erratum::WrongFaultAddress);
    if unknown && !esr.on_stage1_walk() {
        let par = sysreg::translate_stage1(far);
        if par & 1 == 0 {
            hpfar = par >> 8 & 0xff_ffff_fff0;
        }
    }
    Fault { esr, far, hpfar }
}

/// EL2's own registers at a fault of its own.
#[repr(C)]
pub struct HostFrame {
    x: [usize; 31],
    pc: u64,
    pstate: u64,
    sp: u64,
}

extern "C" fn host_fault(frame: &HostFrame, kind: u32) -> ! {
    let name = ["synchronous exception", "IRQ", "FIQ", "SError"];
    let name = name.get(kind as usize).copied().unwrap_or("exception");
    crate::machine::panic::hypervisor_fault(
        format_args!(
            "{name} in the hypervisor: ESR_EL2 {:#x} FAR_EL2 {:#x} ELR_EL2 {:#x} SPSR_EL2 {:#x} SP {:#x}",
            read!("esr_el2"),
            read!("far_el2"),
            frame.pc,
            frame.pstate,
            frame.sp
        ),
        frame,
    )
}

impl HostFrame {
    /// Returns where the fault was, the frame pointer and the link register there.
    pub fn position(&self) -> (usize, usize, usize) {
        (super::to_usize(self.pc), self.x[29], self.x[30])
    }

    /// Returns the registers with their names.
    pub fn named(&self) -> [Named; 34] {
        core::array::from_fn(|n| match n {
            0 => ("PC", self.pc),
            1 => ("SP", self.sp),
            2 => ("PSTATE", self.pstate),
            _ => (X_NAMES[n - 3], self.x[n - 3] as u64),
        })
    }
}

/// Returns the frame pointer here, where a backtrace starts.
#[inline(always)]
pub fn frame_pointer() -> usize {
    let fp: usize;
    // SAFETY: copies a register.
    unsafe { core::arch::asm!("mov {}, x29", out(reg) fp, options(nomem, nostack, preserves_flags)) }
    fp
}

/// Reads the frame record at `fp`: the caller's frame pointer and the return address.
///
/// Returns `None` where `fp` is not aligned or not in a mapped EL2 stack of `stack`.
pub fn frame_record(fp: usize, stack: core::ops::Range<usize>) -> Option<(usize, usize)> {
    let inside = stack.contains(&fp) && stack.contains(&(fp + 15));
    if !fp.is_multiple_of(8) || !inside {
        return None;
    }
    // SAFETY: the record lies in the stack given, which is mapped.
    unsafe { Some(((fp as *const usize).read(), (fp as *const usize).add(1).read())) }
}

/// Stops this CPU at once.
pub fn stop() -> ! {
    cpu::park()
}

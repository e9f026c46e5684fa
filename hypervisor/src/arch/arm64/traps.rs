//! From the vectors to [`trap::handle`](crate::trap::handle) and back.
//!
//! The vectors have saved the guest's general registers in the running vCPU's [`Context`], found
//! through TPIDR_EL2. Here that pointer becomes a safe [`Cx`](crate::trap::Cx), and the syndrome
//! registers are read once.

use super::context::{GuestRegs, Named, X_NAMES};
use super::errata::{self, Erratum};
use super::sysreg::{self, read, write};
use super::{cpu, layout};
use crate::machine::percpu::PerCpu;
use crate::trap::{self, Entry, Fault};
use arm_spec::esr::{Esr, FaultKind};
use core::arch::global_asm;
use core::mem::offset_of;

/// What TPIDR_EL2 points to: the registers of what runs on this CPU, and the CPU.
#[repr(C)]
pub struct Context {
    /// The general registers.
    pub regs: GuestRegs,
    cpu: *const (),
}

// SAFETY: the pointer is to a CPU's data, which is never freed and is itself shared; it is only
// written and followed on the CPU that runs the context.
unsafe impl Send for Context {}

impl Context {
    /// Returns a context that has not run.
    pub const fn new(regs: GuestRegs) -> Self {
        Self { regs, cpu: core::ptr::null() }
    }
}

const TRAP_SYNC: u32 = 0;
const TRAP_IRQ: u32 = 1;
const TRAP_FIQ: u32 = 2;
const TRAP_SERROR: u32 = 3;

global_asm!(
    include_str!("../../../../boot/arm64/vectors.S"),
    X2 = const offset_of!(GuestRegs, x) + 16,
    TRAP_SYNC = const TRAP_SYNC,
    TRAP_IRQ = const TRAP_IRQ,
    TRAP_FIQ = const TRAP_FIQ,
    TRAP_SERROR = const TRAP_SERROR,
    FRAME_BYTES = const size_of::<HostFrame>(),
    STACK_BYTES = const layout::STACK_BYTES,
    guest_trap = sym guest_trap,
    host_fault = sym host_fault,
);

unsafe extern "C" {
    fn first_entry(context: *mut Context, stack_top: usize) -> !;
}

/// Makes `context` what runs on `cpu`: traps from the guest save there.
///
/// # Safety
/// The context lives, and nobody else touches it, for as long as it is current.
pub unsafe fn set_current(context: *mut Context, cpu: &'static PerCpu) {
    // SAFETY: the caller's duty: the context is this CPU's alone.
    unsafe { (*context).cpu = core::ptr::from_ref(cpu).cast() }
    write!("tpidr_el2", context as u64);
}

/// Returns this CPU's data, or `None` before it is set up.
pub fn this_cpu() -> Option<&'static PerCpu> {
    let context = read!("tpidr_el2") as *const Context;
    // SAFETY: TPIDR_EL2 is null or was set by `set_current` to a context that lives while current,
    // whose `cpu` points to a never-freed PerCpu.
    unsafe { context.as_ref()?.cpu.cast::<PerCpu>().as_ref() }
}

/// Runs what is current on this CPU, forgetting its EL2 stack.
pub fn enter(cpu: &'static PerCpu) -> ! {
    let context = read!("tpidr_el2") as *mut Context;
    // SAFETY: TPIDR_EL2 holds the context that is current (set_current), which is complete; the stack
    // is this CPU's own, whose frames nobody returns to.
    unsafe { first_entry(context, cpu.stack_top.raw()) }
}

extern "C" fn guest_trap(context: *mut Context, kind: u32) -> *mut Context {
    let entry = match kind {
        TRAP_SYNC => Entry::Synchronous(read_fault()),
        TRAP_IRQ => Entry::Irq,
        TRAP_FIQ => Entry::Fiq,
        _ => Entry::SError,
    };
    // SAFETY: (1) the vectors pass TPIDR_EL2, set by `set_current` to the running vCPU's context;
    // (2) EL2 is not reentered on this CPU, as it runs with interrupts masked, so this is the only
    // reference to the registers; (3) `cpu` is this CPU's, never freed.
    let (regs, cpu) = unsafe { (&mut (*context).regs, &*(*context).cpu.cast::<PerCpu>()) };
    trap::handle(cpu, regs, entry)
}

fn read_fault() -> Fault {
    let far = read!("far_el2");
    let esr = Esr::new(read!("esr_el2"));
    let mut hpfar = read!("hpfar_el2");
    // HPFAR is UNKNOWN after a permission fault that is not of a stage-1 walk (DDI 0487J D19.2.57).
    let unknown = esr.fault_kind() == FaultKind::Permission || errata::is_active(Erratum::WrongFaultAddress);
    if unknown && esr.is_lower_abort() && !esr.on_stage1_walk() {
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

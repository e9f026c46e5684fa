//! Traps: a test says what the hardware would, and calls what handles it.

use super::context::{GuestRegs, Named};
use super::{cpu, state};
use crate::domain::Vcpu;
use crate::machine::percpu::PerCpu;
use crate::sched;
use crate::trap::{self, Cx, Fault, Next};

/// Why EL2 is entered from a guest.
#[derive(Clone, Copy, Debug)]
pub enum Entry {
    /// The guest's own instruction.
    Synchronous(Fault),
    /// A physical interrupt.
    Irq,
}

/// What TPIDR_EL2 points to: the registers of what runs on this CPU, and the CPU.
#[repr(C)]
pub struct Context {
    /// The general registers.
    pub regs: GuestRegs,
    cpu: *const PerCpu,
    vcpu: *const Vcpu,
}

// SAFETY: `cpu` is null or points to a PerCpu, which is shared by all CPUs and never freed; `vcpu` is
// null or points to the vCPU that the context is part of.
unsafe impl Send for Context {}

impl Context {
    /// Returns a context that has not run.
    pub const fn new(regs: GuestRegs) -> Self {
        Self { regs, cpu: core::ptr::null(), vcpu: core::ptr::null() }
    }
}

/// Makes `context`, which is `vcpu`'s or the idle one, what runs on `cpu`.
///
/// # Safety
/// Context and vCPU live, and nobody else touches the context, for as long as it is current.
pub unsafe fn set_current(context: *mut Context, cpu: &'static PerCpu, vcpu: Option<&Vcpu>) {
    // SAFETY: the caller's duty: the context is this CPU's alone.
    unsafe {
        (*context).cpu = cpu;
        (*context).vcpu = vcpu.map_or(core::ptr::null(), core::ptr::from_ref);
    }
    state::with(|state| state.current = context);
}

/// Does what the vectors do: handles a trap of the guest that runs on this CPU.
///
/// # Panics
/// If none runs.
pub fn guest_trap(entry: Entry) {
    let context = state::with(|state| state.current);
    // SAFETY: as in the other backends: the context is current, and nobody else touches it.
    let (regs, cpu, vcpu) =
        unsafe { (&mut (*context).regs, (*context).cpu.as_ref(), (*context).vcpu.as_ref()) };
    let (Some(cpu), Some(vcpu)) = (cpu, vcpu) else { unreachable!("no guest runs") };
    let cx = &mut Cx { cpu, vcpu, regs };
    let effect = match entry {
        Entry::Synchronous(fault) => trap::synchronous(cx, fault.esr, || fault),
        Entry::Irq => trap::interrupt(cx),
    };
    if trap::end(cx, effect) == Next::Leave {
        sched::leave(cpu);
    }
}

/// Runs `f` on the registers of what runs on this CPU.
pub fn with_guest<R>(f: impl FnOnce(&mut GuestRegs) -> R) -> R {
    let context = state::with(|state| state.current);
    // SAFETY: as above; `f` gets the only reference.
    f(unsafe { &mut (*context).regs })
}

/// Returns this CPU's data, or `None` before it is set up.
pub fn this_cpu() -> Option<&'static PerCpu> {
    let context = state::with(|state| state.current);
    // SAFETY: `current` is null or was set by `set_current` to a context that lives while current.
    unsafe { context.as_ref()?.cpu.as_ref() }
}

/// Returns the vCPU that runs on this CPU, or `None` where none does.
pub fn this_vcpu() -> Option<&'static Vcpu> {
    let context = state::with(|state| state.current);
    // SAFETY: as in `this_cpu`, and `vcpu` is null or lives while current.
    unsafe { context.as_ref()?.vcpu.as_ref() }
}

/// Runs `context` on this CPU: on the host nothing can.
pub fn enter(_cpu: &'static PerCpu) -> ! {
    cpu::park()
}

/// EL2's own registers at a fault of its own: on the host there is none.
pub struct HostFrame {
    none: [Named; 0],
}

impl HostFrame {
    /// Returns where the fault was, the frame pointer and the link register there.
    pub fn position(&self) -> (usize, usize, usize) {
        (0, 0, 0)
    }

    /// Returns the registers with their names.
    pub fn named(&self) -> [Named; 0] {
        self.none
    }
}

/// Returns the frame pointer here, where a backtrace starts: the host prints its own.
pub fn frame_pointer() -> usize {
    0
}

/// Reads the frame record at `fp`: none.
pub fn frame_record(_fp: usize, _stack: core::ops::Range<usize>) -> Option<(usize, usize)> {
    None
}

/// Stops this CPU at once.
pub fn stop() -> ! {
    cpu::park()
}

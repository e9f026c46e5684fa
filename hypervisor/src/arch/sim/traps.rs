//! Traps: a test calls [`trap::handle`](crate::trap::handle) itself, with what the hardware would say.

use super::context::{GuestRegs, Named};
use super::{cpu, state};
use crate::machine::percpu::PerCpu;
use crate::trap::{self, Entry};

/// What TPIDR_EL2 points to: the registers of what runs on this CPU, and the CPU.
#[repr(C)]
pub struct Context {
    /// The general registers.
    pub regs: GuestRegs,
    cpu: *const PerCpu,
}

// SAFETY: `cpu` is null or points to a PerCpu, which is shared by all CPUs and never freed.
unsafe impl Send for Context {}

impl Context {
    /// Returns a context that has not run.
    pub const fn new(regs: GuestRegs) -> Self {
        Self { regs, cpu: core::ptr::null() }
    }
}

/// Makes `context` what runs on `cpu`: traps from the guest save there.
///
/// # Safety
/// The context lives, and nobody else touches it, for as long as it is current.
pub unsafe fn set_current(context: *mut Context, cpu: &'static PerCpu) {
    // SAFETY: the caller's duty: the context is this CPU's alone.
    unsafe { (*context).cpu = cpu }
    state::with(|state| state.current = context);
}

/// Does what the vectors do: handles a trap of the guest that runs on this CPU.
///
/// # Panics
/// If none runs.
pub fn guest_trap(entry: Entry) {
    let context = state::with(|state| state.current);
    // SAFETY: as in the other backends: the context is current, and nobody else touches it.
    let (regs, cpu) = unsafe { (&mut (*context).regs, (*context).cpu.as_ref()) };
    let Some(cpu) = cpu else { unreachable!("no guest runs") };
    trap::handle(cpu, regs, entry);
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

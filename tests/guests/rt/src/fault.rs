//! Exceptions: those a test provokes on purpose, and all others, which end the guest with a verdict.
//!
//! [`catch`] runs a closure; a synchronous exception or SError inside is recorded, its instruction is
//! stepped over (a fetch returns to its caller), and the first [`Fault`] is handed back.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// What kind of exception it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FaultKind {
    /// Data abort.
    DataAbort,
    /// Instruction (A32: prefetch) abort.
    PrefetchAbort,
    /// Undefined instruction; arm64: EC 0.
    Undefined,
    /// SError, A32: asynchronous abort.
    SError,
    /// Any other.
    Other,
}

/// A caught exception.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Its kind.
    pub kind: FaultKind,
    /// ESR_EL1, or DFSR/IFSR.
    pub syndrome: u64,
    /// FAR_EL1, or DFAR/IFAR.
    pub far: u64,
    /// Address of the instruction.
    pub pc: u64,
    /// PSTATE (CPSR) it was taken from.
    pub pstate: u64,
}

impl Fault {
    /// Fault status in the long-descriptor encoding (DFSC, IFSC; DFSR/IFSR.STATUS with EAE=1).
    pub fn status(&self) -> u64 {
        self.syndrome & 0x3f
    }

    /// Whether the status is a synchronous external abort (not on a table walk).
    pub fn is_external(&self) -> bool {
        self.status() == 0x10
    }

    /// Exception class; arm64 only, 0 on arm32.
    pub fn class(&self) -> u64 {
        self.syndrome >> 26 & 0x3f
    }
}

/// A fault together with the vector it came through.
pub struct Trap {
    /// The fault.
    pub fault: Fault,
    /// Number of the vector.
    pub vector: u64,
}

/// Exceptions one `catch` may take: more is an instruction that cannot be stepped over.
const LIMIT: u32 = 64;

struct Slot {
    armed: AtomicBool,
    count: AtomicU32,
    first: UnsafeCell<Option<Fault>>,
}

// SAFETY: A slot is touched by its own CPU only: by `catch`, and by the exception it waits for.
unsafe impl Sync for Slot {}

static SLOTS: [Slot; crate::cpu::MAX_CPUS] = [const {
    Slot { armed: AtomicBool::new(false), count: AtomicU32::new(0), first: UnsafeCell::new(None) }
}; crate::cpu::MAX_CPUS];

/// Runs `body` and returns the first exception it took, if any.
pub fn catch(body: impl FnOnce()) -> Option<Fault> {
    let slot = &SLOTS[crate::arch::cpu_index()];
    slot.count.store(0, Ordering::SeqCst);
    slot.armed.store(true, Ordering::SeqCst);
    #[cfg(target_arch = "arm")]
    crate::arch::prepare_for_fault();
    body();
    crate::arch::dsb();
    crate::arch::isb();
    slot.armed.store(false, Ordering::SeqCst);
    let count = slot.count.load(Ordering::SeqCst);
    // SAFETY: Disarmed: no exception writes the cell now.
    (count > 0).then(|| unsafe { *slot.first.get() }).flatten()
}

/// Number of exceptions the last [`catch`] of this CPU took.
pub fn count() -> u32 {
    SLOTS[crate::arch::cpu_index()].count.load(Ordering::SeqCst)
}

/// Whether the running [`catch`] already took an exception at the same instruction.
pub fn is_repeated(fault: &Fault) -> bool {
    let slot = &SLOTS[crate::arch::cpu_index()];
    // SAFETY: Own CPU's slot; called from its exception handler, which alone writes the cell meanwhile.
    let first = unsafe { *slot.first.get() };
    count() > 1 && first.is_some_and(|first| first.pc == fault.pc)
}

/// Records an expected trap; false when none is expected here.
pub fn handle(trap: &Trap) -> bool {
    let slot = &SLOTS[crate::arch::cpu_index()];
    if !slot.armed.load(Ordering::SeqCst) {
        return false;
    }
    if slot.count.fetch_add(1, Ordering::SeqCst) == 0 {
        // SAFETY: Own CPU's slot, and `catch` reads it only after disarming.
        unsafe { *slot.first.get() = Some(trap.fault) }
    }
    slot.count.load(Ordering::SeqCst) < LIMIT
}

/// Ends the guest: nobody expected this exception.
pub fn unexpected(trap: &Trap) -> ! {
    let Fault { kind, syndrome, far, pc, pstate } = trap.fault;
    crate::check::abandon(format_args!(
        "unexpected {kind:?} by vector {} on cpu {}: syndrome {syndrome:#x} address {far:#x} pc {pc:#x} pstate {pstate:#x}",
        trap.vector,
        crate::arch::cpu_index(),
    ))
}

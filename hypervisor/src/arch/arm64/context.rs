//! A vCPU's registers: what the vectors save, and what a switch saves.
//!
//! An A32 vCPU's registers are those of A64 that they are mapped to, its modes' own too (Arm ARM DDI 0487J
//! D1.7.1, G1.10); what they are not mapped to has [`a32`].

mod a32;
mod fp;
mod inject;
mod system;
mod toolstack;

pub use a32::with_a64_view;
pub use fp::FpState;
pub use inject::{Injected, inject, inject_serror};
pub use system::SystemRegs;
pub use toolstack::{BadState, check};

use arm_spec::Width;
use arm_spec::a32::{PSR_T, Psr, a64_register};

/// The general registers of a guest, as the vectors save them.
///
/// While the guest runs and in most traps [`LATE`](Self::LATE) are in the CPU, and here are older values.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct GuestRegs {
    /// X0-X30.
    pub x: [u64; 31],
    /// ELR_EL2.
    pub pc: u64,
    /// SPSR_EL2.
    pub pstate: u64,
    /// Not zero: [`LATE`](Self::LATE) are saved too.
    pub complete: u64,
}

/// PSTATE bit: AArch32.
const PSTATE_A32: u64 = 1 << 4;
/// PSTATE at a 64-bit vCPU's start: EL1h, DAIF masked.
const PSTATE_START: u64 = 0x3c5;
/// PSTATE at a 32-bit vCPU's start: Supervisor mode, A, I, F masked.
const PSTATE_A32_START: u64 = 0x1d3;
/// PSTATE.SS, of both execution states.
const PSTATE_SS: u64 = 1 << 21;
/// PSTATE.BTYPE, of A64 alone.
const PSTATE_BTYPE: u64 = 0b11 << 10;
/// The machine number of an A32 kernel started with a device tree (Linux, Documentation/arm/booting).
const MACHINE_NONE: u64 = 0xffff_ffff;

/// A register's name and value.
pub type Named = (&'static str, u64);

/// The names of the general registers.
pub const X_NAMES: [&str; 31] = [
    "X0", "X1", "X2", "X3", "X4", "X5", "X6", "X7", "X8", "X9", "X10", "X11", "X12", "X13", "X14", "X15",
    "X16", "X17", "X18", "X19", "X20", "X21", "X22", "X23", "X24", "X25", "X26", "X27", "X28", "FP", "LR",
];

impl GuestRegs {
    /// The registers that functions keep (AAPCS64 6.1.1), but for the frame pointer: saved only if needed.
    pub const LATE: core::ops::Range<usize> = 19..29;

    /// Returns a vCPU's registers at its start: entry point (of A32, bit 0: T32) and X0.
    pub const fn start(width: Width, entry: u64, x0: u64) -> Self {
        let mut x = [0; 31];
        x[0] = x0;
        let (pc, pstate) = match width {
            Width::A64 => (entry, PSTATE_START),
            Width::A32 if entry & 1 != 0 => (entry & 0xffff_fffe, PSTATE_A32_START | PSR_T as u64),
            Width::A32 => (entry & 0xffff_ffff, PSTATE_A32_START),
        };
        Self { x, pc, pstate, complete: 1 }
    }

    /// Returns the registers with which a kernel is entered: its tree in X0, or in r2 (Linux,
    /// Documentation/arch/arm64/booting, Documentation/arm/booting).
    pub const fn kernel(width: Width, entry: u64, tree: u64) -> Self {
        match width {
            Width::A64 => Self::start(width, entry, tree),
            Width::A32 => {
                let mut regs = Self::start(width, entry, 0);
                regs.x[1] = MACHINE_NONE;
                regs.x[2] = tree;
                regs
            }
        }
    }

    /// Returns the program counter.
    #[inline]
    pub fn pc(&self) -> u64 {
        self.pc
    }

    /// Returns general register `n`; 31 reads as zero.
    ///
    /// A trap whose instruction names one that is saved late comes with all of them saved.
    #[inline]
    pub fn reg(&self, n: u32) -> u64 {
        debug_assert!(self.holds(n as usize), "X{n} is not saved");
        self.x.get(n as usize).copied().unwrap_or(0)
    }

    /// Tells whether register `n` is saved.
    const fn holds(&self, n: usize) -> bool {
        self.complete != 0 || n < Self::LATE.start || n >= Self::LATE.end
    }

    /// Sets general register `n`; 31 is discarded.
    #[inline]
    pub fn set_reg(&mut self, n: u32, value: u64) {
        debug_assert!(self.holds(n as usize), "X{n} is not saved");
        if let Some(x) = self.x.get_mut(n as usize) {
            *x = value;
        }
    }

    /// Returns the registers with their names, in the order in which they are shown; `-` is one that is
    /// not saved.
    pub fn named(&self) -> [Named; 33] {
        let names = if self.is_a32() { &a32::NAMES } else { &X_NAMES };
        core::array::from_fn(|n| match n {
            0 => ("PC", self.pc),
            1 => ("CPSR", self.pstate),
            _ if !self.holds(n - 2) => ("-", 0),
            _ => (names[n - 2], self.x[n - 2]),
        })
    }

    /// Tells whether the guest executes A32 or T32.
    #[inline]
    pub fn is_a32(&self) -> bool {
        self.pstate & PSTATE_A32 != 0
    }

    /// Returns the processor state as A32 sees it.
    #[inline]
    pub fn psr(&self) -> Psr {
        Psr::from_a64_view((self.pstate & 0xffff_ffff) as u32)
    }

    /// Tells whether the guest runs at EL0.
    pub fn is_user(&self) -> bool {
        self.pstate & 0xf == 0
    }

    /// Steps past the trapped instruction of `bytes` (2 or 4).
    ///
    /// Clears PSTATE.SS and BTYPE as the completed instruction would have (Arm ARM DDI 0487J
    /// D2.12, D8.8).
    #[inline]
    pub fn advance(&mut self, bytes: u64) {
        self.pc = self.pc.wrapping_add(bytes);
        if self.is_a32() {
            self.pc &= 0xffff_ffff;
            self.pstate = u64::from(self.psr().advance_it().a64_view());
        } else {
            self.pstate &= !(PSTATE_SS | PSTATE_BTYPE);
        }
    }

    /// Steps back over the HVC that trapped, so that it is executed again.
    #[inline]
    pub fn rewind_hvc(&mut self) {
        self.pc = self.pc.wrapping_sub(4);
    }

    /// Lets the guest take interrupts (PSTATE.I clear).
    pub fn unmask_interrupts(&mut self) {
        self.pstate &= !(1 << 7);
    }

    /// Returns the hypercall's number.
    #[inline]
    pub fn hypercall(&self) -> u64 {
        if self.is_a32() { self.hypercall_a32() } else { self.x[16] }
    }

    /// FIQ mode has an r12 of its own.
    #[cold]
    fn hypercall_a32(&self) -> u64 {
        self.reg(a64_register(12, self.psr().mode())) & 0xffff_ffff
    }

    /// Returns the hypercall's arguments.
    #[inline]
    pub fn hypercall_args(&self) -> [u64; 5] {
        let [x0, x1, x2, x3, x4, ..] = self.x;
        let args = [x0, x1, x2, x3, x4];
        if self.is_a32() { args.map(|arg| arg & 0xffff_ffff) } else { args }
    }

    /// Changes the hypercall's number and arguments, for a continuation.
    pub fn set_hypercall_args(&mut self, args: [u64; 5]) {
        self.x[..5].copy_from_slice(&args);
    }

    /// Sets the hypercall's result.
    #[inline]
    pub fn set_hypercall_result(&mut self, value: i64) {
        self.x[0] = value.cast_unsigned();
    }
}

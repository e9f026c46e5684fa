//! A vCPU's registers: what the vectors save, and what a switch saves.
//!
//! [`GuestRegs`] has what Hyp mode shares with the guest: r0-r12 and the User mode's LR. The User mode's
//! SP and what the guest's other modes bank stay in the CPU while it runs ([`banked`]) and are saved at a
//! switch ([`SystemRegs`]).

mod banked;
mod fp;
mod inject;
mod system;
mod toolstack;

pub use fp::FpState;
pub use inject::{Injected, inject, inject_serror};
pub use system::SystemRegs;
pub use toolstack::{BadState, check};

use super::cp15::low;
use arm_spec::Width;
use arm_spec::a32::{self, Psr};

/// A register's name and value.
pub type Named = (&'static str, u64);

/// The names of the general registers that all modes but FIQ share.
pub const R_NAMES: [&str; 13] =
    ["R0", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9", "R10", "R11", "R12"];

/// The general registers of a guest, as the vectors save them.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct GuestRegs {
    /// R0-R12, of the modes that do not bank them.
    pub r: [u32; 13],
    /// LR_usr.
    pub lr_usr: u32,
    /// ELR_hyp.
    pub pc: u32,
    /// SPSR_hyp.
    pub cpsr: u32,
}

/// CPSR at a vCPU's start: Supervisor mode, A, I, F masked.
const CPSR_START: u32 = 0x1d3;
/// The machine number of a kernel started with a device tree (Linux, Documentation/arm/booting).
const MACHINE_NONE: u32 = u32::MAX;

impl GuestRegs {
    /// Returns a vCPU's registers at its start: entry point (bit 0: T32) and R0.
    pub const fn start(_: Width, entry: u64, r0: u64) -> Self {
        let mut r = [0; 13];
        r[0] = low(r0);
        let entry = low(entry);
        let thumb = if entry & 1 != 0 { a32::PSR_T } else { 0 };
        Self { r, lr_usr: 0, pc: entry & !1, cpsr: CPSR_START | thumb }
    }

    /// Returns the registers with which a kernel is entered: its entry point and its device tree.
    pub const fn kernel(width: Width, entry: u64, tree: u64) -> Self {
        let mut regs = Self::start(width, entry, 0);
        regs.r[1] = MACHINE_NONE;
        regs.r[2] = low(tree);
        regs
    }

    /// Returns the program counter.
    #[inline]
    pub fn pc(&self) -> u64 {
        u64::from(self.pc)
    }

    /// Returns the registers with their names, in the order in which they are shown.
    pub fn named(&self) -> [Named; 16] {
        let value = |n: usize| match n {
            0 => ("PC", self.pc),
            1 => ("CPSR", self.cpsr),
            2 => ("LR_usr", self.lr_usr),
            _ => (R_NAMES[n - 3], self.r[n - 3]),
        };
        core::array::from_fn(value).map(|(name, value)| (name, u64::from(value)))
    }

    /// Returns the processor state.
    #[inline]
    pub fn psr(&self) -> Psr {
        Psr(self.cpsr)
    }

    /// Returns register `n` of the mode that the running guest is in; 15 reads as zero.
    #[inline]
    pub fn reg(&self, n: u32) -> u64 {
        u64::from(match (n, self.psr().mode()) {
            (8..=12, a32::MODE_FIQ) => banked::read_fiq(n),
            (0..=12, _) => self.r[n as usize],
            (14, a32::MODE_USR | a32::MODE_SYS) => self.lr_usr,
            (13, mode) => banked::read_sp(mode),
            (14, mode) => banked::read_lr(mode),
            _ => 0,
        })
    }

    /// Sets register `n` of the mode that the running guest is in; 15 is discarded.
    #[inline]
    pub fn set_reg(&mut self, n: u32, value: u64) {
        let value = low(value);
        match (n, self.psr().mode()) {
            (8..=12, a32::MODE_FIQ) => banked::write_fiq(n, value),
            (0..=12, _) => self.r[n as usize] = value,
            (14, a32::MODE_USR | a32::MODE_SYS) => self.lr_usr = value,
            (13, mode) => banked::write_sp(mode, value),
            (14, mode) => banked::write_lr(mode, value),
            _ => {}
        }
    }

    /// Tells whether the guest executes A32 or T32: always.
    #[inline]
    pub fn is_a32(&self) -> bool {
        true
    }

    /// Tells whether the guest runs in User mode.
    pub fn is_user(&self) -> bool {
        self.psr().mode() == a32::MODE_USR
    }

    /// Steps past the trapped instruction of `bytes` (2 or 4).
    #[inline]
    pub fn advance(&mut self, bytes: u64) {
        self.pc = self.pc.wrapping_add(low(bytes));
        self.cpsr = self.psr().advance_it().0;
    }

    /// Steps back over the HVC that trapped, so that it is executed again.
    #[inline]
    pub fn rewind_hvc(&mut self) {
        self.pc = self.pc.wrapping_sub(4);
    }

    /// Lets the guest take interrupts (CPSR.I clear).
    pub fn unmask_interrupts(&mut self) {
        self.cpsr &= !(1 << 7);
    }

    /// Returns the hypercall's number.
    #[inline]
    pub fn hypercall(&self) -> u64 {
        self.reg(12)
    }

    /// Returns the hypercall's arguments.
    #[inline(always)]
    pub fn hypercall_args(&self) -> [u64; 5] {
        let r = |n: usize| u64::from(self.r[n]);
        [r(0), r(1), r(2), r(3), r(4)]
    }

    /// Changes the hypercall's arguments, for a continuation.
    pub fn set_hypercall_args(&mut self, args: [u64; 5]) {
        for (r, value) in self.r.iter_mut().zip(args) {
            *r = low(value);
        }
    }

    /// Sets the hypercall's result.
    #[inline]
    pub fn set_hypercall_result(&mut self, value: i64) {
        self.r[0] = low(value.cast_unsigned());
    }
}

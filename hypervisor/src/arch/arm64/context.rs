//! A vCPU's registers: what the vectors save, and what a switch saves.

use super::sysreg::{self, Access, read, write};
use arm_spec::a32::Psr;
use arm_spec::esr::{Esr, ec};
use core::arch::global_asm;

global_asm!(include_str!("../../../../boot/arm64/fp.S"));

unsafe extern "C" {
    fn fp_save(state: *mut FpState);
    fn fp_load(state: *const FpState);
}

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
/// SCTLR_EL1 at a vCPU's start: MMU and caches off, the bits that read as one.
const SCTLR_START: u64 = 0x00c5_0078 | 0x3000_0000;

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

    /// Returns a vCPU's registers at its start: entry point and X0.
    pub const fn start(entry: u64, x0: u64) -> Self {
        let mut x = [0; 31];
        x[0] = x0;
        Self { x, pc: entry, pstate: PSTATE_START, complete: 1 }
    }

    /// Returns the registers with which a kernel is entered: its tree in X0 (Linux,
    /// Documentation/arch/arm64/booting).
    pub const fn kernel(entry: u64, tree: u64) -> Self {
        Self::start(entry, tree)
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
        core::array::from_fn(|n| match n {
            0 => ("PC", self.pc),
            1 => ("CPSR", self.pstate),
            _ if !self.holds(n - 2) => ("-", 0),
            _ => (X_NAMES[n - 2], self.x[n - 2]),
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
        Psr((self.pstate & 0xffff_ffff) as u32)
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
        self.pstate &= !(1 << 21 | 0b11 << 10);
        if self.is_a32() {
            self.pc &= 0xffff_ffff;
            self.advance_it();
        }
    }

    /// Moves the IT state of T32 on by one instruction (Arm ARM DDI 0487J G1.1 ITAdvance).
    fn advance_it(&mut self) {
        let it = (self.pstate >> 25 & 0x3) | (self.pstate >> 8 & 0xfc);
        if it == 0 {
            return;
        }
        let next = if it & 0x7 == 0 { 0 } else { it & 0xe0 | (it << 1) & 0x1f };
        self.pstate &= !(0x3 << 25 | 0xfc00);
        self.pstate |= (next & 0x3) << 25 | (next & 0xfc) << 8;
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
        if self.is_a32() { self.x[12] & 0xffff_ffff } else { self.x[16] }
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

/// EL1's system registers.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct SystemRegs {
    sctlr: u64,
    cpacr: u64,
    ttbr0: u64,
    ttbr1: u64,
    tcr: u64,
    mair: u64,
    amair: u64,
    vbar: u64,
    esr: u64,
    far: u64,
    afsr0: u64,
    afsr1: u64,
    contextidr: u64,
    tpidr_el0: u64,
    tpidrro_el0: u64,
    tpidr_el1: u64,
    sp_el0: u64,
    sp_el1: u64,
    elr: u64,
    spsr: u64,
    par: u64,
    csselr: u64,
    cntkctl: u64,
    vmpidr: u64,
    vttbr: u64,
    hcr: u64,
}

impl SystemRegs {
    /// Returns the registers of a vCPU that starts: MMU off, affinity and stage 2 set.
    pub fn start(vmpidr: u64, vttbr: u64) -> Self {
        Self { sctlr: SCTLR_START, vmpidr, vttbr, hcr: sysreg::hcr::GUEST, ..Self::default() }
    }

    /// Returns the registers that tell what the guest does, with their names.
    pub fn named(&self) -> [Named; 21] {
        [
            ("SP_EL0", self.sp_el0),
            ("SP_EL1", self.sp_el1),
            ("ELR_EL1", self.elr),
            ("SPSR_EL1", self.spsr),
            ("ESR_EL1", self.esr),
            ("FAR_EL1", self.far),
            ("SCTLR_EL1", self.sctlr),
            ("TCR_EL1", self.tcr),
            ("TTBR0_EL1", self.ttbr0),
            ("TTBR1_EL1", self.ttbr1),
            ("MAIR_EL1", self.mair),
            ("VBAR_EL1", self.vbar),
            ("CONTEXTIDR", self.contextidr),
            ("TPIDR_EL0", self.tpidr_el0),
            ("TPIDRRO_EL0", self.tpidrro_el0),
            ("TPIDR_EL1", self.tpidr_el1),
            ("CPACR_EL1", self.cpacr),
            ("PAR_EL1", self.par),
            ("VMPIDR_EL2", self.vmpidr),
            ("VTTBR_EL2", self.vttbr),
            ("HCR_EL2", self.hcr),
        ]
    }

    /// Returns VTTBR_EL2.
    pub fn vttbr(&self) -> u64 {
        self.vttbr
    }

    /// Saves what the CPU holds for the vCPU that leaves.
    pub fn save(&mut self) {
        self.sctlr = read!("sctlr_el1");
        self.cpacr = read!("cpacr_el1");
        self.ttbr0 = read!("ttbr0_el1");
        self.ttbr1 = read!("ttbr1_el1");
        self.tcr = read!("tcr_el1");
        self.mair = read!("mair_el1");
        self.amair = read!("amair_el1");
        self.vbar = read!("vbar_el1");
        self.esr = read!("esr_el1");
        self.far = read!("far_el1");
        self.afsr0 = read!("afsr0_el1");
        self.afsr1 = read!("afsr1_el1");
        self.contextidr = read!("contextidr_el1");
        self.tpidr_el0 = read!("tpidr_el0");
        self.tpidrro_el0 = read!("tpidrro_el0");
        self.tpidr_el1 = read!("tpidr_el1");
        self.sp_el0 = read!("sp_el0");
        self.sp_el1 = read!("sp_el1");
        self.elr = read!("elr_el1");
        self.spsr = read!("spsr_el1");
        self.par = read!("par_el1");
        self.csselr = read!("csselr_el1");
        self.cntkctl = read!("cntkctl_el1");
        self.hcr = read!("hcr_el2");
    }

    /// Loads the registers of the vCPU that comes.
    ///
    /// Order: with stage-1 walks off (TCR_EL1.EPDx) the new stage 2 and tables are loaded, then
    /// TCR_EL1 and SCTLR_EL1, so that no speculative AT or walk mixes two guests (errata 1165522,
    /// 1319367, 1530923).
    pub fn load(&self) {
        write!("tcr_el1", read!("tcr_el1") | 1 << 7 | 1 << 23);
        super::cpu::isb();
        write!("hcr_el2", self.hcr);
        write!("vmpidr_el2", self.vmpidr);
        write!("vttbr_el2", self.vttbr);
        write!("ttbr0_el1", self.ttbr0);
        write!("ttbr1_el1", self.ttbr1);
        super::cpu::isb();
        write!("sctlr_el1", self.sctlr);
        write!("tcr_el1", self.tcr);
        write!("cpacr_el1", self.cpacr);
        write!("mair_el1", self.mair);
        write!("amair_el1", self.amair);
        write!("vbar_el1", self.vbar);
        write!("esr_el1", self.esr);
        write!("far_el1", self.far);
        write!("afsr0_el1", self.afsr0);
        write!("afsr1_el1", self.afsr1);
        write!("contextidr_el1", self.contextidr);
        write!("tpidr_el0", self.tpidr_el0);
        write!("tpidrro_el0", self.tpidrro_el0);
        write!("tpidr_el1", self.tpidr_el1);
        write!("sp_el0", self.sp_el0);
        write!("sp_el1", self.sp_el1);
        write!("elr_el1", self.elr);
        write!("spsr_el1", self.spsr);
        write!("par_el1", self.par);
        write!("csselr_el1", self.csselr);
        write!("cntkctl_el1", self.cntkctl);
        write!("mdscr_el1", 0);
        super::cpu::isb();
    }
}

/// Floating-point and SIMD registers.
#[repr(C, align(16))]
#[derive(Clone, Copy)]
pub struct FpState {
    q: [u128; 32],
    fpsr: u64,
    fpcr: u64,
}

impl FpState {
    /// Returns all registers zero.
    pub const fn zero() -> Self {
        Self { q: [0; 32], fpsr: 0, fpcr: 0 }
    }

    /// Saves the CPU's registers; floating point must not trap.
    pub fn save(&mut self) {
        // SAFETY: `fp_save` writes exactly one `FpState`, whose layout it shares (boot/arm64/fp.S).
        unsafe { fp_save(self) }
    }

    /// Loads the CPU's registers; floating point must not trap.
    pub fn load(&self) {
        // SAFETY: `fp_load` reads exactly one `FpState`; EL2 itself is soft-float.
        unsafe { fp_load(self) }
    }
}

/// What the running vCPU takes as exception, at its next entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Injected {
    /// An undefined instruction.
    Undefined,
    /// A synchronous external abort of an instruction fetch.
    PrefetchAbort {
        /// The address fetched from.
        far: u64,
    },
    /// A synchronous external abort of a data access.
    DataAbort {
        /// The address accessed.
        far: u64,
        /// How it was accessed.
        access: Access,
    },
}

/// ISS.DFSC and ISS.IFSC: synchronous external abort, not on a table walk.
const EXTERNAL_ABORT: u32 = 0x10;
/// ISS.WnR.
const ISS_WRITE: u32 = 1 << 6;

/// Returns ESR_EL1 and, where it has one, FAR_EL1 of an exception that `regs` takes.
///
/// The class of an abort taken without a change of exception level is one higher.
fn syndrome(regs: &GuestRegs, exception: Injected) -> (u64, Option<u64>) {
    let same_level = if regs.is_user() || regs.is_a32() { 0 } else { 1 };
    let (class, iss, far) = match exception {
        Injected::Undefined => (ec::UNKNOWN, 0, None),
        Injected::PrefetchAbort { far } => {
            (ec::INSTRUCTION_ABORT_LOWER + same_level, EXTERNAL_ABORT, Some(far))
        }
        Injected::DataAbort { far, access } => {
            let write = if access == Access::Write { ISS_WRITE } else { 0 };
            (ec::DATA_ABORT_LOWER + same_level, EXTERNAL_ABORT | write, Some(far))
        }
    };
    (Esr::from_parts(class, iss).raw(), far)
}

/// Makes the running vCPU take an exception (Arm ARM DDI 0487J D1.3.3, AArch64.TakeException).
pub fn inject(regs: &mut GuestRegs, exception: Injected) {
    let (esr, far) = syndrome(regs, exception);
    let mode = regs.pstate & 0x1f;
    let offset = match mode {
        0b00101 => 0x200,
        0b00100 => 0x000,
        _ if regs.is_a32() => 0x600,
        _ => 0x400,
    };
    write!("esr_el1", esr);
    if let Some(far) = far {
        write!("far_el1", far);
    }
    write!("elr_el1", regs.pc);
    write!("spsr_el1", regs.pstate);
    regs.pc = read!("vbar_el1").wrapping_add(offset);
    regs.pstate = exception_pstate(regs.pstate);
}

/// Returns PSTATE after an exception to EL1: masked, EL1h; PAN, UAO, DIT, SSBS, TCO per SCTLR_EL1.
fn exception_pstate(old: u64) -> u64 {
    let sctlr = read!("sctlr_el1");
    let kept = if old & PSTATE_A32 != 0 { 0xf000_0000 } else { 0xf100_0000 };
    let mut new = old & kept | PSTATE_START;
    let has_pan = read!("id_aa64mmfr1_el1") >> 20 & 0xf != 0;
    if has_pan && (sctlr & 1 << 23 == 0 || old & 1 << 22 != 0) {
        new |= 1 << 22;
    }
    if read!("id_aa64pfr1_el1") >> 4 & 0xf != 0 && sctlr & 1 << 44 != 0 {
        new |= 1 << 12;
    }
    if read!("id_aa64pfr1_el1") >> 8 & 0xf >= 2 {
        new |= 1 << 25;
    }
    new
}

/// Makes the running vCPU take a virtual SError at its next chance (HCR_EL2.VSE).
pub fn inject_serror() {
    write!("hcr_el2", read!("hcr_el2") | sysreg::hcr::VSE);
}

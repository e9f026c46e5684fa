//! A vCPU's registers, A64's; EL1's are in [`state::Cpu`](super::state::Cpu) while it runs.

use super::state;
use super::sysreg::Access;
use super::vm_control::Watch;
use arm_spec::Width;
use arm_spec::a32::Psr;
use arm_spec::esr::{Esr, ec};
use xen_abi::domctl::context::{CoreRegs, PSR_MODE_BIT, VcpuGuestContext};

/// A register's name and value.
pub type Named = (&'static str, u64);

/// The general registers of a guest.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuestRegs {
    /// X0-X30.
    pub x: [u64; 31],
    /// ELR_EL2.
    pub pc: u64,
    /// SPSR_EL2.
    pub pstate: u64,
}

/// PSTATE bit: AArch32.
const PSTATE_A32: u64 = 1 << 4;
/// PSTATE at a vCPU's start: EL1h, DAIF masked.
const PSTATE_START: u64 = 0x3c5;
/// PSTATE at an A32 vCPU's start: Supervisor mode, A, I, F masked.
const PSTATE_A32_START: u64 = 0x1d3;

impl GuestRegs {
    /// Returns a vCPU's registers at its start: entry point and X0.
    pub const fn start(width: Width, entry: u64, x0: u64) -> Self {
        let mut x = [0; 31];
        x[0] = x0;
        let pstate = match width {
            Width::A64 => PSTATE_START,
            Width::A32 => PSTATE_A32_START,
        };
        Self { x, pc: entry, pstate }
    }

    /// Returns the registers with which a kernel is entered: its entry point and its device tree.
    pub const fn kernel(width: Width, entry: u64, tree: u64) -> Self {
        Self::start(width, entry, tree)
    }

    /// Returns some registers with their names, in the order in which they are shown.
    pub fn named(&self) -> [Named; 4] {
        [("PC", self.pc), ("CPSR", self.pstate), ("X0", self.x[0]), ("X1", self.x[1])]
    }

    /// Returns the program counter.
    pub fn pc(&self) -> u64 {
        self.pc
    }

    /// Returns general register `n`; 31 reads as zero.
    pub fn reg(&self, n: u32) -> u64 {
        self.x.get(n as usize).copied().unwrap_or(0)
    }

    /// Sets general register `n`; 31 is discarded.
    pub fn set_reg(&mut self, n: u32, value: u64) {
        if let Some(x) = self.x.get_mut(n as usize) {
            *x = value;
        }
    }

    /// Tells whether the guest executes A32 or T32.
    pub fn is_a32(&self) -> bool {
        self.pstate & PSTATE_A32 != 0
    }

    /// Returns the processor state as A32 sees it.
    pub fn psr(&self) -> Psr {
        Psr((self.pstate & 0xffff_ffff) as u32)
    }

    /// Tells whether the guest runs at EL0.
    pub fn is_user(&self) -> bool {
        self.pstate & 0xf == 0
    }

    /// Steps past the trapped instruction of `bytes` (2 or 4).
    pub fn advance(&mut self, bytes: u64) {
        self.pc = self.pc.wrapping_add(bytes);
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
        let width = if self.is_a32() { 0xffff_ffff } else { u64::MAX };
        [0, 1, 2, 3, 4].map(|n: usize| self.x[n] & width)
    }

    /// Changes the hypercall's arguments, for a continuation.
    pub fn set_hypercall_args(&mut self, args: [u64; 5]) {
        self.x[..5].copy_from_slice(&args);
    }

    /// Sets the hypercall's result.
    pub fn set_hypercall_result(&mut self, value: i64) {
        self.x[0] = value.cast_unsigned();
    }
}

/// EL1's system registers, as far as the kernel looks at them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct El1 {
    /// ESR_EL1.
    pub esr: u64,
    /// FAR_EL1.
    pub far: u64,
    /// ELR_EL1.
    pub elr: u64,
    /// SPSR_EL1.
    pub spsr: u64,
    /// VBAR_EL1.
    pub vbar: u64,
}

/// EL1's system registers of a vCPU that does not run.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRegs {
    el1: El1,
    vmpidr: u64,
    vttbr: u64,
    is_a32: bool,
    watch: Watch,
}

impl SystemRegs {
    /// Returns the registers of a vCPU that starts: affinity and stage 2 set.
    pub fn start(width: Width, vmpidr: u64, vttbr: u64) -> Self {
        Self { vmpidr, vttbr, is_a32: width == Width::A32, ..Self::default() }
    }

    /// Returns the vCPU's execution state.
    pub fn width(&self) -> Width {
        if self.is_a32 { Width::A32 } else { Width::A64 }
    }

    /// Returns the registers with their names.
    pub fn named(&self) -> [Named; 7] {
        let El1 { esr, far, elr, spsr, vbar } = self.el1;
        [
            ("ESR_EL1", esr),
            ("FAR_EL1", far),
            ("ELR_EL1", elr),
            ("SPSR_EL1", spsr),
            ("VBAR_EL1", vbar),
            ("VMPIDR_EL2", self.vmpidr),
            ("VTTBR_EL2", self.vttbr),
        ]
    }

    /// Lets writes of the registers of virtual memory control trap ([`vm_control`](crate::arch::vm_control)).
    pub fn watch_vm_control(&mut self) {
        self.watch = Watch::On;
    }

    /// Returns VTTBR_EL2.
    pub fn vttbr(&self) -> u64 {
        self.vttbr
    }

    /// Returns VMPIDR_EL2.
    pub fn vmpidr(&self) -> u64 {
        self.vmpidr
    }

    /// Saves what the CPU holds for the vCPU that leaves.
    pub fn save(&mut self) {
        (self.el1, self.watch) = state::with(|cpu| (cpu.el1, cpu.watch));
    }

    /// Loads the registers of the vCPU that comes.
    pub fn load(&self) {
        state::with(|cpu| {
            cpu.el1 = self.el1;
            cpu.vttbr = self.vttbr;
            cpu.watch = self.watch;
        });
    }
}

/// Floating-point and SIMD registers: none are simulated.
#[derive(Clone, Copy, Debug)]
pub struct FpState;

impl FpState {
    /// Returns all registers zero.
    pub const fn zero() -> Self {
        Self
    }

    /// Tells whether a vCPU of that width can run without its own state loaded, so that its first use traps.
    pub fn can_be_late(width: Width) -> bool {
        width == Width::A64
    }

    /// Saves the CPU's registers.
    pub fn save(&mut self, _: Width) {}

    /// Loads the CPU's registers.
    pub fn load(&self, _: Width) {}
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
    let same_level = if regs.is_user() { 0 } else { 1 };
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

/// Makes the running vCPU take an exception.
pub fn inject(regs: &mut GuestRegs, exception: Injected) {
    let (esr, far) = syndrome(regs, exception);
    let offset = if regs.is_user() { 0x400 } else { 0x200 };
    state::with(|cpu| {
        cpu.el1 = El1 { esr, far: far.unwrap_or(cpu.el1.far), elr: regs.pc, spsr: regs.pstate, ..cpu.el1 };
        regs.pc = cpu.el1.vbar.wrapping_add(offset);
    });
    regs.pstate = PSTATE_START;
}

/// Makes the running vCPU take a virtual SError.
pub fn inject_serror() {
    state::with(|cpu| cpu.serror = true);
}

/// A state of the processor that no guest's kernel or program is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadState;

/// Refuses registers of the other execution state.
///
/// # Errors
/// [`BadState`].
pub fn check(width: Width, core: &CoreRegs) -> Result<(), BadState> {
    let is_a32 = core.cpsr & PSR_MODE_BIT != 0;
    if is_a32 == (width == Width::A32) { Ok(()) } else { Err(BadState) }
}

impl GuestRegs {
    /// Takes the general registers from the toolstack's.
    pub fn from_core(core: &CoreRegs) -> Self {
        Self { x: core.x, pc: core.pc, pstate: core.cpsr }
    }

    /// Puts the general registers into the toolstack's.
    pub fn put(&self, core: &mut CoreRegs) {
        (core.x, core.pc, core.cpsr) = (self.x, self.pc, self.pstate);
    }
}

impl SystemRegs {
    /// Takes the kernel's registers from the toolstack's.
    pub fn set(&mut self, context: &VcpuGuestContext) {
        self.el1.elr = context.user_regs.elr_el1;
        self.el1.spsr = context.user_regs.spsr_el1;
    }

    /// Puts the kernel's registers into the toolstack's.
    pub fn put(&self, context: &mut VcpuGuestContext) {
        context.user_regs.elr_el1 = self.el1.elr;
        context.user_regs.spsr_el1 = self.el1.spsr;
    }
}

//! System registers: what aarch64-cpu names, and by a macro what it lacks.

use super::context::Named;
use arm_spec::Width;
use core::arch::asm;
use types::VcpuId;

pub use aarch64_cpu::registers;

/// Reads a system register by its assembler name.
macro_rules! read {
    ($name:literal) => {{
        let value: u64;
        // SAFETY: the register named reads without a side effect on memory or control flow.
        unsafe {
            core::arch::asm!(concat!("mrs {}, ", $name), out(reg) value, options(nostack, preserves_flags))
        }
        value
    }};
}

/// Writes a system register by its assembler name.
macro_rules! write {
    ($name:literal, $value:expr) => {{
        let value: u64 = $value;
        // SAFETY: the register named belongs to a guest or configures what a guest may do; EL2's own
        // translation and stack are not among those written by this macro after boot.
        unsafe { core::arch::asm!(concat!("msr ", $name, ", {}"), in(reg) value, options(nostack, preserves_flags)) }
    }};
}

pub(crate) use {read, write};

/// HCR_EL2 bits (Arm ARM DDI 0487J D19.2.48).
pub mod hcr {
    pub const VM: u64 = 1 << 0;
    pub const SWIO: u64 = 1 << 1;
    pub const PTW: u64 = 1 << 2;
    pub const FMO: u64 = 1 << 3;
    pub const IMO: u64 = 1 << 4;
    pub const AMO: u64 = 1 << 5;
    pub const VSE: u64 = 1 << 8;
    pub const FB: u64 = 1 << 9;
    pub const BSU_INNER: u64 = 1 << 10;
    pub const TWI: u64 = 1 << 13;
    pub const TID3: u64 = 1 << 18;
    pub const TSC: u64 = 1 << 19;
    pub const TIDCP: u64 = 1 << 20;
    pub const TACR: u64 = 1 << 21;
    pub const TSW: u64 = 1 << 22;
    /// Traps writes of the registers in [`vm_control`](crate::arch::vm_control).
    pub const TVM: u64 = 1 << 26;
    pub const RW: u64 = 1 << 31;

    /// What every A64 guest runs with.
    pub const GUEST: u64 =
        VM | SWIO | PTW | FMO | IMO | AMO | FB | BSU_INNER | TWI | TID3 | TSC | TIDCP | TACR | TSW | RW;
}

/// CPTR_EL2 (non-VHE): trap trace, activity monitors, SVE and, with `FP`, floating point.
pub mod cptr {
    /// Bits that read as one where not implemented, SVE's trap among them.
    pub const RES1: u64 = 0x32ff | 1 << 8;
    pub const TTA: u64 = 1 << 20;
    pub const TAM: u64 = 1 << 30;
    pub const TFP: u64 = 1 << 10;
    /// Guests without floating-point state loaded.
    pub const TRAP_FP: u64 = RES1 | TTA | TAM | TFP;
    /// Guests whose floating-point state is loaded.
    pub const ALLOW_FP: u64 = (RES1 | TTA | TAM) & !TFP;
}

/// MDCR_EL2: debug and performance-monitor accesses trap; no counter counts at EL2.
const MDCR: u64 = (1 << 11) | (1 << 10) | (1 << 9) | (1 << 6) | (1 << 5);

/// Sets what never changes while guests run, on each CPU.
pub fn init_cpu() {
    write!("hcr_el2", hcr::GUEST);
    write!("cptr_el2", cptr::TRAP_FP);
    // Without performance monitors PMCR_EL0 is undefined and HPMN has no meaning (PMUVer 0 or 15).
    let has_counters = matches!(read!("id_aa64dfr0_el1") >> 8 & 0xf, 1..=14);
    let counters = if has_counters { read!("pmcr_el0") >> 11 & 0x1f } else { 0 };
    write!("mdcr_el2", MDCR | counters);
    write!("hstr_el2", 0);
    write!("vpidr_el2", read!("midr_el1"));
    super::cpu::isb();
}

/// Returns this CPU's affinity, as in MPIDR_EL1, without its flag bits.
pub fn mpidr() -> u64 {
    read!("mpidr_el1") & 0xff_00ff_ffff
}

/// EL2's own registers, by name.
pub type HostNamed = [Named; 12];

/// Returns EL2's own registers with their names: those of the last trap, and how it runs.
pub fn named() -> HostNamed {
    [
        ("ESR_EL2", read!("esr_el2")),
        ("FAR_EL2", read!("far_el2")),
        ("HPFAR_EL2", read!("hpfar_el2")),
        ("ELR_EL2", read!("elr_el2")),
        ("SPSR_EL2", read!("spsr_el2")),
        ("HCR_EL2", read!("hcr_el2")),
        ("VTCR_EL2", read!("vtcr_el2")),
        ("VTTBR_EL2", read!("vttbr_el2")),
        ("SCTLR_EL2", read!("sctlr_el2")),
        ("TTBR0_EL2", read!("ttbr0_el2")),
        ("CPTR_EL2", read!("cptr_el2")),
        ("TPIDR_EL2", read!("tpidr_el2")),
    ]
}

/// Returns MIDR_EL1.
pub fn midr() -> u64 {
    read!("midr_el1")
}

/// Returns the physical address bits that this CPU supports (ID_AA64MMFR0_EL1.PARange), 48 at most.
pub fn pa_bits() -> u32 {
    match read!("id_aa64mmfr0_el1") & 0xf {
        0 => 32,
        1 => 36,
        2 => 40,
        3 => 42,
        4 => 44,
        _ => 48,
    }
}

/// The execution state of EL2.
pub const OWN_WIDTH: Width = Width::A64;

/// Tells whether guests' kernels can run in an execution state: ID_AA64PFR0_EL1.EL1 is 2 where they can in
/// AArch32 (Arm ARM DDI 0487J D19.2.66).
pub fn runs(width: Width) -> bool {
    width == Width::A64 || read!("id_aa64pfr0_el1") >> 4 & 0xf == 2
}

/// Tells whether VMIDs have 16 bits (ID_AA64MMFR1_EL1.VMIDBits).
pub fn has_vmid16() -> bool {
    read!("id_aa64mmfr1_el1") >> 4 & 0xf == 2
}

/// Sets the control word of stage 2, on each CPU.
pub fn set_vtcr(vtcr: u64) {
    write!("vtcr_el2", vtcr);
    super::cpu::isb();
}

/// Loads a stage 2: its root and VMID.
pub fn set_vttbr(vttbr: u64) {
    write!("vttbr_el2", vttbr);
    super::cpu::isb();
}

/// Returns the stage 2 that is loaded.
pub fn vttbr() -> u64 {
    read!("vttbr_el2")
}

/// How an access to a guest virtual address is translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// For reading.
    Read,
    /// For writing.
    Write,
}

/// Translates a guest virtual address by both stages of the running vCPU, as EL1 would access it.
///
/// Returns PAR_EL1; bit 0 set means a fault. The guest's PAR_EL1 is kept.
pub fn translate(va: u64, access: Access) -> u64 {
    let saved = read!("par_el1");
    // SAFETY: AT writes PAR_EL1 only, which is restored below.
    unsafe {
        match access {
            Access::Read => asm!("at s12e1r, {}", "isb", in(reg) va, options(nostack, preserves_flags)),
            Access::Write => asm!("at s12e1w, {}", "isb", in(reg) va, options(nostack, preserves_flags)),
        }
    }
    let par = read!("par_el1");
    write!("par_el1", saved);
    par
}

/// Translates a guest virtual address by stage 1 only: PAR_EL1 holds the IPA, or bit 0 a fault.
pub fn translate_stage1(va: u64) -> u64 {
    let saved = read!("par_el1");
    // SAFETY: as in `translate`.
    unsafe { asm!("at s1e1r, {}", "isb", in(reg) va, options(nostack, preserves_flags)) }
    let par = read!("par_el1");
    write!("par_el1", saved);
    par
}

/// Lets guests use floating point, or traps its first use.
pub fn set_fp_trap(trap: FpTrap) {
    write!("cptr_el2", if trap == FpTrap::Trap { cptr::TRAP_FP } else { cptr::ALLOW_FP });
    super::cpu::isb();
}

/// Whether a guest's floating-point use traps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FpTrap {
    /// Its state is not loaded.
    Trap,
    /// Its state is loaded.
    Allow,
}

/// Returns VMPIDR_EL2 of a vCPU: uniprocessor flag clear, sixteen to a cluster.
pub fn vmpidr(vcpu: VcpuId) -> u64 {
    1 << 31 | u64::from(vgic::Model::affinity_of(vcpu))
}

//! What Hyp mode sets and asks. House names are A64's; the A32 name is in the doc line.

use super::context::Named;
use super::cp15::{high, low};
use arm_spec::Width;
use types::VcpuId;

/// HCR bits (Arm ARM DDI 0406C B4.1.65), as those of HCR_EL2.
pub mod hcr {
    pub const VM: u32 = 1 << 0;
    pub const SWIO: u32 = 1 << 1;
    pub const PTW: u32 = 1 << 2;
    pub const FMO: u32 = 1 << 3;
    pub const IMO: u32 = 1 << 4;
    pub const AMO: u32 = 1 << 5;
    pub const VA: u32 = 1 << 8;
    pub const FB: u32 = 1 << 9;
    pub const BSU_INNER: u32 = 1 << 10;
    pub const TWI: u32 = 1 << 13;
    pub const TSC: u32 = 1 << 19;
    pub const TIDCP: u32 = 1 << 20;
    pub const TAC: u32 = 1 << 21;
    pub const TSW: u32 = 1 << 22;
    /// Traps writes of the registers in [`vm_control`](crate::arch::vm_control).
    pub const TVM: u32 = 1 << 26;

    /// What every guest runs with.
    pub const GUEST: u32 = VM | SWIO | PTW | FMO | IMO | AMO | FB | BSU_INNER | TWI | TSC | TIDCP | TAC | TSW;
}

/// HCPTR (B4.1.62): coprocessors 10 and 11 are floating point and SIMD.
mod hcptr {
    /// Coprocessors that do not exist read as trapped.
    const RES1: u32 = 0x33ff;
    /// Trace registers.
    const TTA: u32 = 1 << 20;
    const TCP10_11: u32 = 0b11 << 10;
    pub const TRAP_FP: u32 = RES1 | TTA | TCP10_11;
    pub const ALLOW_FP: u32 = RES1 | TTA;
}

/// HDCR (B4.1.63): debug ROM, OS lock, debug and performance-monitor accesses trap.
const HDCR: u32 = (1 << 11) | (1 << 10) | (1 << 9) | (1 << 6) | (1 << 5);
/// HDCR.HPMN: every event counter is the guest's, were they not trapped.
const HDCR_HPMN: u32 = 0x1f;

/// Sets what never changes while guests run, on each CPU.
pub fn init_cpu() {
    write!(hcr, hcr::GUEST);
    write!(hcptr, hcptr::TRAP_FP);
    write!(hdcr, HDCR | (read!(pmcr) >> 11) & HDCR_HPMN);
    write!(hstr, 0);
    write!(vpidr, read!(midr));
    super::traps::set_vectors(super::errata::hardening());
    super::cpu::isb();
}

/// Returns this CPU's affinity, as in MPIDR, without its flag bits.
pub fn mpidr() -> u64 {
    u64::from(read!(mpidr) & 0xff_ffff)
}

/// Hyp mode's own registers, by name.
pub type HostNamed = [Named; 9];

/// Returns Hyp mode's own registers with their names: those of the last trap, and how it runs.
pub fn named() -> HostNamed {
    [
        ("HSR", u64::from(read!(hsr))),
        ("HDFAR", u64::from(read!(hdfar))),
        ("HIFAR", u64::from(read!(hifar))),
        ("HPFAR", u64::from(read!(hpfar))),
        ("HCR", u64::from(read!(hcr))),
        ("VTCR", u64::from(read!(vtcr))),
        ("VTTBR", read64!(vttbr)),
        ("HTTBR", read64!(httbr)),
        ("HTPIDR", u64::from(read!(htpidr))),
    ]
}

/// Returns MIDR.
pub fn midr() -> u64 {
    u64::from(read!(midr))
}

/// Returns the physical address bits: 40 with the large physical address extension.
pub fn pa_bits() -> u32 {
    40
}

/// The execution state of Hyp mode.
pub const OWN_WIDTH: Width = Width::A32;

/// Tells whether guests' kernels can run in an execution state.
pub fn runs(width: Width) -> bool {
    width == Width::A32
}

/// Tells whether VMIDs have 16 bits: not in A32.
pub fn has_vmid16() -> bool {
    false
}

/// Sets the control word of stage 2 (VTCR), on each CPU.
pub fn set_vtcr(vtcr: u64) {
    write!(vtcr, low(vtcr));
    super::cpu::isb();
}

/// Loads a stage 2: its root and VMID (VTTBR).
pub fn set_vttbr(vttbr: u64) {
    write64!(vttbr, vttbr);
    super::cpu::isb();
}

/// Returns the stage 2 that is loaded.
pub fn vttbr() -> u64 {
    read64!(vttbr)
}

/// How an access to a guest virtual address is translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// For reading.
    Read,
    /// For writing.
    Write,
}

/// PAR.F: the translation failed.
const PAR_FAULT: u64 = 1;

/// Translates a guest virtual address by both stages of the running vCPU, as its kernel would access it.
///
/// Returns PAR, which from Hyp mode has the long format; bit 0 set means a fault. The guest's PAR is kept.
pub fn translate(va: u64, access: Access) -> u64 {
    if high(va) != 0 {
        return PAR_FAULT;
    }
    let saved = read64!(par);
    match access {
        Access::Read => write!(ats12nsopr, low(va)),
        Access::Write => write!(ats12nsopw, low(va)),
    }
    super::cpu::isb();
    let par = read64!(par);
    write64!(par, saved);
    par
}

/// Translates a guest virtual address by stage 1 only: PAR holds the IPA, or bit 0 a fault.
pub fn translate_stage1(va: u64) -> u64 {
    if high(va) != 0 {
        return PAR_FAULT;
    }
    let saved = read64!(par);
    write!(ats1cpr, low(va));
    super::cpu::isb();
    let par = read64!(par);
    write64!(par, saved);
    par
}

/// Lets guests use floating point, or traps its first use (HCPTR).
pub fn set_fp_trap(trap: FpTrap) {
    write!(hcptr, if trap == FpTrap::Trap { hcptr::TRAP_FP } else { hcptr::ALLOW_FP });
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

/// Returns VMPIDR of a vCPU: multiprocessing extensions, uniprocessor flag clear, sixteen to a cluster.
pub fn vmpidr(vcpu: VcpuId) -> u64 {
    1 << 31 | u64::from(vgic::Model::affinity_of(vcpu))
}

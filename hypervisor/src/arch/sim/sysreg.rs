//! What EL2 sets and asks.

use super::context::Named;
use super::state;
use arm_spec::Width;
use types::VcpuId;

/// Sets what never changes while guests run.
pub fn init_cpu() {}

/// Returns this CPU's affinity.
pub fn mpidr() -> u64 {
    state::with(|cpu| cpu.mpidr)
}

/// EL2's own registers, by name.
pub type HostNamed = [Named; 2];

/// Returns EL2's own registers with their names.
pub fn named() -> HostNamed {
    state::with(|cpu| [("VTCR_EL2", cpu.vtcr), ("VTTBR_EL2", cpu.vttbr)])
}

/// Returns MIDR_EL1.
pub fn midr() -> u64 {
    0
}

/// Returns the physical address bits.
pub fn pa_bits() -> u32 {
    40
}

/// The execution state of EL2.
pub const OWN_WIDTH: Width = Width::A64;

/// Tells whether guests' kernels can run in an execution state.
pub fn runs(_width: Width) -> bool {
    true
}

/// Tells whether VMIDs have 16 bits.
pub fn has_vmid16() -> bool {
    false
}

/// Sets the control word of stage 2.
pub fn set_vtcr(vtcr: u64) {
    state::with(|cpu| cpu.vtcr = vtcr);
}

/// Loads a stage 2: its root and VMID.
pub fn set_vttbr(vttbr: u64) {
    state::with(|cpu| cpu.vttbr = vttbr);
}

/// Returns the stage 2 that is loaded.
pub fn vttbr() -> u64 {
    state::with(|cpu| cpu.vttbr)
}

/// How an access to a guest virtual address is translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// For reading.
    Read,
    /// For writing.
    Write,
}

/// PAR_EL1.F: the translation failed.
const PAR_FAULT: u64 = 1;

/// Translates a guest virtual address: PAR_EL1.
pub fn translate(va: u64, access: Access) -> u64 {
    // The test's function may call into the kernel, which looks at the CPU.
    let translate = state::with(|cpu| cpu.translate.take());
    let pa = translate.as_ref().map_or(Some(va), |translate| translate(va, access));
    state::with(|cpu| cpu.translate = translate);
    pa.map_or(PAR_FAULT, |pa| pa & !0xfff)
}

/// Translates a guest virtual address by stage 1 only.
pub fn translate_stage1(va: u64) -> u64 {
    translate(va, Access::Read)
}

/// Lets guests use floating point, or traps its first use.
pub fn set_fp_trap(trap: FpTrap) {
    state::with(|cpu| cpu.fp_trap = trap);
}

/// Whether a guest's floating-point use traps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FpTrap {
    /// Its state is not loaded.
    Trap,
    /// Its state is loaded.
    Allow,
}

/// Returns VMPIDR_EL2 of a vCPU: sixteen to a cluster.
pub fn vmpidr(vcpu: VcpuId) -> u64 {
    1 << 31 | u64::from(vgic::Model::affinity_of(vcpu))
}

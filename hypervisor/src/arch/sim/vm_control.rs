//! The running guest's SCTLR_EL1 and HCR_EL2.TVM.

use super::state;

const SCTLR_C: u64 = 1 << 2;

/// Whether writes trap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Watch {
    /// They do.
    On,
    /// They do not.
    #[default]
    Off,
}

/// Lets writes by the running vCPU trap or not.
pub fn watch(wanted: Watch) {
    state::with(|cpu| cpu.watch = wanted);
}

/// Tells whether writes trap.
pub fn watched() -> Watch {
    state::with(|cpu| cpu.watch)
}

/// Tells whether a write of `value` to SCTLR_EL1 would turn the caches on or off.
pub fn toggles_caches(value: u64) -> bool {
    (state::with(|cpu| cpu.sctlr) ^ value) & SCTLR_C != 0
}

/// Tells whether the running vCPU's data caches are on.
pub fn caches_on() -> bool {
    state::with(|cpu| cpu.sctlr) & SCTLR_C != 0
}

/// Writes SCTLR_EL1 for the guest.
pub fn write_sctlr(value: u64) {
    state::with(|cpu| cpu.sctlr = value);
}

/// CRn, CRm and op2.
pub type Name = (u32, u32, u32);

/// Does an A64 guest's write for it: the simulated CPU has none but SCTLR_EL1.
pub fn write(_: Name, _: u64) -> Option<()> {
    None
}

/// Does an A32 guest's MCR for it: likewise.
pub fn write_a32(_: Name, _: u64) -> Option<()> {
    None
}

/// Does an A32 guest's MCRR for it: the simulated CPU has no such register.
pub fn write_pair(_opc1: u32, _value: u64) -> Option<()> {
    None
}

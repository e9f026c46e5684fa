//! The running guest's registers of virtual memory control, whose writes trap while HCR_EL2.TVM is set.
//!
//! [`crate::domain::cache`] watches them to learn of a guest that turns its caches on or off.

use super::sysreg::{self, read, write};

/// SCTLR_EL1.C (Arm ARM DDI 0487J D19.2.118): data caches are on.
const SCTLR_C: u64 = 1 << 2;

/// Whether writes trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// They do.
    On,
    /// They do not.
    Off,
}

/// Lets writes by the running vCPU trap or not.
pub fn watch(wanted: Watch) {
    let hcr = read!("hcr_el2");
    let new = if wanted == Watch::On { hcr | sysreg::hcr::TVM } else { hcr & !sysreg::hcr::TVM };
    write!("hcr_el2", new);
}

/// Tells whether writes trap.
pub fn watched() -> Watch {
    if read!("hcr_el2") & sysreg::hcr::TVM != 0 { Watch::On } else { Watch::Off }
}

/// Tells whether a write of `value` to SCTLR_EL1 would turn the caches on or off.
pub fn toggles_caches(value: u64) -> bool {
    (read!("sctlr_el1") ^ value) & SCTLR_C != 0
}

/// Tells whether the running vCPU's data caches are on.
pub fn caches_on() -> bool {
    read!("sctlr_el1") & SCTLR_C != 0
}

/// Names of SCTLR_EL1 in [`write`].
pub const SCTLR: Name = (1, 0, 0);

/// CRn, CRm and op2 of a register with op0 3 and op1 0.
pub type Name = (u32, u32, u32);

/// Does the guest's write for it; `None` if no register of that name traps by HCR_EL2.TVM.
pub fn write(name: Name, value: u64) -> Option<()> {
    match name {
        SCTLR => write!("sctlr_el1", value),
        (2, 0, 0) => write!("ttbr0_el1", value),
        (2, 0, 1) => write!("ttbr1_el1", value),
        (2, 0, 2) => write!("tcr_el1", value),
        (5, 1, 0) => write!("afsr0_el1", value),
        (5, 1, 1) => write!("afsr1_el1", value),
        (5, 2, 0) => write!("esr_el1", value),
        (6, 0, 0) => write!("far_el1", value),
        (10, 2, 0) => write!("mair_el1", value),
        (10, 3, 0) => write!("amair_el1", value),
        (13, 0, 1) => write!("contextidr_el1", value),
        _ => return None,
    }
    Some(())
}

/// Does an A32 guest's MCRR for it: there is no such guest here yet, so no register of that name.
pub fn write_pair(_opc1: u32, _value: u64) -> Option<()> {
    None
}

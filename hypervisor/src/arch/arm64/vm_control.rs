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

/// Writes SCTLR_EL1 of an A64 guest, SCTLR of an A32 one for the guest.
pub fn write_sctlr(value: u64) {
    write!("sctlr_el1", value);
}

/// CRn, CRm and op2 of a register with op0 3 and op1 0, or of a CP15 register with opc1 0.
pub type Name = (u32, u32, u32);

/// Does an A64 guest's write for it; `None` if no register of that name, but for SCTLR_EL1, traps by HCR_EL2.TVM.
pub fn write(name: Name, value: u64) -> Option<()> {
    match name {
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

/// Does an A32 guest's MCR for it, to the half of the A64 register that it is mapped to (Arm ARM DDI 0487J
/// G8.2); `None` if no register of that name traps by HCR_EL2.TVM.
pub fn write_a32(name: Name, value: u64) -> Option<()> {
    match name {
        (2, 0, 0) => write!("ttbr0_el1", low(read!("ttbr0_el1"), value)),
        (2, 0, 1) => write!("ttbr1_el1", low(read!("ttbr1_el1"), value)),
        (2, 0, 2) => write!("tcr_el1", low(read!("tcr_el1"), value)),
        (2, 0, 3) => write!("tcr_el1", high(read!("tcr_el1"), value)),
        (3, 0, 0) => write!("dacr32_el2", value),
        (5, 0, 0) => write!("esr_el1", value),
        (5, 0, 1) => write!("ifsr32_el2", value),
        (5, 1, 0) => write!("afsr0_el1", value),
        (5, 1, 1) => write!("afsr1_el1", value),
        (6, 0, 0) => write!("far_el1", low(read!("far_el1"), value)),
        (6, 0, 2) => write!("far_el1", high(read!("far_el1"), value)),
        (10, 2, 0) => write!("mair_el1", low(read!("mair_el1"), value)),
        (10, 2, 1) => write!("mair_el1", high(read!("mair_el1"), value)),
        (10, 3, 0) => write!("amair_el1", low(read!("amair_el1"), value)),
        (10, 3, 1) => write!("amair_el1", high(read!("amair_el1"), value)),
        (13, 0, 1) => write!("contextidr_el1", value),
        _ => return None,
    }
    Some(())
}

/// Does an A32 guest's MCRR to TTBR0 or TTBR1 for it.
pub fn write_pair(opc1: u32, value: u64) -> Option<()> {
    match opc1 {
        0 => write!("ttbr0_el1", value),
        1 => write!("ttbr1_el1", value),
        _ => return None,
    }
    Some(())
}

/// Returns a register with its lower half changed.
const fn low(register: u64, value: u64) -> u64 {
    register & !0xffff_ffff | value & 0xffff_ffff
}

/// Returns a register with its upper half changed.
const fn high(register: u64, value: u64) -> u64 {
    register & 0xffff_ffff | value << 32
}

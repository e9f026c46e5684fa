//! The running guest's registers of virtual memory control, whose writes trap while HCR.TVM is set.
//!
//! [`crate::domain::cache`] watches them to learn of a guest that turns its caches on or off.

use super::cp15::low;
use super::sysreg;

/// SCTLR.C (Arm ARM DDI 0406C B4.1.130): data caches are on.
const SCTLR_C: u32 = 1 << 2;

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
    let hcr = read!(hcr);
    write!(hcr, if wanted == Watch::On { hcr | sysreg::hcr::TVM } else { hcr & !sysreg::hcr::TVM });
}

/// Tells whether writes trap.
pub fn watched() -> Watch {
    if read!(hcr) & sysreg::hcr::TVM != 0 { Watch::On } else { Watch::Off }
}

/// Tells whether a write of `value` to SCTLR would turn the caches on or off.
pub fn toggles_caches(value: u64) -> bool {
    (read!(sctlr) ^ low(value)) & SCTLR_C != 0
}

/// Tells whether the running vCPU's data caches are on.
pub fn caches_on() -> bool {
    read!(sctlr) & SCTLR_C != 0
}

/// Writes SCTLR for the guest.
pub fn write_sctlr(value: u64) {
    write!(sctlr, low(value));
}

/// CRn, CRm and opc2 of a CP15 register with opc1 0.
pub type Name = (u32, u32, u32);

/// Does an A64 guest's write for it: there is no such guest.
pub fn write(_: Name, _: u64) -> Option<()> {
    None
}

/// Does the guest's MCR for it; `None` if no register of that name traps by HCR.TVM (B1.14.13).
pub fn write_a32(name: Name, value: u64) -> Option<()> {
    let word = low(value);
    match name {
        // A 32-bit write leaves the upper half of a TTBR as it was (B4.1.154).
        (2, 0, 0) => write64!(ttbr0, read64!(ttbr0) & !0xffff_ffff | value),
        (2, 0, 1) => write64!(ttbr1, read64!(ttbr1) & !0xffff_ffff | value),
        (2, 0, 2) => write!(ttbcr, word),
        (3, 0, 0) => write!(dacr, word),
        (5, 0, 0) => write!(dfsr, word),
        (5, 0, 1) => write!(ifsr, word),
        (5, 1, 0) => write!(adfsr, word),
        (5, 1, 1) => write!(aifsr, word),
        (6, 0, 0) => write!(dfar, word),
        (6, 0, 2) => write!(ifar, word),
        (10, 2, 0) => write!(prrr, word),
        (10, 2, 1) => write!(nmrr, word),
        (10, 3, 0) => write!(amair0, word),
        (10, 3, 1) => write!(amair1, word),
        (13, 0, 1) => write!(contextidr, word),
        _ => return None,
    }
    Some(())
}

/// Does the guest's MCRR to TTBR0 or TTBR1 for it.
pub fn write_pair(opc1: u32, value: u64) -> Option<()> {
    match opc1 {
        0 => write64!(ttbr0, value),
        1 => write64!(ttbr1, value),
        _ => return None,
    }
    Some(())
}

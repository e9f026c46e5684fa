//! Identification registers: those of no CPU, all zero.

/// Returns ACTLR_EL1.
pub fn actlr() -> u64 {
    0
}

/// Returns identification register op0 3, op1 0, CRn 0, CRm `crm`, op2 `op2`.
pub fn read(_crm: u32, _op2: u32) -> u64 {
    0
}

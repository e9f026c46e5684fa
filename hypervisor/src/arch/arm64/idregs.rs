//! What a guest reads in the identification registers: what is not supported is hidden.
//!
//! The values are put together once, on the boot CPU, so that every vCPU reads the same on every CPU.

use super::sysreg::read;
use core::sync::atomic::{AtomicU64, Ordering};

/// Clears 4-bit fields of a register.
const fn hide(value: u64, fields: &[u32]) -> u64 {
    let mut value = value;
    let mut n = 0;
    while n < fields.len() {
        value &= !(0xf << fields[n]);
        n += 1;
    }
    value
}

/// Returns ACTLR_EL1.
pub fn actlr() -> u64 {
    read!("actlr_el1")
}

/// CRm from 0 to 7, with eight registers each.
const REGISTERS: usize = 64;

static VALUES: [AtomicU64; REGISTERS] = [const { AtomicU64::new(0) }; REGISTERS];

/// Puts the values together, before any guest.
pub(super) fn init() {
    for (crm, row) in (0..).zip(VALUES.chunks(8)) {
        for (op2, value) in (0..).zip(row) {
            value.store(shown(crm, op2), Ordering::Relaxed);
        }
    }
}

/// Returns identification register op0 3, op1 0, CRn 0, CRm `crm`, op2 `op2`.
///
/// Registers that are not named here are reserved, and read as zero (Arm ARM DDI 0487J D18.3.1).
#[inline]
pub fn read(crm: u32, op2: u32) -> u64 {
    VALUES.get((crm << 3 | op2) as usize).map_or(0, |value| value.load(Ordering::Relaxed))
}

fn shown(crm: u32, op2: u32) -> u64 {
    match (crm, op2) {
        (1, _) => aarch32_1(op2),
        (2, _) => aarch32_2(op2),
        (3, _) => aarch32_3(op2),
        // AMU, SVE, MPAM, RAS (its records and deferred errors are not switched).
        (4, 0) => hide(read!("id_aa64pfr0_el1"), &[44, 32, 40, 28]),
        // SME, MTE, MPAM_frac, NMI.
        (4, 1) => hide(read!("id_aa64pfr1_el1"), &[24, 8, 40, 16, 36]),
        // PMU, SPE, trace, trace buffer; the debug version stays.
        (5, 0) => hide(read!("id_aa64dfr0_el1"), &[8, 32, 4, 40, 44, 36, 48, 52]),
        // Pointer authentication.
        (6, 0) => hide(read!("id_aa64isar0_el1"), &[24]),
        (6, 1) => hide(read!("id_aa64isar1_el1"), &[4, 8, 24, 28, 60]),
        // Pointer authentication, and WFIT and WFET, whose time-out is not emulated.
        (6, 2) => hide(read!("S3_0_C0_C6_2"), &[8, 12, 24, 0]),
        // Fine-grained traps and the counter's self-synchronising views.
        (7, 0) => hide(read!("id_aa64mmfr0_el1"), &[56, 60]),
        // Nothing above EL1 is the guest's: VHE and the hypervisor's own extensions are hidden; so are
        // LORegions, which vCPUs would share.
        (7, 1) => hide(read!("id_aa64mmfr1_el1"), &[8, 16, 40, 60]),
        (7, 2) => hide(read!("id_aa64mmfr2_el1"), &[24]),
        _ => 0,
    }
}

fn aarch32_1(op2: u32) -> u64 {
    match op2 {
        // RAS, AMU, as in ID_AA64PFR0_EL1.
        0 => hide(read!("id_pfr0_el1"), &[28, 20]),
        1 => read!("id_pfr1_el1"),
        // Performance monitors, trace.
        2 => hide(read!("id_dfr0_el1"), &[24, 16, 12, 20]),
        4 => read!("id_mmfr0_el1"),
        5 => read!("id_mmfr1_el1"),
        6 => read!("id_mmfr2_el1"),
        7 => read!("id_mmfr3_el1"),
        _ => 0,
    }
}

fn aarch32_2(op2: u32) -> u64 {
    match op2 {
        0 => read!("id_isar0_el1"),
        1 => read!("id_isar1_el1"),
        2 => read!("id_isar2_el1"),
        3 => read!("id_isar3_el1"),
        4 => read!("id_isar4_el1"),
        5 => read!("id_isar5_el1"),
        6 => read!("id_mmfr4_el1"),
        7 => read!("S3_0_C0_C2_7"),
        _ => 0,
    }
}

fn aarch32_3(op2: u32) -> u64 {
    match op2 {
        0 => read!("mvfr0_el1"),
        1 => read!("mvfr1_el1"),
        2 => read!("mvfr2_el1"),
        4 => read!("S3_0_C0_C3_4"),
        5 => read!("S3_0_C0_C3_5"),
        6 => read!("S3_0_C0_C3_6"),
        _ => 0,
    }
}

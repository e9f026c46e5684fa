//! The A64 backend: Armv8-A, non-VHE EL2.

pub mod boot;
pub mod cache;
pub mod context;
pub mod cpu;
pub mod errata;
pub mod gic_cpuif;
pub mod idregs;
pub mod layout;
mod memory;
pub mod smc;
pub mod sysreg;
pub mod timer;
pub mod tlb;
pub mod traps;
pub mod vm_control;
pub mod window;

/// Converts a 64-bit number to an address: both have 64 bits here.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "an address has 64 bits here")]
pub const fn to_usize(value: u64) -> usize {
    value as usize
}

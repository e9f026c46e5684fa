//! The A32 backend: Hyp mode of ARMv7-A with the virtualization extensions, or of Armv8-A in AArch32.

// First: its macros reach the modules below it.
#[macro_use]
pub mod cp15;

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

/// Converts a 64-bit number to an address; what lies beyond 32 bits becomes the last one.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the value is compared with the greatest first")]
pub const fn to_usize(value: u64) -> usize {
    if value > u32::MAX as u64 { usize::MAX } else { value as usize }
}

//! Limits and identity of the CPUs a guest uses.

/// CPUs that have a stack; a machine may have more, they are not started.
pub const MAX_CPUS: usize = 8;
/// Bytes of a CPU's stack, as in the linker script and the entry code.
pub const STACK_BYTES: usize = 0x8000;
/// The affinity fields of MPIDR, which `reg` of a CPU's node holds too.
#[cfg(target_arch = "aarch64")]
pub const AFFINITY: u64 = 0xff_00ff_ffff;
/// The affinity fields of MPIDR, which `reg` of a CPU's node holds too.
#[cfg(target_arch = "arm")]
pub const AFFINITY: u64 = 0xff_ffff;

/// Affinity of the CPU this runs on.
pub fn affinity() -> u64 {
    crate::arch::sysreg::mpidr_el1() & AFFINITY
}

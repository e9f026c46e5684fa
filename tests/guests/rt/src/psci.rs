//! PSCI and SMCCC calls by the conduit that the tree's `/psci` names. Source: Arm DEN 0022F, DEN 0028E.

use core::sync::atomic::{AtomicU8, Ordering};

use crate::arch;

/// How firmware is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Conduit {
    /// No `/psci`.
    None,
    /// `method = "hvc"`.
    Hvc,
    /// `method = "smc"`.
    Smc,
}

/// PSCI_VERSION.
pub const VERSION: u32 = 0x8400_0000;
/// CPU_OFF.
pub const CPU_OFF: u32 = 0x8400_0002;
/// MIGRATE_INFO_TYPE.
pub const MIGRATE_INFO_TYPE: u32 = 0x8400_0006;
/// SYSTEM_OFF.
pub const SYSTEM_OFF: u32 = 0x8400_0008;
/// SYSTEM_RESET.
pub const SYSTEM_RESET: u32 = 0x8400_0009;
/// PSCI_FEATURES.
pub const FEATURES: u32 = 0x8400_000a;
#[cfg(target_arch = "aarch64")]
const WIDE: u32 = 0x4000_0000;
#[cfg(target_arch = "arm")]
const WIDE: u32 = 0;
/// CPU_SUSPEND, in the native width.
pub const CPU_SUSPEND: u32 = 0x8400_0001 | WIDE;
/// CPU_ON, in the native width.
pub const CPU_ON: u32 = 0x8400_0003 | WIDE;
/// AFFINITY_INFO, in the native width.
pub const AFFINITY_INFO: u32 = 0x8400_0004 | WIDE;

/// SUCCESS.
pub const SUCCESS: isize = 0;
/// NOT_SUPPORTED.
pub const NOT_SUPPORTED: isize = -1;
/// INVALID_PARAMETERS.
pub const INVALID_PARAMETERS: isize = -2;
/// DENIED.
pub const DENIED: isize = -3;
/// ALREADY_ON.
pub const ALREADY_ON: isize = -4;
/// ON_PENDING.
pub const ON_PENDING: isize = -5;
/// INVALID_ADDRESS.
pub const INVALID_ADDRESS: isize = -9;

static CONDUIT: AtomicU8 = AtomicU8::new(0);

/// Chooses the conduit for all later calls.
pub fn set_conduit(conduit: Conduit) {
    CONDUIT.store(conduit as u8, Ordering::Relaxed);
}

/// An SMCCC call; all four result registers.
pub fn call4(args: [usize; 8]) -> [usize; 4] {
    match CONDUIT.load(Ordering::Relaxed) {
        1 => arch::hvc(args),
        2 => arch::smc(args),
        _ => [usize::MAX; 4],
    }
}

/// A call with up to three arguments. The result is a signed 32- or 64-bit integer; functions of the
/// 32-bit convention answer in w0, whose sign is extended here.
pub fn call(function: u32, args: [usize; 3]) -> isize {
    let [a, b, c] = args;
    let [result, ..] = call4([function as usize, a, b, c, 0, 0, 0, 0]);
    if function & 0x4000_0000 != 0 { result.cast_signed() } else { low32(result) }
}

#[expect(clippy::cast_possible_truncation, reason = "the 32-bit convention's result is the low half")]
fn low32(result: usize) -> isize {
    result as u32 as i32 as isize
}

/// CPU_ON of `target` at the physical address `entry`.
pub fn cpu_on(target: u64, entry: u64, context: usize) -> isize {
    call(CPU_ON, [word(target), word(entry), context])
}

/// AFFINITY_INFO at level 0: 0 on, 1 off, 2 on pending.
pub fn affinity_info(target: u64) -> isize {
    call(AFFINITY_INFO, [word(target), 0, 0])
}

/// CPU_OFF of this CPU; returns only an error.
pub fn cpu_off() -> isize {
    call(CPU_OFF, [0; 3])
}

/// SYSTEM_OFF.
pub fn system_off() {
    call(SYSTEM_OFF, [0; 3]);
}

/// SYSTEM_RESET.
pub fn system_reset() {
    call(SYSTEM_RESET, [0; 3]);
}

fn word(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

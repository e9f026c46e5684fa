//! Loads and stores to devices and to addresses that may fault: always one plain LDR/STR, which has a
//! valid syndrome under a hypervisor (compilers may emit write-back forms for volatile accesses).

use core::arch::asm;

macro_rules! access {
    ($($read:ident $write:ident $type:ty, $load:literal $store:literal)*) => {
        $(#[doc = concat!("Loads by ", $load, "; keeps `poison` when the load is stepped over.")]
        pub fn $read(address: usize, poison: $type) -> $type {
            let mut value = poison;
            // SAFETY: One aligned load from an identity-mapped device, or one that faults and is caught.
            unsafe { asm!($load, a = in(reg) address, v = inout(reg) value, options(nostack)) }
            value
        }
        #[doc = concat!("Stores by ", $store, ".")]
        pub fn $write(address: usize, value: $type) {
            // SAFETY: One store to a device or to memory a test owns; callers name no compiled object.
            unsafe { asm!($store, a = in(reg) address, v = in(reg) value, options(nostack)) }
        })*
    };
}

#[cfg(target_arch = "aarch64")]
access! {
    load8 store8 u32, "ldrb {v:w}, [{a}]" "strb {v:w}, [{a}]"
    load16 store16 u32, "ldrh {v:w}, [{a}]" "strh {v:w}, [{a}]"
    load32 store32 u32, "ldr {v:w}, [{a}]" "str {v:w}, [{a}]"
    load64 store64 u64, "ldr {v}, [{a}]" "str {v}, [{a}]"
}

#[cfg(target_arch = "arm")]
access! {
    load8 store8 u32, "ldrb {v}, [{a}]" "strb {v}, [{a}]"
    load16 store16 u32, "ldrh {v}, [{a}]" "strh {v}, [{a}]"
    load32 store32 u32, "ldr {v}, [{a}]" "str {v}, [{a}]"
}

/// Loads a device's 64-bit register by two words, the lower first; each keeps its half of `poison` when it is
/// stepped over.
#[cfg(target_arch = "arm")]
pub fn load64(address: usize, poison: u64) -> u64 {
    let half = |offset: usize| {
        load32(address + offset, u32::try_from(poison >> (offset * 8) & 0xffff_ffff).unwrap_or(0))
    };
    u64::from(half(0)) | u64::from(half(4)) << 32
}

/// Stores a device's 64-bit register by two words, the lower first.
#[cfg(target_arch = "arm")]
pub fn store64(address: usize, value: u64) {
    for offset in [0, 4] {
        store32(address + offset, u32::try_from(value >> (offset * 8) & 0xffff_ffff).unwrap_or(0));
    }
}

/// Reads a device's 32-bit register.
pub fn read32(address: usize) -> u32 {
    load32(address, 0)
}

/// Reads a device's byte register.
pub fn read8(address: usize) -> u32 {
    load8(address, 0)
}

macro_rules! loads {
    ($($(#[$doc:meta])* $name:ident $text:literal)*) => {
        $($(#[$doc])* pub fn $name(address: usize, poison: usize) -> usize {
            let mut value = poison;
            // SAFETY: One load from a device, or one that faults and is caught.
            unsafe { asm!($text, a = in(reg) address, v = inout(reg) value, options(nostack)) }
            value
        })*
    };
}

macro_rules! probes {
    ($($(#[$doc:meta])* $name:ident $text:literal)*) => {
        $($(#[$doc])* pub fn $name(address: usize) {
            // SAFETY: Touches only what a test gave it; scratch and address registers are declared changed.
            unsafe {
                asm!($text, "/* {s} {t} */", a = inout(reg) address => _, s = out(reg) _, t = out(reg) _, options(nostack));
            }
        })*
    };
}

#[cfg(target_arch = "aarch64")]
loads! {
    /// LDRSB into 64 bits.
    load8_signed "ldrsb {v}, [{a}]"
    /// LDRSB into 32 bits: the upper half becomes zero.
    load8_signed_w "ldrsb {v:w}, [{a}]"
    /// LDRSH into 64 bits.
    load16_signed "ldrsh {v}, [{a}]"
    /// LDRSW.
    load32_signed "ldrsw {v}, [{a}]"
    /// LDR into 32 bits: the upper half becomes zero.
    load32_w "ldr {v:w}, [{a}]"
}

#[cfg(target_arch = "arm")]
loads! {
    /// LDRSB.
    load8_signed "ldrsb {v}, [{a}]"
    /// LDRSH.
    load16_signed "ldrsh {v}, [{a}]"
}

#[cfg(target_arch = "aarch64")]
probes! {
    /// A load into the zero register.
    load_discarded "ldr wzr, [{a}]"
    /// A store of the zero register.
    store_zero "str wzr, [{a}]"
    /// A load with write-back: no valid syndrome.
    load_write_back "ldr {s:w}, [{a}], #4"
    /// A load pair: no valid syndrome.
    load_pair "ldp {s}, {t}, [{a}]"
    /// A store pair.
    store_pair "stp xzr, xzr, [{a}]"
    /// A load-exclusive.
    load_exclusive "ldxr {s}, [{a}]"
    /// A load-acquire.
    load_acquire "ldar {s}, [{a}]"
    /// A store-release.
    store_release "stlr xzr, [{a}]"
    /// Cleans the line to the point of coherency.
    clean_line "dc cvac, {a}"
}

#[cfg(target_arch = "arm")]
probes! {
    /// A load with write-back: no valid syndrome.
    load_write_back "ldr {s}, [{a}], #4"
    /// A load-exclusive.
    load_exclusive "ldrex {s}, [{a}]"
    /// Cleans the line to the point of coherency.
    clean_line "mcr p15, 0, {a}, c7, c10, 1"
}

/// A load multiple: no valid syndrome.
#[cfg(target_arch = "arm")]
pub fn load_pair(address: usize) {
    // SAFETY: As for the other probes; both registers are declared changed.
    unsafe { asm!("ldmia {}, {{r2, r3}}", in(reg) address, out("r2") _, out("r3") _, options(nostack)) }
}

/// Branches to an address and comes back: by the return there, or because the fetch faulted.
pub fn run_at(address: usize) {
    // SAFETY: The target returns at once or cannot be fetched, which `fault::catch` turns into a return.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        asm!("blr {}", in(reg) address, out("x30") _, options(nostack));
    }
    // SAFETY: As above.
    #[cfg(target_arch = "arm")]
    unsafe {
        asm!("blx {}", in(reg) address, out("lr") _, options(nostack));
    }
}

/// Runs a permanently undefined instruction.
pub fn undefined() {
    // SAFETY: It traps; `fault::catch` steps over it.
    unsafe { asm!("udf #0", options(nostack)) }
}

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

/// Reads a device's 32-bit register.
pub fn read32(address: usize) -> u32 {
    load32(address, 0)
}

/// Reads a device's byte register.
pub fn read8(address: usize) -> u32 {
    load8(address, 0)
}

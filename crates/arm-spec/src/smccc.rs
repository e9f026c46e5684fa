//! The SMC Calling Convention: how function identifiers are made, and the general functions.
//!
//! Arm DEN 0028E (SMCCC 1.4), sections 2.5 and 6-7.

/// Bit of an identifier: a fast call.
pub const FAST: u32 = 1 << 31;
/// Bit of an identifier: 64-bit arguments and results.
pub const SMC64: u32 = 1 << 30;
/// Position of the owning entity's number in an identifier.
pub const OWNER_SHIFT: u32 = 24;
/// The bits of the owning entity's number, shifted down.
pub const OWNER_MASK: u32 = 0x3f;

/// Owner of the Arm architecture calls.
pub const OWNER_ARCH: u32 = 0;
/// Owner of the standard secure services, PSCI among them.
pub const OWNER_STANDARD: u32 = 4;
/// Owner of the standard hypervisor services.
pub const OWNER_HYPERVISOR: u32 = 5;
/// Owner of the vendor-specific hypervisor services.
pub const OWNER_VENDOR_HYPERVISOR: u32 = 6;

/// `SMCCC_VERSION`.
pub const VERSION: u32 = 0x8000_0000;
/// `SMCCC_ARCH_FEATURES`.
pub const ARCH_FEATURES: u32 = 0x8000_0001;
/// `SMCCC_ARCH_WORKAROUND_1`: branch-predictor invalidation.
pub const ARCH_WORKAROUND_1: u32 = 0x8000_8000;
/// `SMCCC_ARCH_WORKAROUND_2`: speculative store bypass.
pub const ARCH_WORKAROUND_2: u32 = 0x8000_7fff;
/// `SMCCC_ARCH_WORKAROUND_3`: branch-history clearing.
pub const ARCH_WORKAROUND_3: u32 = 0x8000_3fff;

/// Function number of a service's call-count query.
pub const CALL_COUNT: u32 = 0xff00;
/// Function number of a service's identity query.
pub const CALL_UID: u32 = 0xff01;
/// Function number of a service's revision query.
pub const CALL_REVISION: u32 = 0xff03;

/// Version 1.1, as `SMCCC_VERSION` returns it: major in the upper, minor in the lower half.
pub const VERSION_1_1: u32 = 1 << 16 | 1;
/// What an unknown function returns.
pub const NOT_SUPPORTED: i32 = -1;
/// What `SMCCC_ARCH_FEATURES` returns for a workaround that a CPU does not need.
pub const NOT_REQUIRED: i32 = 1;

/// Makes the identifier of a service's query.
pub const fn query(owner: u32, function: u32) -> u32 {
    FAST | owner << OWNER_SHIFT | function
}

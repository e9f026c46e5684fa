//! Xen as an SMCCC hypervisor service.

use crate::constant::header_consts;

header_consts! {
    /// The service's revision, major
    MAJOR_REVISION: u32 = 0 => "XEN_SMCCC_MAJOR_REVISION",
    /// The service's revision, minor
    MINOR_REVISION: u32 = 1 => "XEN_SMCCC_MINOR_REVISION",
}

/// Xen's identity as a hypervisor service, a71812dc-c698-4369-9acf-79d18ddee667, byte by byte
/// (`xen/include/public/arch-arm/smccc.h`, `XEN_SMCCC_UID`).
pub const UID: [u8; 16] =
    [0xa7, 0x18, 0x12, 0xdc, 0xc6, 0x98, 0x43, 0x69, 0x9a, 0xcf, 0x79, 0xd1, 0x8d, 0xde, 0xe6, 0x67];

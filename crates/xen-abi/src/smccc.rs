//! Xen as an SMCCC hypervisor service.

use crate::constant::header_consts;

header_consts! {
    /// The service's revision, major
    MAJOR_REVISION: u32 = 0 => "XEN_SMCCC_MAJOR_REVISION",
    /// The service's revision, minor
    MINOR_REVISION: u32 = 1 => "XEN_SMCCC_MINOR_REVISION",
    /// The standard secure service's revision, major
    STANDARD_MAJOR_REVISION: u32 = 0 => "SSSC_SMCCC_MAJOR_REVISION",
    /// The standard secure service's revision, minor
    STANDARD_MINOR_REVISION: u32 = 1 => "SSSC_SMCCC_MINOR_REVISION",
}

/// Xen's identity as a hypervisor service, a71812dc-c698-4369-9acf-79d18ddee667, byte by byte
/// (`xen/include/public/arch-arm/smccc.h`, `XEN_SMCCC_UID`).
pub const UID: [u8; 16] =
    [0xa7, 0x18, 0x12, 0xdc, 0xc6, 0x98, 0x43, 0x69, 0x9a, 0xcf, 0x79, 0xd1, 0x8d, 0xde, 0xe6, 0x67];

/// The identity of the standard secure service as Xen's guests see it,
/// f863386f-4b39-4cbd-9220-ce1641e59f6f (`SSSC_SMCCC_UID`).
pub const STANDARD_UID: [u8; 16] =
    [0xf8, 0x63, 0x38, 0x6f, 0x4b, 0x39, 0x4c, 0xbd, 0x92, 0x20, 0xce, 0x16, 0x41, 0xe5, 0x9f, 0x6f];

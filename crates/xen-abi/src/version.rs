//! `xen_version`: which Xen this is and what it can do.

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};

/// The major version of Xen whose interface this is.
pub const XEN_MAJOR: u16 = 4;
/// The minor version of Xen whose interface this is.
pub const XEN_MINOR: u16 = 17;
/// The version as [`VersionOp::Version`] returns it: major in the upper, minor in the lower half.
pub const XEN_VERSION: u32 = (XEN_MAJOR as u32) << 16 | XEN_MINOR as u32;
/// What follows the version number in Xen's name for itself.
pub const EXTRAVERSION: &str = "-xenolith";

/// Bytes of `xen_extraversion_t`.
pub const EXTRAVERSION_BYTES: usize = 16;
/// Bytes of `xen_capabilities_info_t`.
pub const CAPABILITIES_BYTES: usize = 1024;
/// Bytes of `xen_changeset_info_t`.
pub const CHANGESET_BYTES: usize = 64;
/// Bytes of `xen_commandline_t`.
pub const COMMANDLINE_BYTES: usize = 1024;
/// Bytes of `xen_domain_handle_t`, a UUID.
pub const DOMAIN_HANDLE_BYTES: usize = 16;

header_enum! {
    /// A question of `xen_version` (`xen/include/public/version.h`).
    VersionOp: u32 {
        Version = 0 = "XENVER_version",
        Extraversion = 1 = "XENVER_extraversion",
        CompileInfo = 2 = "XENVER_compile_info",
        Capabilities = 3 = "XENVER_capabilities",
        Changeset = 4 = "XENVER_changeset",
        PlatformParameters = 5 = "XENVER_platform_parameters",
        GetFeatures = 6 = "XENVER_get_features",
        Pagesize = 7 = "XENVER_pagesize",
        GuestHandle = 8 = "XENVER_guest_handle",
        Commandline = 9 = "XENVER_commandline",
        BuildId = 10 = "XENVER_build_id",
    }
}

header_consts! {
    /// Bit of the feature map: the guest writes its own page tables
    FEATURE_WRITABLE_PAGE_TABLES: u32 = 0 => "XENFEAT_writable_page_tables",
    /// Bit of the feature map: the hypervisor translates guest frames to machine frames
    FEATURE_AUTO_TRANSLATED_PHYSMAP: u32 = 2 => "XENFEAT_auto_translated_physmap",
    /// Bit of the feature map: the domain is the hardware domain
    FEATURE_DOM0: u32 = 11 => "XENFEAT_dom0",
    /// Bit of the feature map: memory operations take a virtual node
    FEATURE_MEMORY_OP_VNODE: u32 = 13 => "XENFEAT_memory_op_vnode_supported",
    /// Bit of the feature map: SMCCC calls are answered
    FEATURE_ARM_SMCCC: u32 = 14 => "XENFEAT_ARM_SMCCC_supported",
    /// Bit of the feature map: guest frame numbers are not machine frame numbers
    FEATURE_NOT_DIRECT_MAPPED: u32 = 16 => "XENFEAT_not_direct_mapped",
    /// Bit of the feature map: guest frame numbers are machine frame numbers
    FEATURE_DIRECT_MAPPED: u32 = 17 => "XENFEAT_direct_mapped",
    /// Bit of the feature map: the guest writes its own descriptor tables (not on Arm)
    FEATURE_WRITABLE_DESCRIPTOR_TABLES: u32 = 1 => "XENFEAT_writable_descriptor_tables",
    /// Bit of the feature map: the guest's kernel runs in supervisor mode (not on Arm)
    FEATURE_SUPERVISOR_MODE_KERNEL: u32 = 3 => "XENFEAT_supervisor_mode_kernel",
    /// Bit of the feature map: page directories may be above 4 GiB (not on Arm)
    FEATURE_PAE_PGDIR_ABOVE_4GB: u32 = 4 => "XENFEAT_pae_pgdir_above_4gb",
    /// Bit of the feature map: page-table updates keep access bits (not on Arm)
    FEATURE_MMU_PT_UPDATE_PRESERVE_AD: u32 = 5 => "XENFEAT_mmu_pt_update_preserve_ad",
    /// Bit of the feature map: pages can be cleared and copied for the guest (not on Arm)
    FEATURE_HIGHMEM_ASSIST: u32 = 6 => "XENFEAT_highmem_assist",
    /// Bit of the feature map: grant maps take available bits (not on Arm)
    FEATURE_GNTTAB_MAP_AVAIL_BITS: u32 = 7 => "XENFEAT_gnttab_map_avail_bits",
    /// Bit of the feature map: events come by a vector (not on Arm)
    FEATURE_HVM_CALLBACK_VECTOR: u32 = 8 => "XENFEAT_hvm_callback_vector",
    /// Bit of the feature map: the paravirtual clock may be used (not on Arm)
    FEATURE_HVM_SAFE_PVCLOCK: u32 = 9 => "XENFEAT_hvm_safe_pvclock",
    /// Bit of the feature map: interrupts come as event channels (not on Arm)
    FEATURE_HVM_PIRQS: u32 = 10 => "XENFEAT_hvm_pirqs",
    /// Bit of the feature map: the RSDP may be anywhere (not on Arm)
    FEATURE_LINUX_RSDP_UNRESTRICTED: u32 = 15 => "XENFEAT_linux_rsdp_unrestricted",
    /// Number of 32-bit feature maps; others give `-EINVAL`
    NR_SUBMAPS: u32 = 1 => "XENFEAT_NR_SUBMAPS",
}

/// The features every Arm domain has.
const FEATURES_COMMON: u32 = 1 << FEATURE_WRITABLE_PAGE_TABLES
    | 1 << FEATURE_AUTO_TRANSLATED_PHYSMAP
    | 1 << FEATURE_MEMORY_OP_VNODE
    | 1 << FEATURE_ARM_SMCCC;

/// Feature map 0 of a hardware domain whose memory is mapped 1:1.
pub const FEATURES_DIRECT_MAPPED_HWDOM: u32 =
    FEATURES_COMMON | 1 << FEATURE_DOM0 | 1 << FEATURE_DIRECT_MAPPED;
/// Feature map 0 of an ordinary domain.
pub const FEATURES_DOMU: u32 = FEATURES_COMMON | 1 << FEATURE_NOT_DIRECT_MAPPED;

guest_struct! {
    /// The argument of [`VersionOp::GetFeatures`].
    FeatureInfo = "struct xen_feature_info" {
        /// In: which 32-bit map.
        submap_idx: u32,
        /// Out: the map.
        submap: u32,
    }
}

guest_struct! {
    /// The result of [`VersionOp::CompileInfo`]: zero-terminated text.
    CompileInfo = "struct xen_compile_info" {
        /// The compiler and its version.
        compiler: [u8; 64],
        /// Who compiled it.
        compile_by: [u8; 16],
        /// Where.
        compile_domain: [u8; 32],
        /// When.
        compile_date: [u8; 32],
    }
}

guest_struct! {
    /// The result of [`VersionOp::PlatformParameters`].
    PlatformParameters = "struct xen_platform_parameters" {
        /// The start of the hypervisor's own address space; guests on Arm do not share one with it.
        virt_start: u64,
    }
}

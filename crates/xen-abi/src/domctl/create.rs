//! What a domain is created with.

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};

header_consts! {
    /// Flag of [`Createdomain::flags`]: the guest has a machine of its own; always on Arm
    CDF_HVM: u32 = 1 << 0 => "XEN_DOMCTL_CDF_hvm",
    /// Flag: a second stage of translation by hardware; always on Arm
    CDF_HAP: u32 = 1 << 1 => "XEN_DOMCTL_CDF_hap",
    /// Flag: memory is to be verified after suspend (not on Arm)
    CDF_S3_INTEGRITY: u32 = 1 << 2 => "XEN_DOMCTL_CDF_s3_integrity",
    /// Flag: no out-of-sync shadow page tables (not on Arm)
    CDF_OOS_OFF: u32 = 1 << 3 => "XEN_DOMCTL_CDF_oos_off",
    /// Flag: the domain runs xenstore
    CDF_XS_DOMAIN: u32 = 1 << 4 => "XEN_DOMCTL_CDF_xs_domain",
    /// Flag: the domain may use the I/O MMU
    CDF_IOMMU: u32 = 1 << 5 => "XEN_DOMCTL_CDF_iommu",
    /// Flag: virtualization inside the guest (not on Arm)
    CDF_NESTED_VIRT: u32 = 1 << 6 => "XEN_DOMCTL_CDF_nested_virt",
    /// Flag: the guest sees performance counters
    CDF_VPMU: u32 = 1 << 7 => "XEN_DOMCTL_CDF_vpmu",
    /// The highest flag there is
    CDF_MAX: u32 = CDF_VPMU => "XEN_DOMCTL_CDF_MAX",
    /// Flag of [`Createdomain::iommu_opts`]: the I/O MMU has tables of its own
    IOMMU_NO_SHAREPT: u32 = 1 << 0 => "XEN_DOMCTL_IOMMU_no_sharept",
    /// The highest flag of the I/O MMU
    IOMMU_MAX: u32 = IOMMU_NO_SHAREPT => "XEN_DOMCTL_IOMMU_MAX",
    /// The bits of [`Createdomain::grant_opts`] that hold the highest version of grant tables
    GRANT_VERSION_MASK: u32 = 0xf => "XEN_DOMCTL_GRANT_version_mask",
}

/// Every flag of [`Createdomain::flags`]; others give `-EINVAL`.
pub const CDF_ALL: u32 = (CDF_MAX << 1).wrapping_sub(1);

header_enum! {
    /// The interrupt controller a guest sees (`xen/include/public/arch-arm.h`).
    GicVersion: u8 {
        /// That of the machine.
        Native = 0 = "XEN_DOMCTL_CONFIG_GIC_NATIVE",
        V2 = 1 = "XEN_DOMCTL_CONFIG_GIC_V2",
        V3 = 2 = "XEN_DOMCTL_CONFIG_GIC_V3",
    }
}

header_enum! {
    /// The trusted execution environment a guest may call (`xen/include/public/arch-arm.h`).
    TeeType: u16 {
        None = 0 = "XEN_DOMCTL_CONFIG_TEE_NONE",
        Optee = 1 = "XEN_DOMCTL_CONFIG_TEE_OPTEE",
    }
}

guest_struct! {
    /// The part of a domain's configuration that is Arm's (`xen/include/public/arch-arm.h`).
    ArchDomainconfig = "struct xen_arch_domainconfig" {
        /// In and out: a [`GicVersion`]; comes back as the one that was chosen.
        gic_version: u8,
        /// Padding.
        _pad: u8,
        /// In: a [`TeeType`].
        tee_type: u16,
        /// In: shared peripheral interrupts.
        nr_spis: u32,
        /// Out: the timer's frequency in Hz if the machine's device tree says it, else 0.
        clock_frequency: u32,
    }
}

guest_struct! {
    /// The structure of [`DomctlCmd::Createdomain`](super::DomctlCmd::Createdomain).
    Createdomain = "struct xen_domctl_createdomain" {
        /// In: the security label.
        ssidref: u32,
        /// In: the domain's UUID.
        handle: [u8; 16],
        /// In: `CDF_*`.
        flags: u32,
        /// In: `IOMMU_*`.
        iommu_opts: u32,
        /// In: vCPUs.
        max_vcpus: u32,
        /// In: the highest event channel.
        max_evtchn_port: u32,
        /// In: grant frames, negative for the default.
        max_grant_frames: i32,
        /// In: frames for the mappings of others' grants, negative for the default.
        max_maptrack_frames: i32,
        /// In: the highest grant table version in [`GRANT_VERSION_MASK`], other bits zero.
        grant_opts: u32,
        /// In: bytes of each vCPU's trace buffer, 0 for none.
        vmtrace_size: u32,
        /// In: the CPU pool.
        cpupool_id: u32,
        /// In and out: Arm's part.
        arch: ArchDomainconfig,
    }
}

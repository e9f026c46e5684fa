//! Hypercall numbers and the calling convention.

use crate::constant::{header_consts, header_enum};

header_consts! {
    /// The immediate of `hvc` that makes a hypercall
    HVC_TAG: u16 = 0xea1 => "XEN_HYPERCALL_TAG",
}

/// The first number that is no hypercall: every number from here on gives `-ENOSYS`.
pub const NR_HYPERCALLS: u32 = 64;

header_enum! {
    /// A hypercall that exists on Arm (`xen/include/public/xen.h`, `__HYPERVISOR_*`); every other
    /// number gives `-ENOSYS`. The number is passed in x16 or r12, arguments in x0-x4 or r0-r4, the
    /// result comes back in x0 or r0.
    Hypercall: u32 {
        PlatformOp = 7 = "__HYPERVISOR_platform_op",
        MemoryOp = 12 = "__HYPERVISOR_memory_op",
        Multicall = 13 = "__HYPERVISOR_multicall",
        XenVersion = 17 = "__HYPERVISOR_xen_version",
        ConsoleIo = 18 = "__HYPERVISOR_console_io",
        GrantTableOp = 20 = "__HYPERVISOR_grant_table_op",
        VmAssist = 21 = "__HYPERVISOR_vm_assist",
        VcpuOp = 24 = "__HYPERVISOR_vcpu_op",
        XsmOp = 27 = "__HYPERVISOR_xsm_op",
        SchedOp = 29 = "__HYPERVISOR_sched_op",
        EventChannelOp = 32 = "__HYPERVISOR_event_channel_op",
        PhysdevOp = 33 = "__HYPERVISOR_physdev_op",
        HvmOp = 34 = "__HYPERVISOR_hvm_op",
        Sysctl = 35 = "__HYPERVISOR_sysctl",
        Domctl = 36 = "__HYPERVISOR_domctl",
        ArgoOp = 39 = "__HYPERVISOR_argo_op",
        DmOp = 41 = "__HYPERVISOR_dm_op",
        HypfsOp = 42 = "__HYPERVISOR_hypfs_op",
    }
}

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

header_enum! {
    /// A hypercall that does not exist on Arm: it gives `-ENOSYS`.
    NotOnArm: u32 {
        SetTrapTable = 0 = "__HYPERVISOR_set_trap_table",
        MmuUpdate = 1 = "__HYPERVISOR_mmu_update",
        SetGdt = 2 = "__HYPERVISOR_set_gdt",
        StackSwitch = 3 = "__HYPERVISOR_stack_switch",
        SetCallbacks = 4 = "__HYPERVISOR_set_callbacks",
        FpuTaskswitch = 5 = "__HYPERVISOR_fpu_taskswitch",
        SchedOpCompat = 6 = "__HYPERVISOR_sched_op_compat",
        SetDebugreg = 8 = "__HYPERVISOR_set_debugreg",
        GetDebugreg = 9 = "__HYPERVISOR_get_debugreg",
        UpdateDescriptor = 10 = "__HYPERVISOR_update_descriptor",
        UpdateVaMapping = 14 = "__HYPERVISOR_update_va_mapping",
        SetTimerOp = 15 = "__HYPERVISOR_set_timer_op",
        EventChannelOpCompat = 16 = "__HYPERVISOR_event_channel_op_compat",
        PhysdevOpCompat = 19 = "__HYPERVISOR_physdev_op_compat",
        UpdateVaMappingOtherdomain = 22 = "__HYPERVISOR_update_va_mapping_otherdomain",
        Iret = 23 = "__HYPERVISOR_iret",
        SetSegmentBase = 25 = "__HYPERVISOR_set_segment_base",
        MmuextOp = 26 = "__HYPERVISOR_mmuext_op",
        NmiOp = 28 = "__HYPERVISOR_nmi_op",
        CallbackOp = 30 = "__HYPERVISOR_callback_op",
        XenoprofOp = 31 = "__HYPERVISOR_xenoprof_op",
        KexecOp = 37 = "__HYPERVISOR_kexec_op",
        TmemOp = 38 = "__HYPERVISOR_tmem_op",
        XenpmuOp = 40 = "__HYPERVISOR_xenpmu_op",
        Arch0 = 48 = "__HYPERVISOR_arch_0",
        Arch1 = 49 = "__HYPERVISOR_arch_1",
        Arch2 = 50 = "__HYPERVISOR_arch_2",
        Arch3 = 51 = "__HYPERVISOR_arch_3",
        Arch4 = 52 = "__HYPERVISOR_arch_4",
        Arch5 = 53 = "__HYPERVISOR_arch_5",
        Arch6 = 54 = "__HYPERVISOR_arch_6",
        Arch7 = 55 = "__HYPERVISOR_arch_7",
    }
}

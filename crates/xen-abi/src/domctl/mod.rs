//! `domctl`: the toolstack's control of domains.
//!
//! Every command has one argument, [`XenDomctl`], whose union `u` is decoded by
//! [`GuestStruct::decode_prefix`](crate::GuestStruct::decode_prefix) as the structure of its command.
//! [`INTERFACE_VERSION`] names the layout of all of them; the layouts here are those of 4.17. Another
//! release's caller says another version, and what differs between releases is closed in a few
//! structures ([`create::Createdomain`], [`create::ArchDomainconfig`], [`info::Getdomaininfo`]): such a
//! layout would be one more structure beside them, chosen by the version where the union is decoded.

pub mod context;
pub mod control;
pub mod create;
pub mod device;
pub mod info;
pub mod memory;
pub mod monitor;
pub mod scheduler;
pub mod vcpu;

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};
use types::DomId;

header_consts! {
    /// The version a caller must give, else `-EACCES`
    INTERFACE_VERSION: u32 = 0x15 => "XEN_DOMCTL_INTERFACE_VERSION",
}

header_enum! {
    /// An operation of `domctl` that exists on Arm (`xen/include/public/domctl.h`).
    DomctlCmd: u32 {
        Createdomain = 1 = "XEN_DOMCTL_createdomain",
        Destroydomain = 2 = "XEN_DOMCTL_destroydomain",
        Pausedomain = 3 = "XEN_DOMCTL_pausedomain",
        Unpausedomain = 4 = "XEN_DOMCTL_unpausedomain",
        Getdomaininfo = 5 = "XEN_DOMCTL_getdomaininfo",
        Setvcpuaffinity = 9 = "XEN_DOMCTL_setvcpuaffinity",
        MaxMem = 11 = "XEN_DOMCTL_max_mem",
        Setvcpucontext = 12 = "XEN_DOMCTL_setvcpucontext",
        Getvcpucontext = 13 = "XEN_DOMCTL_getvcpucontext",
        Getvcpuinfo = 14 = "XEN_DOMCTL_getvcpuinfo",
        MaxVcpus = 15 = "XEN_DOMCTL_max_vcpus",
        SchedulerOp = 16 = "XEN_DOMCTL_scheduler_op",
        Setdomainhandle = 17 = "XEN_DOMCTL_setdomainhandle",
        Setdebugging = 18 = "XEN_DOMCTL_setdebugging",
        IrqPermission = 19 = "XEN_DOMCTL_irq_permission",
        IomemPermission = 20 = "XEN_DOMCTL_iomem_permission",
        Settimeoffset = 24 = "XEN_DOMCTL_settimeoffset",
        Getvcpuaffinity = 25 = "XEN_DOMCTL_getvcpuaffinity",
        Resumedomain = 27 = "XEN_DOMCTL_resumedomain",
        Subscribe = 29 = "XEN_DOMCTL_subscribe",
        SetAddressSize = 35 = "XEN_DOMCTL_set_address_size",
        GetAddressSize = 36 = "XEN_DOMCTL_get_address_size",
        AssignDevice = 37 = "XEN_DOMCTL_assign_device",
        BindPtIrq = 38 = "XEN_DOMCTL_bind_pt_irq",
        MemoryMapping = 39 = "XEN_DOMCTL_memory_mapping",
        TestAssignDevice = 45 = "XEN_DOMCTL_test_assign_device",
        SetTarget = 46 = "XEN_DOMCTL_set_target",
        DeassignDevice = 47 = "XEN_DOMCTL_deassign_device",
        UnbindPtIrq = 48 = "XEN_DOMCTL_unbind_pt_irq",
        GetDeviceGroup = 50 = "XEN_DOMCTL_get_device_group",
        VmEventOp = 56 = "XEN_DOMCTL_vm_event_op",
        SetAccessRequired = 64 = "XEN_DOMCTL_set_access_required",
        SetVirqHandler = 66 = "XEN_DOMCTL_set_virq_handler",
        Setnodeaffinity = 68 = "XEN_DOMCTL_setnodeaffinity",
        Getnodeaffinity = 69 = "XEN_DOMCTL_getnodeaffinity",
        Cacheflush = 71 = "XEN_DOMCTL_cacheflush",
        Setvnumainfo = 74 = "XEN_DOMCTL_setvnumainfo",
        MonitorOp = 77 = "XEN_DOMCTL_monitor_op",
        SoftReset = 79 = "XEN_DOMCTL_soft_reset",
        VuartOp = 81 = "XEN_DOMCTL_vuart_op",
        GetPagingMempoolSize = 85 = "XEN_DOMCTL_get_paging_mempool_size",
        SetPagingMempoolSize = 86 = "XEN_DOMCTL_set_paging_mempool_size",
    }
}

header_enum! {
    /// An operation of `domctl` that no domain on Arm has: it gives `-ENOSYS`.
    NotOnArm: u32 {
        ShadowOp = 10 = "XEN_DOMCTL_shadow_op",
        IoportPermission = 21 = "XEN_DOMCTL_ioport_permission",
        HypercallInit = 22 = "XEN_DOMCTL_hypercall_init",
        RealModeArea = 26 = "XEN_DOMCTL_real_mode_area",
        Sendtrigger = 28 = "XEN_DOMCTL_sendtrigger",
        Gethvmcontext = 33 = "XEN_DOMCTL_gethvmcontext",
        Sethvmcontext = 34 = "XEN_DOMCTL_sethvmcontext",
        IoportMapping = 40 = "XEN_DOMCTL_ioport_mapping",
        SetExtVcpucontext = 42 = "XEN_DOMCTL_set_ext_vcpucontext",
        GetExtVcpucontext = 43 = "XEN_DOMCTL_get_ext_vcpucontext",
        SetOptFeature = 44 = "XEN_DOMCTL_set_opt_feature",
        DebugOp = 54 = "XEN_DOMCTL_debug_op",
        GethvmcontextPartial = 55 = "XEN_DOMCTL_gethvmcontext_partial",
        MemSharingOp = 57 = "XEN_DOMCTL_mem_sharing_op",
        Gettscinfo = 59 = "XEN_DOMCTL_gettscinfo",
        Settscinfo = 60 = "XEN_DOMCTL_settscinfo",
        Getpageframeinfo3 = 61 = "XEN_DOMCTL_getpageframeinfo3",
        Setvcpuextstate = 62 = "XEN_DOMCTL_setvcpuextstate",
        Getvcpuextstate = 63 = "XEN_DOMCTL_getvcpuextstate",
        AuditP2m = 65 = "XEN_DOMCTL_audit_p2m",
        SetBrokenPageP2m = 67 = "XEN_DOMCTL_set_broken_page_p2m",
        GetVcpuMsrs = 72 = "XEN_DOMCTL_get_vcpu_msrs",
        SetVcpuMsrs = 73 = "XEN_DOMCTL_set_vcpu_msrs",
        PsrCmtOp = 75 = "XEN_DOMCTL_psr_cmt_op",
        PsrAlloc = 78 = "XEN_DOMCTL_psr_alloc",
        GetCpuPolicy = 82 = "XEN_DOMCTL_get_cpu_policy",
        SetCpuPolicy = 83 = "XEN_DOMCTL_set_cpu_policy",
        VmtraceOp = 84 = "XEN_DOMCTL_vmtrace_op",
        GdbsxGuestmemio = 1000 = "XEN_DOMCTL_gdbsx_guestmemio",
        GdbsxPausevcpu = 1001 = "XEN_DOMCTL_gdbsx_pausevcpu",
        GdbsxUnpausevcpu = 1002 = "XEN_DOMCTL_gdbsx_unpausevcpu",
        GdbsxDomstatus = 1003 = "XEN_DOMCTL_gdbsx_domstatus",
    }
}

guest_struct! {
    /// The argument of `domctl`.
    XenDomctl = "struct xen_domctl" {
        /// In: a [`DomctlCmd`].
        cmd: u32,
        /// In: [`INTERFACE_VERSION`].
        interface_version: u32,
        /// In, and out of createdomain: the domain.
        domain: DomId,
        /// Padding.
        _pad: [u16; 3],
        /// In or out: the command's own structure.
        u: [u8; 128],
    }
}

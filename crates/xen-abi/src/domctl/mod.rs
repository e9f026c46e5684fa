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

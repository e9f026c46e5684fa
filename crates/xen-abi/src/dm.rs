//! `dm_op`: what a device model asks for.
//!
//! The hypercall takes a domain, a number of buffers and their table of [`DmOpBuf`]; the first buffer
//! holds an [`XenDmOp`].

pub mod ioreq;

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};
use types::{GuestVa, Port};

header_enum! {
    /// An operation of `dm_op` that exists on Arm (`xen/include/public/hvm/dm_op.h`).
    DmOp: u32 {
        CreateIoreqServer = 1 = "XEN_DMOP_create_ioreq_server",
        GetIoreqServerInfo = 2 = "XEN_DMOP_get_ioreq_server_info",
        MapIoRangeToIoreqServer = 3 = "XEN_DMOP_map_io_range_to_ioreq_server",
        UnmapIoRangeFromIoreqServer = 4 = "XEN_DMOP_unmap_io_range_from_ioreq_server",
        SetIoreqServerState = 5 = "XEN_DMOP_set_ioreq_server_state",
        DestroyIoreqServer = 6 = "XEN_DMOP_destroy_ioreq_server",
        SetIrqLevel = 19 = "XEN_DMOP_set_irq_level",
        NrVcpus = 20 = "XEN_DMOP_nr_vcpus",
    }
}

header_enum! {
    /// An operation of `dm_op` that does not exist on Arm: it gives `-EOPNOTSUPP`.
    NotOnArm: u32 {
        TrackDirtyVram = 7 = "XEN_DMOP_track_dirty_vram",
        SetPciIntxLevel = 8 = "XEN_DMOP_set_pci_intx_level",
        SetIsaIrqLevel = 9 = "XEN_DMOP_set_isa_irq_level",
        SetPciLinkRoute = 10 = "XEN_DMOP_set_pci_link_route",
        ModifiedMemory = 11 = "XEN_DMOP_modified_memory",
        SetMemType = 12 = "XEN_DMOP_set_mem_type",
        InjectEvent = 13 = "XEN_DMOP_inject_event",
        InjectMsi = 14 = "XEN_DMOP_inject_msi",
        MapMemTypeToIoreqServer = 15 = "XEN_DMOP_map_mem_type_to_ioreq_server",
        RemoteShutdown = 16 = "XEN_DMOP_remote_shutdown",
        RelocateMemory = 17 = "XEN_DMOP_relocate_memory",
        PinMemoryCacheattr = 18 = "XEN_DMOP_pin_memory_cacheattr",
    }
}

header_enum! {
    /// What an emulated range is of.
    IoRange: u32 {
        Port = 0 = "XEN_DMOP_IO_RANGE_PORT",
        Memory = 1 = "XEN_DMOP_IO_RANGE_MEMORY",
        Pci = 2 = "XEN_DMOP_IO_RANGE_PCI",
    }
}

header_consts! {
    /// Flag of [`GetIoreqServerInfo::flags`]: the pages are mapped as a resource
    NO_GFNS: u16 = 1 << 0 => "XEN_DMOP_no_gfns",
    /// [`CreateIoreqServer::handle_bufioreq`]: no buffered requests
    BUFIOREQ_OFF: u8 = 0 => "HVM_IOREQSRV_BUFIOREQ_OFF",
    /// Buffered requests, pointers read apart
    BUFIOREQ_LEGACY: u8 = 1 => "HVM_IOREQSRV_BUFIOREQ_LEGACY",
    /// Buffered requests, pointers read as one
    BUFIOREQ_ATOMIC: u8 = 2 => "HVM_IOREQSRV_BUFIOREQ_ATOMIC",
}

guest_struct! {
    /// A buffer of the hypercall.
    DmOpBuf = "struct xen_dm_op_buf" {
        /// Where it is.
        h: GuestVa,
        /// Its bytes.
        size: u64,
    }
}

guest_struct! {
    /// The first buffer.
    XenDmOp = "struct xen_dm_op" {
        /// In: a [`DmOp`].
        op: u32,
        /// Padding, zero.
        pad: u32,
        /// In or out: the operation's structure.
        u: [u8; 24],
    }
}

guest_struct! {
    /// The structure of [`DmOp::CreateIoreqServer`].
    CreateIoreqServer = "struct xen_dm_op_create_ioreq_server" {
        /// In: `BUFIOREQ_*`.
        handle_bufioreq: u8,
        /// Padding, zero.
        pad: [u8; 3],
        /// Out: the server.
        id: u16,
    }
}

guest_struct! {
    /// The structure of [`DmOp::GetIoreqServerInfo`].
    GetIoreqServerInfo = "struct xen_dm_op_get_ioreq_server_info" {
        /// In: the server.
        id: u16,
        /// In: [`NO_GFNS`] or 0.
        flags: u16,
        /// Out: the buffered requests' port.
        bufioreq_port: Port,
        /// Out: the synchronous requests' guest frame.
        ioreq_gfn: u64,
        /// Out: the buffered requests' guest frame.
        bufioreq_gfn: u64,
    }
}

guest_struct! {
    /// The structure of mapping and unmapping a range.
    IoreqServerRange = "struct xen_dm_op_ioreq_server_range" {
        /// In: the server.
        id: u16,
        /// Padding, zero.
        pad: u16,
        /// In: an [`IoRange`].
        kind: u32 = "type",
        /// In: the first address.
        start: u64,
        /// In: the last address.
        end: u64,
    }
}

guest_struct! {
    /// The structure of [`DmOp::SetIoreqServerState`].
    SetIoreqServerState = "struct xen_dm_op_set_ioreq_server_state" {
        /// In: the server.
        id: u16,
        /// In: 1 to enable.
        enabled: u8,
        /// Padding, zero.
        pad: u8,
    }
}

guest_struct! {
    /// The structure of [`DmOp::DestroyIoreqServer`].
    DestroyIoreqServer = "struct xen_dm_op_destroy_ioreq_server" {
        /// In: the server.
        id: u16,
        /// Padding, zero.
        pad: u16,
    }
}

guest_struct! {
    /// The structure of [`DmOp::SetIrqLevel`].
    SetIrqLevel = "struct xen_dm_op_set_irq_level" {
        /// In: the shared peripheral interrupt.
        irq: u32,
        /// In: 1 for asserted.
        level: u8,
        /// Padding, zero.
        pad: [u8; 3],
    }
}

guest_struct! {
    /// The structure of [`DmOp::NrVcpus`].
    NrVcpus = "struct xen_dm_op_nr_vcpus" {
        /// Out: vCPUs.
        vcpus: u32,
    }
}

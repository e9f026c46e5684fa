//! `memory_op`: a domain's guest-physical memory.

pub mod access;
pub mod topology;

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};
use types::{DomId, GuestVa};

header_enum! {
    /// An operation of `memory_op` (`xen/include/public/memory.h`), in the lower bits of its number.
    MemoryOp: u32 {
        IncreaseReservation = 0 = "XENMEM_increase_reservation",
        DecreaseReservation = 1 = "XENMEM_decrease_reservation",
        MaximumRamPage = 2 = "XENMEM_maximum_ram_page",
        CurrentReservation = 3 = "XENMEM_current_reservation",
        MaximumReservation = 4 = "XENMEM_maximum_reservation",
        PopulatePhysmap = 6 = "XENMEM_populate_physmap",
        AddToPhysmap = 7 = "XENMEM_add_to_physmap",
        Exchange = 11 = "XENMEM_exchange",
        MaximumGpfn = 14 = "XENMEM_maximum_gpfn",
        RemoveFromPhysmap = 15 = "XENMEM_remove_from_physmap",
        GetSharingFreedPages = 18 = "XENMEM_get_sharing_freed_pages",
        GetSharingSharedPages = 19 = "XENMEM_get_sharing_shared_pages",
        AccessOp = 21 = "XENMEM_access_op",
        AddToPhysmapBatch = 23 = "XENMEM_add_to_physmap_batch",
        ClaimPages = 24 = "XENMEM_claim_pages",
        GetVnumainfo = 26 = "XENMEM_get_vnumainfo",
        ReservedDeviceMemoryMap = 27 = "XENMEM_reserved_device_memory_map",
        AcquireResource = 28 = "XENMEM_acquire_resource",
    }
}

header_enum! {
    /// An operation of `memory_op` that does not exist on Arm: it gives `-ENOSYS`.
    NotOnArm: u32 {
        MachphysMfnList = 5 = "XENMEM_machphys_mfn_list",
        MemoryMap = 9 = "XENMEM_memory_map",
        MachineMemoryMap = 10 = "XENMEM_machine_memory_map",
        MachphysMapping = 12 = "XENMEM_machphys_mapping",
        SetMemoryMap = 13 = "XENMEM_set_memory_map",
        SetPodTarget = 16 = "XENMEM_set_pod_target",
        GetPodTarget = 17 = "XENMEM_get_pod_target",
        PagingOp = 20 = "XENMEM_paging_op",
        SharingOp = 22 = "XENMEM_sharing_op",
        MachphysCompatMfnList = 25 = "XENMEM_machphys_compat_mfn_list",
    }
}

header_enum! {
    /// What a page is mapped from (`enum phys_map_space`).
    MapSpace: u32 {
        SharedInfo = 0 = "XENMAPSPACE_shared_info",
        GrantTable = 1 = "XENMAPSPACE_grant_table",
        Gmfn = 2 = "XENMAPSPACE_gmfn",
        GmfnRange = 3 = "XENMAPSPACE_gmfn_range",
        GmfnForeign = 4 = "XENMAPSPACE_gmfn_foreign",
        DevMmio = 5 = "XENMAPSPACE_dev_mmio",
    }
}

header_consts! {
    /// Bit of a [`MapSpace::GrantTable`] index: the status frames of a version 2 table
    GRANT_TABLE_STATUS: u64 = 0x8000_0000 => "XENMAPIDX_grant_table_status",
    /// Bit of the memory flags: populate when the guest first touches it (not on Arm)
    POPULATE_ON_DEMAND: u32 = 1 << 16 => "XENMEMF_populate_on_demand",
    /// Bit of the memory flags: allocate only from the given node
    EXACT_NODE_REQUEST: u32 = 1 << 17 => "XENMEMF_exact_node_request",
    /// Bit of the memory flags: the node is a virtual one
    VNODE: u32 = 1 << 18 => "XENMEMF_vnode",
    /// A resource: the pages of an I/O request server
    RESOURCE_IOREQ_SERVER: u16 = 0 => "XENMEM_resource_ioreq_server",
    /// A resource: the frames of a grant table
    RESOURCE_GRANT_TABLE: u16 = 1 => "XENMEM_resource_grant_table",
    /// A resource: a vCPU's trace buffer
    RESOURCE_VMTRACE_BUF: u16 = 2 => "XENMEM_resource_vmtrace_buf",
    /// Which of a grant table's frames: those of the entries
    GRANT_TABLE_ID_SHARED: u32 = 0 => "XENMEM_resource_grant_table_id_shared",
    /// Which of a grant table's frames: those of a version 2 table's status words
    GRANT_TABLE_ID_STATUS: u32 = 1 => "XENMEM_resource_grant_table_id_status",
    /// Which of an I/O request server's frames: the buffered requests
    IOREQ_FRAME_BUFIOREQ: u64 = 0 => "XENMEM_resource_ioreq_server_frame_bufioreq",
    /// Which of an I/O request server's frames: the first of the synchronous requests
    IOREQ_FRAME_IOREQ: u64 = 1 => "XENMEM_resource_ioreq_server_frame_ioreq(0)",
}

/// Returns how many address bits the flags of a reservation allow, 0 for any
/// (`XENMEMF_get_address_bits`).
pub const fn address_bits(mem_flags: u32) -> u32 {
    mem_flags & 0xff
}

/// Returns the node the flags of a reservation name, or `None` for any (`XENMEMF_get_node`).
pub const fn node(mem_flags: u32) -> Option<u8> {
    let [_, above, ..] = mem_flags.to_le_bytes();
    above.checked_sub(1)
}

guest_struct! {
    /// The argument of increase, decrease and populate, and of claiming.
    MemoryReservation = "struct xen_memory_reservation" {
        /// In or out: the extents' first frames, as `xen_pfn_t`.
        extent_start: GuestVa,
        /// In: extents.
        nr_extents: u64,
        /// In: log2 of an extent's frames.
        extent_order: u32,
        /// In: `XENMEMF_*`.
        mem_flags: u32,
        /// In: whose memory.
        domid: DomId,
        /// Padding.
        _pad: [u8; 6],
    }
}

guest_struct! {
    /// The argument of [`MemoryOp::Exchange`].
    MemoryExchange = "struct xen_memory_exchange" {
        /// In: what is given back.
        given: MemoryReservation = "in",
        /// In and out: what is populated instead.
        taken: MemoryReservation = "out",
        /// Out: extents that were exchanged; in: zero.
        nr_exchanged: u64,
    }
}

guest_struct! {
    /// The argument of the reservation queries.
    MemoryDomain = "struct xen_memory_domain" {
        /// In: whose memory.
        domid: DomId,
    }
}

guest_struct! {
    /// The argument of [`MemoryOp::AddToPhysmap`].
    AddToPhysmap = "struct xen_add_to_physmap" {
        /// In: whose map changes.
        domid: DomId,
        /// In: pages, for [`MapSpace::GmfnRange`].
        size: u16,
        /// In: a [`MapSpace`].
        space: u32,
        /// In: the page's index in the space.
        idx: u64,
        /// In: the guest frame where it shall appear.
        gpfn: u64,
    }
}

guest_struct! {
    /// The argument of [`MemoryOp::AddToPhysmapBatch`].
    AddToPhysmapBatch = "struct xen_add_to_physmap_batch" {
        /// In: whose map changes.
        domid: DomId,
        /// In: a [`MapSpace`].
        space: u16,
        /// In: pages.
        size: u16,
        /// In: the source domain for [`MapSpace::GmfnForeign`], else 0.
        foreign_domid: DomId = "u.foreign_domid",
        /// In: the pages' indices in the space, as `xen_ulong_t`.
        idxs: GuestVa,
        /// In: the guest frames where they shall appear, as `xen_pfn_t`.
        gpfns: GuestVa,
        /// Out: one error each, as `int`.
        errs: GuestVa,
    }
}

guest_struct! {
    /// The argument of [`MemoryOp::RemoveFromPhysmap`].
    RemoveFromPhysmap = "struct xen_remove_from_physmap" {
        /// In: whose map changes.
        domid: DomId,
        /// Padding.
        _pad: [u8; 6],
        /// In: the guest frame.
        gpfn: u64,
    }
}

guest_struct! {
    /// The argument of [`MemoryOp::AcquireResource`].
    AcquireResource = "struct xen_mem_acquire_resource" {
        /// In: whose resource.
        domid: DomId,
        /// In: `RESOURCE_*`.
        resource_type: u16 = "type",
        /// In: which of them.
        id: u32,
        /// In and out: frames.
        nr_frames: u32,
        /// Padding, zero.
        pad: u32,
        /// In: the first frame's index.
        frame: u64,
        /// In or out: the frames, as `xen_pfn_t`.
        frame_list: GuestVa,
    }
}

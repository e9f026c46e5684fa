//! A domain's memory: how much, from where, and which of the machine's.

use super::vcpu::XenctlBitmap;
use crate::codec::guest_struct;
use crate::constant::header_consts;
use types::GuestVa;

header_consts! {
    /// [`MemoryMapping::add_mapping`]: map
    ADD_MAPPING: u32 = 1 => "DPCI_ADD_MAPPING",
    /// [`MemoryMapping::add_mapping`]: unmap
    REMOVE_MAPPING: u32 = 0 => "DPCI_REMOVE_MAPPING",
}

guest_struct! {
    /// The structure of [`DomctlCmd::MaxMem`](super::DomctlCmd::MaxMem).
    MaxMem = "struct xen_domctl_max_mem" {
        /// In: the most memory the domain may have, in KiB.
        max_memkb: u64,
    }
}

guest_struct! {
    /// The structure of get_paging_mempool_size and set_paging_mempool_size.
    PagingMempool = "struct xen_domctl_paging_mempool" {
        /// In or out: bytes for the domain's page tables.
        size: u64,
    }
}

guest_struct! {
    /// The structure of [`DomctlCmd::Cacheflush`](super::DomctlCmd::Cacheflush).
    Cacheflush = "struct xen_domctl_cacheflush" {
        /// In: the first guest frame.
        start_pfn: u64,
        /// In: frames.
        nr_pfns: u64,
    }
}

guest_struct! {
    /// The structure of [`DomctlCmd::IomemPermission`](super::DomctlCmd::IomemPermission).
    IomemPermission = "struct xen_domctl_iomem_permission" {
        /// In: the machine's first frame.
        first_mfn: u64,
        /// In: frames.
        nr_mfns: u64,
        /// In: 0 to deny.
        allow_access: u8,
        /// Padding.
        _pad: [u8; 7],
    }
}

guest_struct! {
    /// The structure of [`DomctlCmd::MemoryMapping`](super::DomctlCmd::MemoryMapping).
    MemoryMapping = "struct xen_domctl_memory_mapping" {
        /// In: the first guest frame.
        first_gfn: u64,
        /// In: the machine's first frame.
        first_mfn: u64,
        /// In: frames.
        nr_mfns: u64,
        /// In: [`ADD_MAPPING`] or [`REMOVE_MAPPING`].
        add_mapping: u32,
        /// Padding.
        padding: u32,
    }
}

guest_struct! {
    /// The structure of setnodeaffinity and getnodeaffinity.
    Nodeaffinity = "struct xen_domctl_nodeaffinity" {
        /// In or out: the NUMA nodes its memory comes from.
        nodemap: XenctlBitmap,
    }
}

guest_struct! {
    /// The structure of [`DomctlCmd::Setvnumainfo`](super::DomctlCmd::Setvnumainfo).
    Vnuma = "struct xen_domctl_vnuma" {
        /// In: virtual nodes, at least one.
        nr_vnodes: u32,
        /// In: ranges of memory.
        nr_vmemranges: u32,
        /// In: the domain's vCPUs.
        nr_vcpus: u32,
        /// Padding, zero.
        pad: u32,
        /// In: the nodes' distances, `nr_vnodes` squared of `unsigned int`.
        vdistance: GuestVa,
        /// In: each vCPU's node, as `unsigned int`.
        vcpu_to_vnode: GuestVa,
        /// In: each node's physical one, as `unsigned int`.
        vnode_to_pnode: GuestVa,
        /// In: the ranges, as [`Vmemrange`](crate::memory::topology::Vmemrange).
        vmemrange: GuestVa,
    }
}

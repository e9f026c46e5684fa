//! Virtual NUMA nodes and the regions that devices reserve.

use crate::codec::guest_struct;
use crate::constant::header_consts;
use types::{DomId, GuestVa};

header_consts! {
    /// Flag of [`ReservedDeviceMemoryMap::flags`]: the regions of every device
    RDM_ALL: u32 = 1 => "XENMEM_RDM_ALL",
}

guest_struct! {
    /// A range of a virtual node's memory.
    Vmemrange = "struct xen_vmemrange" {
        /// The first address.
        start: u64,
        /// The first address after it.
        end: u64,
        /// Zero.
        flags: u32,
        /// The virtual node.
        nid: u32,
    }
}

guest_struct! {
    /// The argument of [`MemoryOp::GetVnumainfo`](super::MemoryOp::GetVnumainfo).
    VnumaTopologyInfo = "struct xen_vnuma_topology_info" {
        /// In: whose topology.
        domid: DomId,
        /// Padding, zero.
        pad: u16,
        /// In and out: nodes.
        nr_vnodes: u32,
        /// In and out: vCPUs.
        nr_vcpus: u32,
        /// In and out: ranges.
        nr_vmemranges: u32,
        /// Out: the nodes' distances, as `unsigned int`.
        vdistance: GuestVa,
        /// Out: each vCPU's node, as `unsigned int`.
        vcpu_to_vnode: GuestVa,
        /// Out: the ranges, as [`Vmemrange`].
        vmemrange: GuestVa,
    }
}

guest_struct! {
    /// A region that a device reserves.
    ReservedDeviceMemory = "struct xen_reserved_device_memory" {
        /// The first frame.
        start_pfn: u64,
        /// Frames.
        nr_pages: u64,
    }
}

guest_struct! {
    /// The argument of [`MemoryOp::ReservedDeviceMemoryMap`](super::MemoryOp::ReservedDeviceMemoryMap).
    ReservedDeviceMemoryMap = "struct xen_reserved_device_memory_map" {
        /// In: [`RDM_ALL`] or 0.
        flags: u32,
        /// In: elements there is space for; out: elements.
        nr_entries: u32,
        /// Out: the regions, as [`ReservedDeviceMemory`].
        buffer: GuestVa,
        /// In: the PCI device's segment.
        seg: u16 = "dev.pci.seg",
        /// In: its bus.
        bus: u8 = "dev.pci.bus",
        /// In: its device and function.
        devfn: u8 = "dev.pci.devfn",
        /// Padding.
        _pad: [u8; 4],
    }
}

//! CPUs, nodes and memory of the machine.

use crate::codec::guest_struct;
use crate::constant::header_consts;
use types::GuestVa;

header_consts! {
    /// Flag of [`Physinfo::capabilities`]: domains with machines of their own; always on Arm
    PHYSCAP_HVM: u32 = 1 << 0 => "XEN_SYSCTL_PHYSCAP_hvm",
    /// Flag: paravirtualized domains (not on Arm)
    PHYSCAP_PV: u32 = 1 << 1 => "XEN_SYSCTL_PHYSCAP_pv",
    /// Flag: devices can be assigned, by an I/O MMU
    PHYSCAP_DIRECTIO: u32 = 1 << 2 => "XEN_SYSCTL_PHYSCAP_directio",
    /// Flag: a second stage of translation by hardware; always on Arm
    PHYSCAP_HAP: u32 = 1 << 3 => "XEN_SYSCTL_PHYSCAP_hap",
    /// Flag: translation by software (not on Arm)
    PHYSCAP_SHADOW: u32 = 1 << 4 => "XEN_SYSCTL_PHYSCAP_shadow",
    /// Flag: the I/O MMU can use the second stage's tables
    PHYSCAP_IOMMU_HAP_PT_SHARE: u32 = 1 << 5 => "XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share",
    /// Flag: vCPUs can be traced
    PHYSCAP_VMTRACE: u32 = 1 << 6 => "XEN_SYSCTL_PHYSCAP_vmtrace",
    /// Flag: guests can have performance counters
    PHYSCAP_VPMU: u32 = 1 << 7 => "XEN_SYSCTL_PHYSCAP_vpmu",
    /// Flag: version 1 grant tables
    PHYSCAP_GNTTAB_V1: u32 = 1 << 8 => "XEN_SYSCTL_PHYSCAP_gnttab_v1",
    /// Flag: version 2 grant tables
    PHYSCAP_GNTTAB_V2: u32 = 1 << 9 => "XEN_SYSCTL_PHYSCAP_gnttab_v2",
    /// The highest flag there is
    PHYSCAP_MAX: u32 = PHYSCAP_GNTTAB_V2 => "XEN_SYSCTL_PHYSCAP_MAX",
    /// A core that is not known
    INVALID_CORE_ID: u32 = u32::MAX => "XEN_INVALID_CORE_ID",
    /// A socket that is not known
    INVALID_SOCKET_ID: u32 = u32::MAX => "XEN_INVALID_SOCKET_ID",
    /// A node that is not known
    INVALID_NODE_ID: u32 = u32::MAX => "XEN_INVALID_NODE_ID",
    /// The node of a device that is not known
    INVALID_DEV: u32 = u32::MAX - 1 => "XEN_INVALID_DEV",
    /// A size of memory that is not known, as the header has it
    INVALID_MEM_SZ: u32 = u32::MAX => "XEN_INVALID_MEM_SZ",
    /// A distance that is not known
    INVALID_NODE_DIST: u32 = u32::MAX => "XEN_INVALID_NODE_DIST",
}

guest_struct! {
    /// The structure of [`SysctlCmd::Physinfo`](super::SysctlCmd::Physinfo).
    Physinfo = "struct xen_sysctl_physinfo" {
        /// Out: threads of a core.
        threads_per_core: u32,
        /// Out: cores of a socket.
        cores_per_socket: u32,
        /// Out: CPUs that are online.
        nr_cpus: u32,
        /// Out: the highest CPU there could be.
        max_cpu_id: u32,
        /// Out: nodes that are online.
        nr_nodes: u32,
        /// Out: the highest node there could be.
        max_node_id: u32,
        /// Out: the frequency, in kHz.
        cpu_khz: u32,
        /// Out: `PHYSCAP_*`.
        capabilities: u32,
        /// Out: Arm's own capabilities, of which 4.17 has none.
        arch_capabilities: u32,
        /// Padding.
        pad: u32,
        /// Out: pages of RAM.
        total_pages: u64,
        /// Out: pages that are free.
        free_pages: u64,
        /// Out: pages to be cleared.
        scrub_pages: u64,
        /// Out: pages that are claimed.
        outstanding_pages: u64,
        /// Out: the highest frame there could be.
        max_mfn: u64,
        /// Out: what the CPUs can do, zero on Arm.
        hw_cap: [u32; 8],
    }
}

guest_struct! {
    /// The structure of [`SysctlCmd::Availheap`](super::SysctlCmd::Availheap).
    Availheap = "struct xen_sysctl_availheap" {
        /// In: the fewest address bits, 0 for any.
        min_bitwidth: u32,
        /// In: the most address bits, 0 for any.
        max_bitwidth: u32,
        /// In: the node, -1 for all.
        node: i32,
        /// Padding.
        _pad: [u8; 4],
        /// Out: bytes that are free there.
        avail_bytes: u64,
    }
}

guest_struct! {
    /// One CPU's element of [`Getcpuinfo`].
    Cpuinfo = "struct xen_sysctl_cpuinfo" {
        /// How long it was idle, in ns.
        idletime: u64,
    }
}

guest_struct! {
    /// The structure of [`SysctlCmd::Getcpuinfo`](super::SysctlCmd::Getcpuinfo).
    Getcpuinfo = "struct xen_sysctl_getcpuinfo" {
        /// In: elements there is space for.
        max_cpus: u32,
        /// Padding.
        _pad: [u8; 4],
        /// Out: the CPUs, as [`Cpuinfo`].
        info: GuestVa,
        /// Out: elements.
        nr_cpus: u32,
        /// Padding.
        _pad2: [u8; 4],
    }
}

guest_struct! {
    /// One CPU's element of [`Cputopoinfo`].
    Cputopo = "struct xen_sysctl_cputopo" {
        /// Its core, or [`INVALID_CORE_ID`].
        core: u32,
        /// Its socket, or [`INVALID_SOCKET_ID`].
        socket: u32,
        /// Its node, or [`INVALID_NODE_ID`].
        node: u32,
    }
}

guest_struct! {
    /// The structure of [`SysctlCmd::Cputopoinfo`](super::SysctlCmd::Cputopoinfo).
    Cputopoinfo = "struct xen_sysctl_cputopoinfo" {
        /// In: elements there is space for; out: elements.
        num_cpus: u32,
        /// Padding.
        _pad: [u8; 4],
        /// Out: the CPUs, as [`Cputopo`]; null asks for their number.
        cputopo: GuestVa,
    }
}

guest_struct! {
    /// One node's element of [`Numainfo`].
    Meminfo = "struct xen_sysctl_meminfo" {
        /// Bytes of its memory.
        memsize: u64,
        /// Bytes that are free.
        memfree: u64,
    }
}

guest_struct! {
    /// The structure of [`SysctlCmd::Numainfo`](super::SysctlCmd::Numainfo).
    Numainfo = "struct xen_sysctl_numainfo" {
        /// In: elements there is space for; out: elements.
        num_nodes: u32,
        /// Padding.
        _pad: [u8; 4],
        /// Out: the nodes, as [`Meminfo`]; with a null `distance`, null asks for their number.
        meminfo: GuestVa,
        /// Out: `num_nodes` squared distances, as `uint32_t`.
        distance: GuestVa,
    }
}

guest_struct! {
    /// The structure of [`SysctlCmd::Pcitopoinfo`](super::SysctlCmd::Pcitopoinfo).
    Pcitopoinfo = "struct xen_sysctl_pcitopoinfo" {
        /// In: elements; out: those that were processed.
        num_devs: u32,
        /// Padding.
        _pad: [u8; 4],
        /// In: the devices, as [`PciDevice`](crate::physdev::PciDevice).
        devs: GuestVa,
        /// Out: their nodes, as `uint32_t`.
        nodes: GuestVa,
    }
}

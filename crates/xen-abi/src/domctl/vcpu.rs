//! A domain's vCPUs: how many, where they may run, what they do.

use crate::codec::guest_struct;
use crate::constant::header_consts;
use types::GuestVa;

header_consts! {
    /// Flag of [`Vcpuaffinity::flags`]: the CPUs it may run on
    AFFINITY_HARD: u32 = 1 << 0 => "XEN_VCPUAFFINITY_HARD",
    /// Flag: the CPUs it prefers
    AFFINITY_SOFT: u32 = 1 << 1 => "XEN_VCPUAFFINITY_SOFT",
    /// Flag: undo a `SCHEDOP_pin_override`
    AFFINITY_FORCE: u32 = 1 << 2 => "XEN_VCPUAFFINITY_FORCE",
}

guest_struct! {
    /// A set of small numbers in the caller's memory (`xen/include/public/xen.h`).
    XenctlBitmap = "struct xenctl_bitmap" {
        /// The bytes; bit `n` of the set is bit `n % 8` of byte `n / 8`.
        bitmap: GuestVa,
        /// Bits.
        nr_bits: u32,
        /// Padding.
        _pad: [u8; 4],
    }
}

guest_struct! {
    /// The structure of [`DomctlCmd::MaxVcpus`](super::DomctlCmd::MaxVcpus).
    MaxVcpus = "struct xen_domctl_max_vcpus" {
        /// In: vCPUs, as many as the domain was created for.
        max: u32,
    }
}

guest_struct! {
    /// The structure of setvcpuaffinity and getvcpuaffinity.
    Vcpuaffinity = "struct xen_domctl_vcpuaffinity" {
        /// In: the vCPU.
        vcpu: u32,
        /// In: `AFFINITY_*`.
        flags: u32,
        /// In and out of setting, out of getting: the CPUs it may run on.
        cpumap_hard: XenctlBitmap,
        /// In and out of setting, out of getting: the CPUs it prefers.
        cpumap_soft: XenctlBitmap,
    }
}

guest_struct! {
    /// The structure of [`DomctlCmd::Getvcpuinfo`](super::DomctlCmd::Getvcpuinfo).
    Getvcpuinfo = "struct xen_domctl_getvcpuinfo" {
        /// In: the vCPU.
        vcpu: u32,
        /// Out: 1 if it is online.
        online: u8,
        /// Out: 1 if it waits for an event.
        blocked: u8,
        /// Out: 1 if it is on a CPU.
        running: u8,
        /// Padding.
        _pad: u8,
        /// Out: CPU time it used, in ns.
        cpu_time: u64,
        /// Out: the CPU it runs on or ran on last.
        cpu: u32,
        /// Padding.
        _pad2: [u8; 4],
    }
}

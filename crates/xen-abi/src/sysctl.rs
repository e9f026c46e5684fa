//! `sysctl`: the toolstack's questions about the machine.

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};

header_consts! {
    /// The version a caller must give, else `-EACCES`
    INTERFACE_VERSION: u32 = 0x15 => "XEN_SYSCTL_INTERFACE_VERSION",
}

header_enum! {
    /// An operation of `sysctl` that exists on Arm (`xen/include/public/sysctl.h`).
    SysctlCmd: u32 {
        Readconsole = 1 = "XEN_SYSCTL_readconsole",
        TbufOp = 2 = "XEN_SYSCTL_tbuf_op",
        Physinfo = 3 = "XEN_SYSCTL_physinfo",
        SchedId = 4 = "XEN_SYSCTL_sched_id",
        PerfcOp = 5 = "XEN_SYSCTL_perfc_op",
        Getdomaininfolist = 6 = "XEN_SYSCTL_getdomaininfolist",
        DebugKeys = 7 = "XEN_SYSCTL_debug_keys",
        Getcpuinfo = 8 = "XEN_SYSCTL_getcpuinfo",
        Availheap = 9 = "XEN_SYSCTL_availheap",
        LockprofOp = 15 = "XEN_SYSCTL_lockprof_op",
        Cputopoinfo = 16 = "XEN_SYSCTL_cputopoinfo",
        Numainfo = 17 = "XEN_SYSCTL_numainfo",
        CpupoolOp = 18 = "XEN_SYSCTL_cpupool_op",
        SchedulerOp = 19 = "XEN_SYSCTL_scheduler_op",
        CoverageOp = 20 = "XEN_SYSCTL_coverage_op",
        Pcitopoinfo = 22 = "XEN_SYSCTL_pcitopoinfo",
        LivepatchOp = 27 = "XEN_SYSCTL_livepatch_op",
    }
}

guest_struct! {
    /// The argument of `sysctl`.
    XenSysctl = "struct xen_sysctl" {
        /// In: a [`SysctlCmd`].
        cmd: u32,
        /// In: [`INTERFACE_VERSION`].
        interface_version: u32,
        /// In or out: the command's own structure.
        u: [u8; 128],
    }
}

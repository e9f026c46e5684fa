//! `sysctl`: the toolstack's questions about the machine.
//!
//! Every command has one argument, [`XenSysctl`], whose union `u` is decoded by
//! [`GuestStruct::decode_prefix`](crate::GuestStruct::decode_prefix) as the structure of its command.
//! [`INTERFACE_VERSION`] names the layout of all of them, that of 4.17; of the commands' structures only
//! [`machine::Physinfo`] differs in earlier releases.

pub mod control;
pub mod cpupool;
pub mod livepatch;
pub mod machine;
pub mod profile;
pub mod scheduler;

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

header_enum! {
    /// An operation of `sysctl` that does not exist on Arm: it gives `-ENOSYS`.
    NotOnArm: u32 {
        GetPmstat = 10 = "XEN_SYSCTL_get_pmstat",
        CpuHotplug = 11 = "XEN_SYSCTL_cpu_hotplug",
        PmOp = 12 = "XEN_SYSCTL_pm_op",
        PageOfflineOp = 14 = "XEN_SYSCTL_page_offline_op",
        PsrCmtOp = 21 = "XEN_SYSCTL_psr_cmt_op",
        PsrAlloc = 23 = "XEN_SYSCTL_psr_alloc",
        GetCpuLevellingCaps = 25 = "XEN_SYSCTL_get_cpu_levelling_caps",
        GetCpuFeatureset = 26 = "XEN_SYSCTL_get_cpu_featureset",
        GetCpuPolicy = 29 = "XEN_SYSCTL_get_cpu_policy",
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

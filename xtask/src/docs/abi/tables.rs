//! Which enum of `crates/xen-abi` lists the operations of what.

use super::numbers::Kind;

/// Hypercalls that have operations, and the enum that lists those.
pub const OPERATIONS: &[(&str, Kind)] = &[
    ("PlatformOp", Kind { file: "platform", name: "PlatformCmd" }),
    ("MemoryOp", Kind { file: "memory", name: "MemoryOp" }),
    ("XenVersion", Kind { file: "version", name: "VersionOp" }),
    ("ConsoleIo", Kind { file: "console", name: "ConsoleIoOp" }),
    ("GrantTableOp", Kind { file: "grant_table", name: "GnttabOp" }),
    ("VmAssist", Kind { file: "vm_assist", name: "VmAssistCmd" }),
    ("VcpuOp", Kind { file: "vcpu", name: "VcpuOp" }),
    ("SchedOp", Kind { file: "sched", name: "SchedOp" }),
    ("EventChannelOp", Kind { file: "event_channel", name: "EvtchnOp" }),
    ("PhysdevOp", Kind { file: "physdev", name: "PhysdevOp" }),
    ("HvmOp", Kind { file: "hvm", name: "HvmOp" }),
    ("Sysctl", Kind { file: "sysctl", name: "SysctlCmd" }),
    ("Domctl", Kind { file: "domctl", name: "DomctlCmd" }),
    ("XsmOp", Kind { file: "xsm", name: "FlaskOp" }),
    ("ArgoOp", Kind { file: "argo", name: "ArgoOp" }),
    ("DmOp", Kind { file: "dm", name: "DmOp" }),
    ("HypfsOp", Kind { file: "hypfs", name: "HypfsOp" }),
];

/// Operations that have operations of their own, and the field of the block that says which.
pub const NESTED: &[(&str, &str, Kind)] = &[
    ("XENMEM_add_to_physmap", "W(4, ", Kind { file: "memory", name: "MapSpace" }),
    ("XENMEM_access_op", "B(0, ", Kind { file: "memory/access", name: "AccessOp" }),
    ("HVMOP_set_param", "W(4, ", Kind { file: "hvm", name: "HvmParam" }),
    ("XEN_DOMCTL_scheduler_op", "W(20, ", Kind { file: "domctl/scheduler", name: "SchedulerCmd" }),
    ("XEN_DOMCTL_vm_event_op", "W(16, ", Kind { file: "domctl/monitor", name: "VmEventCmd" }),
    ("XEN_DOMCTL_monitor_op", "W(16, ", Kind { file: "domctl/monitor", name: "MonitorCmd" }),
    ("XEN_SYSCTL_tbuf_op", "W(8, ", Kind { file: "sysctl/profile", name: "TbufCmd" }),
    ("XEN_SYSCTL_perfc_op", "W(8, ", Kind { file: "sysctl/profile", name: "PerfcCmd" }),
    ("XEN_SYSCTL_lockprof_op", "W(8, ", Kind { file: "sysctl/profile", name: "LockprofCmd" }),
    ("XEN_SYSCTL_coverage_op", "W(8, ", Kind { file: "sysctl/profile", name: "CoverageCmd" }),
    ("XEN_SYSCTL_cpupool_op", "W(8, ", Kind { file: "sysctl/cpupool", name: "CpupoolCmd" }),
    ("XEN_SYSCTL_scheduler_op", "W(16, ", Kind { file: "sysctl/scheduler", name: "SchedulerCmd" }),
    ("XEN_SYSCTL_livepatch_op", "W(8, ", Kind { file: "sysctl/livepatch", name: "LivepatchCmd" }),
];

/// Operations that Xen has elsewhere, and what they get here.
pub const NOT_ON_ARM: &[(&str, &str, Kind)] = &[
    ("PlatformOp", "ENOSYS", Kind { file: "platform", name: "NotOnArm" }),
    ("MemoryOp", "ENOSYS", Kind { file: "memory", name: "NotOnArm" }),
    ("VcpuOp", "ENOSYS", Kind { file: "vcpu", name: "NotOnArm" }),
    ("HvmOp", "ENOSYS", Kind { file: "hvm", name: "OpNotOnArm" }),
    ("HvmOp", "EINVAL", Kind { file: "hvm", name: "NotOnArm" }),
    ("Sysctl", "ENOSYS", Kind { file: "sysctl", name: "NotOnArm" }),
    ("Domctl", "ENOSYS", Kind { file: "domctl", name: "NotOnArm" }),
];

/// What a table cannot tell: operations whose arm does not show how they end.
pub const NOTES: &[(&str, &str)] = &[
    ("XENMEM_increase_reservation", "does 0 extents: on Arm guests choose where a frame goes"),
    ("EVTCHNOP_bind_pirq", "ENOSYS: on Arm physical interrupts come by the interrupt controller"),
];

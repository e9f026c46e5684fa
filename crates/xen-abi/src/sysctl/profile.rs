//! What the hypervisor counts and traces of itself.

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};
use crate::domctl::vcpu::XenctlBitmap;
use types::GuestVa;

header_enum! {
    /// What [`TbufOp::cmd`] asks for.
    TbufCmd: u32 {
        GetInfo = 0 = "XEN_SYSCTL_TBUFOP_get_info",
        SetCpuMask = 1 = "XEN_SYSCTL_TBUFOP_set_cpu_mask",
        SetEvtMask = 2 = "XEN_SYSCTL_TBUFOP_set_evt_mask",
        SetSize = 3 = "XEN_SYSCTL_TBUFOP_set_size",
        Enable = 4 = "XEN_SYSCTL_TBUFOP_enable",
        Disable = 5 = "XEN_SYSCTL_TBUFOP_disable",
    }
}

header_enum! {
    /// What [`PerfcOp::cmd`] asks for.
    PerfcCmd: u32 {
        Reset = 1 = "XEN_SYSCTL_PERFCOP_reset",
        Query = 2 = "XEN_SYSCTL_PERFCOP_query",
    }
}

header_enum! {
    /// What [`LockprofOp::cmd`] asks for.
    LockprofCmd: u32 {
        Reset = 1 = "XEN_SYSCTL_LOCKPROF_reset",
        Query = 2 = "XEN_SYSCTL_LOCKPROF_query",
    }
}

header_enum! {
    /// What [`CoverageOp::cmd`] asks for.
    CoverageCmd: u32 {
        GetSize = 0 = "XEN_SYSCTL_COVERAGE_get_size",
        Read = 1 = "XEN_SYSCTL_COVERAGE_read",
        Reset = 2 = "XEN_SYSCTL_COVERAGE_reset",
    }
}

header_consts! {
    /// [`LockprofData::kind`]: a lock of the hypervisor
    LOCKPROF_TYPE_GLOBAL: i32 = 0 => "LOCKPROF_TYPE_GLOBAL",
    /// [`LockprofData::kind`]: a lock of a domain
    LOCKPROF_TYPE_PERDOM: i32 = 1 => "LOCKPROF_TYPE_PERDOM",
}

guest_struct! {
    /// The structure of [`SysctlCmd::TbufOp`](super::SysctlCmd::TbufOp).
    TbufOp = "struct xen_sysctl_tbuf_op" {
        /// In: a [`TbufCmd`].
        cmd: u32,
        /// Padding.
        _pad: [u8; 4],
        /// In: the CPUs to trace.
        cpu_mask: XenctlBitmap,
        /// In: the events to trace.
        evt_mask: u32,
        /// Padding.
        _pad2: [u8; 4],
        /// Out: the buffers' first frame.
        buffer_mfn: u64,
        /// In or out: bytes of a buffer.
        size: u32,
        /// Padding.
        _pad3: [u8; 4],
    }
}

guest_struct! {
    /// A counter's name.
    PerfcDesc = "struct xen_sysctl_perfc_desc" {
        /// The name, zero-terminated.
        name: [u8; 80],
        /// Its values.
        nr_vals: u32,
    }
}

guest_struct! {
    /// The structure of [`SysctlCmd::PerfcOp`](super::SysctlCmd::PerfcOp).
    PerfcOp = "struct xen_sysctl_perfc_op" {
        /// In: a [`PerfcCmd`].
        cmd: u32,
        /// Out: counters.
        nr_counters: u32,
        /// Out: values.
        nr_vals: u32,
        /// Padding.
        _pad: [u8; 4],
        /// Out: the counters, as [`PerfcDesc`], or null.
        desc: GuestVa,
        /// Out: their values, as `uint32_t`, or null.
        val: GuestVa,
    }
}

guest_struct! {
    /// What is known of a lock.
    LockprofData = "struct xen_sysctl_lockprof_data" {
        /// The name, zero-terminated.
        name: [u8; 40],
        /// `LOCKPROF_TYPE_*`.
        kind: i32 = "type",
        /// Whose lock.
        idx: i32,
        /// Times it was taken.
        lock_cnt: u64,
        /// Times it was waited for.
        block_cnt: u64,
        /// How long it was held, in ns.
        lock_time: u64,
        /// How long it was waited for, in ns.
        block_time: u64,
    }
}

guest_struct! {
    /// The structure of [`SysctlCmd::LockprofOp`](super::SysctlCmd::LockprofOp).
    LockprofOp = "struct xen_sysctl_lockprof_op" {
        /// In: a [`LockprofCmd`].
        cmd: u32,
        /// In: elements there is space for.
        max_elem: u32,
        /// Out: elements.
        nr_elem: u32,
        /// Padding.
        _pad: [u8; 4],
        /// Out: since when, in ns.
        time: u64,
        /// Out: the locks, as [`LockprofData`], or null.
        data: GuestVa,
    }
}

guest_struct! {
    /// The structure of [`SysctlCmd::CoverageOp`](super::SysctlCmd::CoverageOp).
    CoverageOp = "struct xen_sysctl_coverage_op" {
        /// In: a [`CoverageCmd`].
        cmd: u32,
        /// In and out: bytes.
        size: u32,
        /// Out: the data.
        buffer: GuestVa,
    }
}

//! The schedulers' parameters for all domains.

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};
use types::GuestVa;

header_enum! {
    /// What [`SchedulerOp::cmd`] asks for.
    SchedulerCmd: u32 {
        Putinfo = 0 = "XEN_SYSCTL_SCHEDOP_putinfo",
        Getinfo = 1 = "XEN_SYSCTL_SCHEDOP_getinfo",
    }
}

header_consts! {
    /// The longest time before which a vCPU is not preempted, in us
    RATELIMIT_MAX: u32 = 500_000 => "XEN_SYSCTL_SCHED_RATELIMIT_MAX",
    /// The shortest such time that is not 0, in us
    RATELIMIT_MIN: u32 = 100 => "XEN_SYSCTL_SCHED_RATELIMIT_MIN",
    /// The longest time slice of the credit scheduler, in ms
    CREDIT_TSLICE_MAX: u32 = 1000 => "XEN_SYSCTL_CSCHED_TSLICE_MAX",
    /// The shortest time slice of the credit scheduler, in ms
    CREDIT_TSLICE_MIN: u32 = 1 => "XEN_SYSCTL_CSCHED_TSLICE_MIN",
    /// The longest time for which a vCPU's cache is thought hot, in us
    CREDIT_MIGRATION_DELAY_MAX: u32 = 100_000 => "XEN_SYSCTL_CSCHED_MGR_DLY_MAX_US",
    /// Entries of a schedule of ARINC 653
    ARINC653_MAX_DOMAINS: u32 = 64 => "ARINC653_MAX_DOMAINS_PER_SCHEDULE",
}

guest_struct! {
    /// The structure of [`SysctlCmd::SchedId`](super::SysctlCmd::SchedId).
    SchedId = "struct xen_sysctl_sched_id" {
        /// Out: a [`SchedulerId`](crate::domctl::scheduler::SchedulerId).
        sched_id: u32,
    }
}

guest_struct! {
    /// The structure of [`SysctlCmd::SchedulerOp`](super::SysctlCmd::SchedulerOp).
    SchedulerOp = "struct xen_sysctl_scheduler_op" {
        /// In: the CPU pool.
        cpupool_id: u32,
        /// In: a [`SchedulerId`](crate::domctl::scheduler::SchedulerId).
        sched_id: u32,
        /// In: a [`SchedulerCmd`].
        cmd: u32,
        /// Padding.
        _pad: [u8; 4],
        /// In or out: the scheduler's parameters.
        u: [u8; 16],
    }
}

guest_struct! {
    /// The credit scheduler's parameters.
    CreditSchedule = "struct xen_sysctl_credit_schedule" {
        /// The time slice, in ms.
        tslice_ms: u32,
        /// The time before which a vCPU is not preempted, in us.
        ratelimit_us: u32,
        /// The time for which a vCPU's cache is thought hot, in us.
        vcpu_migr_delay_us: u32,
    }
}

guest_struct! {
    /// The second credit scheduler's parameters.
    Credit2Schedule = "struct xen_sysctl_credit2_schedule" {
        /// The time before which a vCPU is not preempted, in us.
        ratelimit_us: u32,
    }
}

guest_struct! {
    /// The ARINC 653 scheduler's parameters.
    Arinc653 = "struct xen_sysctl_sched_arinc653" {
        /// The schedule, as [`Arinc653Schedule`].
        schedule: GuestVa,
    }
}

guest_struct! {
    /// One entry of a schedule of ARINC 653.
    Arinc653Entry = "__typeof__(((struct xen_sysctl_arinc653_schedule *)0)->sched_entries[0])" {
        /// The domain's UUID.
        dom_handle: [u8; 16],
        /// The vCPU.
        vcpu_id: u32,
        /// Padding.
        _pad: [u8; 4],
        /// What it gets of each frame, in ns.
        runtime: u64,
    }
}

guest_struct! {
    /// A schedule of ARINC 653.
    Arinc653Schedule = "struct xen_sysctl_arinc653_schedule" {
        /// The frame, in ns.
        major_frame: u64,
        /// Entries that are used.
        num_sched_entries: u8,
        /// Padding.
        _pad: [u8; 7],
        /// The entries.
        sched_entries: [Arinc653Entry; 64],
    }
}

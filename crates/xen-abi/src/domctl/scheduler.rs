//! A domain's share of the CPUs.

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};
use types::GuestVa;

header_enum! {
    /// A scheduler (`xen/include/public/domctl.h`).
    SchedulerId: u32 {
        Credit = 5 = "XEN_SCHEDULER_CREDIT",
        Credit2 = 6 = "XEN_SCHEDULER_CREDIT2",
        Arinc653 = 7 = "XEN_SCHEDULER_ARINC653",
        Rtds = 8 = "XEN_SCHEDULER_RTDS",
        Null = 9 = "XEN_SCHEDULER_NULL",
    }
}

header_enum! {
    /// What [`SchedulerOp::cmd`] asks for.
    SchedulerCmd: u32 {
        Putinfo = 0 = "XEN_DOMCTL_SCHEDOP_putinfo",
        Getinfo = 1 = "XEN_DOMCTL_SCHEDOP_getinfo",
        Putvcpuinfo = 2 = "XEN_DOMCTL_SCHEDOP_putvcpuinfo",
        Getvcpuinfo = 3 = "XEN_DOMCTL_SCHEDOP_getvcpuinfo",
    }
}

header_consts! {
    /// Flag of [`SchedRtds::flags`]: the vCPU may run beyond its budget
    RTDS_EXTRA: u32 = 1 << 0 => "XEN_DOMCTL_SCHEDRT_extra",
}

guest_struct! {
    /// The structure of [`DomctlCmd::SchedulerOp`](super::DomctlCmd::SchedulerOp).
    SchedulerOp = "struct xen_domctl_scheduler_op" {
        /// In: a [`SchedulerId`].
        sched_id: u32,
        /// In: a [`SchedulerCmd`].
        cmd: u32,
        /// In or out: the scheduler's parameters of the domain, or [`SchedVcpus`].
        u: [u8; 16],
    }
}

guest_struct! {
    /// A domain's parameters under [`SchedulerId::Credit`].
    SchedCredit = "struct xen_domctl_sched_credit" {
        /// Its share relative to others'.
        weight: u16,
        /// The most it gets, in percent of one CPU; 0 for no limit.
        cap: u16,
    }
}

guest_struct! {
    /// A domain's parameters under [`SchedulerId::Credit2`].
    SchedCredit2 = "struct xen_domctl_sched_credit2" {
        /// Its share relative to others'.
        weight: u16,
        /// The most it gets, in percent of one CPU; 0 for no limit.
        cap: u16,
    }
}

guest_struct! {
    /// A vCPU's parameters under [`SchedulerId::Rtds`].
    SchedRtds = "struct xen_domctl_sched_rtds" {
        /// The period, in us.
        period: u32,
        /// What it gets in each, in us.
        budget: u32,
        /// [`RTDS_EXTRA`] or 0.
        flags: u32,
    }
}

guest_struct! {
    /// The vCPUs of getvcpuinfo and putvcpuinfo.
    SchedVcpus = "__typeof__(((struct xen_domctl_scheduler_op *)0)->u.v)" {
        /// In or out: the parameters, as [`SchedparamVcpu`].
        vcpus: GuestVa,
        /// In: elements; out: those that were processed.
        nr_vcpus: u32,
        /// Padding.
        padding: u32,
    }
}

guest_struct! {
    /// One vCPU's parameters.
    SchedparamVcpu = "struct xen_domctl_schedparam_vcpu" {
        /// The scheduler's structure.
        u: [u8; 12],
        /// The vCPU.
        vcpuid: u32,
    }
}

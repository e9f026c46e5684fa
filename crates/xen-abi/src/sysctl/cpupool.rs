//! Sets of CPUs that are scheduled apart.

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};
use crate::domctl::vcpu::XenctlBitmap;

header_enum! {
    /// What [`CpupoolOp::op`] asks for.
    CpupoolCmd: u32 {
        Create = 1 = "XEN_SYSCTL_CPUPOOL_OP_CREATE",
        Destroy = 2 = "XEN_SYSCTL_CPUPOOL_OP_DESTROY",
        /// Also of the next pool, if there is none of that number.
        Info = 3 = "XEN_SYSCTL_CPUPOOL_OP_INFO",
        Addcpu = 4 = "XEN_SYSCTL_CPUPOOL_OP_ADDCPU",
        Rmcpu = 5 = "XEN_SYSCTL_CPUPOOL_OP_RMCPU",
        Movedomain = 6 = "XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN",
        /// CPUs of no pool.
        Freeinfo = 7 = "XEN_SYSCTL_CPUPOOL_OP_FREEINFO",
    }
}

header_consts! {
    /// Any pool, or any CPU
    CPUPOOL_PAR_ANY: u32 = 0xffff_ffff => "XEN_SYSCTL_CPUPOOL_PAR_ANY",
}

guest_struct! {
    /// The structure of [`SysctlCmd::CpupoolOp`](super::SysctlCmd::CpupoolOp).
    CpupoolOp = "struct xen_sysctl_cpupool_op" {
        /// In: a [`CpupoolCmd`].
        op: u32,
        /// In, except of freeinfo: the pool; out of create and info.
        cpupool_id: u32,
        /// In of create, out of info: a [`SchedulerId`](crate::domctl::scheduler::SchedulerId).
        sched_id: u32,
        /// In of movedomain: the domain.
        domid: u32,
        /// In of addcpu and rmcpu: the CPU.
        cpu: u32,
        /// Out of info: domains of the pool.
        n_dom: u32,
        /// Out of info and freeinfo: the CPUs.
        cpumap: XenctlBitmap,
    }
}

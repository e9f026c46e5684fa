//! `vcpu_op`: a vCPU's areas in guest memory.

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};

header_enum! {
    /// An operation of `vcpu_op` that exists on Arm (`xen/include/public/vcpu.h`).
    VcpuOp: u32 {
        RegisterRunstateMemoryArea = 5 = "VCPUOP_register_runstate_memory_area",
        RegisterVcpuInfo = 10 = "VCPUOP_register_vcpu_info",
    }
}

header_enum! {
    /// An operation of `vcpu_op` that does not exist on Arm, where PSCI starts vCPUs and timers are the
    /// architecture's: it gives `-ENOSYS`.
    NotOnArm: u32 {
        Initialise = 0 = "VCPUOP_initialise",
        Up = 1 = "VCPUOP_up",
        Down = 2 = "VCPUOP_down",
        IsUp = 3 = "VCPUOP_is_up",
        GetRunstateInfo = 4 = "VCPUOP_get_runstate_info",
        SetPeriodicTimer = 6 = "VCPUOP_set_periodic_timer",
        StopPeriodicTimer = 7 = "VCPUOP_stop_periodic_timer",
        SetSingleshotTimer = 8 = "VCPUOP_set_singleshot_timer",
        StopSingleshotTimer = 9 = "VCPUOP_stop_singleshot_timer",
        SendNmi = 11 = "VCPUOP_send_nmi",
        GetPhysid = 12 = "VCPUOP_get_physid",
        RegisterVcpuTimeMemoryArea = 13 = "VCPUOP_register_vcpu_time_memory_area",
    }
}

header_enum! {
    /// What a vCPU is doing, as [`RunstateInfo::state`] says it.
    Runstate: u32 {
        Running = 0 = "RUNSTATE_running",
        Runnable = 1 = "RUNSTATE_runnable",
        Blocked = 2 = "RUNSTATE_blocked",
        Offline = 3 = "RUNSTATE_offline",
    }
}

header_consts! {
    /// Bit of [`RunstateInfo::state_entry_time`]: the area is being written
    RUNSTATE_UPDATE: u64 = 1 << 63 => "XEN_RUNSTATE_UPDATE",
}

guest_struct! {
    /// A vCPU's run state; the registered area in guest memory has this layout.
    RunstateInfo = "struct vcpu_runstate_info" {
        /// A [`Runstate`].
        state: u32,
        /// Padding.
        _pad: [u8; 4],
        /// When it was entered, in ns of system time.
        state_entry_time: u64,
        /// The time spent in each state, in ns.
        time: [u64; 4],
    }
}

guest_struct! {
    /// The argument of [`VcpuOp::RegisterRunstateMemoryArea`].
    RegisterRunstateMemoryArea = "struct vcpu_register_runstate_memory_area" {
        /// In: the area's address in the caller's address space.
        addr: u64 = "addr.p",
    }
}

guest_struct! {
    /// The argument of [`VcpuOp::RegisterVcpuInfo`].
    RegisterVcpuInfo = "struct vcpu_register_vcpu_info" {
        /// In: the guest frame.
        gfn: u64 = "mfn",
        /// In: the offset in it, in bytes.
        offset: u32,
        /// Unused.
        rsvd: u32,
    }
}

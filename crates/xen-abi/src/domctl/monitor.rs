//! A domain watched by another.

use crate::codec::guest_struct;
use crate::constant::header_enum;

header_enum! {
    /// What [`VmEventOp::op`] asks for.
    VmEventCmd: u32 {
        Enable = 0 = "XEN_VM_EVENT_ENABLE",
        Disable = 1 = "XEN_VM_EVENT_DISABLE",
        Resume = 2 = "XEN_VM_EVENT_RESUME",
        GetVersion = 3 = "XEN_VM_EVENT_GET_VERSION",
    }
}

header_enum! {
    /// A ring of events.
    VmEventRing: u32 {
        Paging = 1 = "XEN_DOMCTL_VM_EVENT_OP_PAGING",
        Monitor = 2 = "XEN_DOMCTL_VM_EVENT_OP_MONITOR",
        Sharing = 3 = "XEN_DOMCTL_VM_EVENT_OP_SHARING",
    }
}

header_enum! {
    /// What [`MonitorOp::op`] asks for.
    MonitorCmd: u32 {
        Enable = 0 = "XEN_DOMCTL_MONITOR_OP_ENABLE",
        Disable = 1 = "XEN_DOMCTL_MONITOR_OP_DISABLE",
        GetCapabilities = 2 = "XEN_DOMCTL_MONITOR_OP_GET_CAPABILITIES",
        EmulateEachRep = 3 = "XEN_DOMCTL_MONITOR_OP_EMULATE_EACH_REP",
        ControlRegisters = 4 = "XEN_DOMCTL_MONITOR_OP_CONTROL_REGISTERS",
    }
}

header_enum! {
    /// An event that can be watched and occurs on Arm.
    MonitorEvent: u32 {
        GuestRequest = 4 = "XEN_DOMCTL_MONITOR_EVENT_GUEST_REQUEST",
        PrivilegedCall = 7 = "XEN_DOMCTL_MONITOR_EVENT_PRIVILEGED_CALL",
    }
}

guest_struct! {
    /// The structure of [`DomctlCmd::VmEventOp`](super::DomctlCmd::VmEventOp).
    VmEventOp = "struct xen_domctl_vm_event_op" {
        /// In: a [`VmEventCmd`].
        op: u32,
        /// In: a [`VmEventRing`].
        mode: u32,
        /// Out: the ring's event channel of enabling, or the interface's version.
        port: u32 = "u.enable.port",
    }
}

guest_struct! {
    /// The structure of [`DomctlCmd::MonitorOp`](super::DomctlCmd::MonitorOp).
    MonitorOp = "struct xen_domctl_monitor_op" {
        /// In: a [`MonitorCmd`].
        op: u32,
        /// In: a [`MonitorEvent`]; out: a bit for each that there is.
        event: u32,
        /// In: the event's options.
        u: [u8; 16],
    }
}

guest_struct! {
    /// The options of [`MonitorEvent::GuestRequest`].
    MonitorGuestRequest = "__typeof__(((struct xen_domctl_monitor_op *)0)->u.guest_request)" {
        /// In: 1 to pause the vCPU until the answer.
        sync: u8,
        /// In: 1 to let user space request.
        allow_userspace: u8,
    }
}

guest_struct! {
    /// The structure of [`DomctlCmd::SetAccessRequired`](super::DomctlCmd::SetAccessRequired).
    SetAccessRequired = "struct xen_domctl_set_access_required" {
        /// In: 0 to lift restrictions when nobody listens.
        access_required: u8,
    }
}

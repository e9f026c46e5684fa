//! `event_channel_op`: event channels, 2-level and FIFO.

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};
use types::{DomId, Port};

header_enum! {
    /// An operation of `event_channel_op` (`xen/include/public/event_channel.h`).
    EvtchnOp: u32 {
        BindInterdomain = 0 = "EVTCHNOP_bind_interdomain",
        BindVirq = 1 = "EVTCHNOP_bind_virq",
        BindPirq = 2 = "EVTCHNOP_bind_pirq",
        Close = 3 = "EVTCHNOP_close",
        Send = 4 = "EVTCHNOP_send",
        Status = 5 = "EVTCHNOP_status",
        AllocUnbound = 6 = "EVTCHNOP_alloc_unbound",
        BindIpi = 7 = "EVTCHNOP_bind_ipi",
        BindVcpu = 8 = "EVTCHNOP_bind_vcpu",
        Unmask = 9 = "EVTCHNOP_unmask",
        Reset = 10 = "EVTCHNOP_reset",
        InitControl = 11 = "EVTCHNOP_init_control",
        ExpandArray = 12 = "EVTCHNOP_expand_array",
        SetPriority = 13 = "EVTCHNOP_set_priority",
    }
}

header_enum! {
    /// What a port is bound to, as [`EvtchnStatus::status`] says it.
    ChannelStatus: u32 {
        Closed = 0 = "EVTCHNSTAT_closed",
        Unbound = 1 = "EVTCHNSTAT_unbound",
        Interdomain = 2 = "EVTCHNSTAT_interdomain",
        Pirq = 3 = "EVTCHNSTAT_pirq",
        Virq = 4 = "EVTCHNSTAT_virq",
        Ipi = 5 = "EVTCHNSTAT_ipi",
    }
}

header_consts! {
    /// Ports of the 2-level ABI, whose words are 64 bits for every Arm guest
    EVTCHN_2L_NR_CHANNELS: u32 = 4096 => "EVTCHN_2L_NR_CHANNELS",
    /// Ports of the FIFO ABI
    EVTCHN_FIFO_NR_CHANNELS: u32 = 1 << 17 => "EVTCHN_FIFO_NR_CHANNELS",
    /// The highest priority of an event
    EVTCHN_FIFO_PRIORITY_MAX: u8 = 0 => "EVTCHN_FIFO_PRIORITY_MAX",
    /// The priority of a port for which none was set
    EVTCHN_FIFO_PRIORITY_DEFAULT: u8 = 7 => "EVTCHN_FIFO_PRIORITY_DEFAULT",
    /// The lowest priority of an event
    EVTCHN_FIFO_PRIORITY_MIN: u8 = 15 => "EVTCHN_FIFO_PRIORITY_MIN",
    /// Queues of a vCPU
    EVTCHN_FIFO_MAX_QUEUES: u32 = 16 => "EVTCHN_FIFO_MAX_QUEUES",
    /// Bit of an event word: the event is pending
    EVTCHN_FIFO_PENDING: u32 = 31 => "EVTCHN_FIFO_PENDING",
    /// Bit of an event word: the event is masked
    EVTCHN_FIFO_MASKED: u32 = 30 => "EVTCHN_FIFO_MASKED",
    /// Bit of an event word: the event is in a queue
    EVTCHN_FIFO_LINKED: u32 = 29 => "EVTCHN_FIFO_LINKED",
    /// Bit of an event word: its link is about to be written
    EVTCHN_FIFO_BUSY: u32 = 28 => "EVTCHN_FIFO_BUSY",
    /// Bits of an event word that hold the next port of the queue
    EVTCHN_FIFO_LINK_BITS: u8 = 17 => "EVTCHN_FIFO_LINK_BITS",
    /// Mask of those bits
    EVTCHN_FIFO_LINK_MASK: u32 = (1 << 17) - 1 => "EVTCHN_FIFO_LINK_MASK",
}

guest_struct! {
    /// The argument of [`EvtchnOp::AllocUnbound`].
    EvtchnAllocUnbound = "struct evtchn_alloc_unbound" {
        /// In: whose port it is to be.
        dom: DomId,
        /// In: who may bind to it.
        remote_dom: DomId,
        /// Out: the port.
        port: Port,
    }
}

guest_struct! {
    /// The argument of [`EvtchnOp::BindInterdomain`].
    EvtchnBindInterdomain = "struct evtchn_bind_interdomain" {
        /// In: the other domain.
        remote_dom: DomId,
        /// Padding.
        _pad: [u8; 2],
        /// In: its unbound port.
        remote_port: Port,
        /// Out: the caller's port.
        local_port: Port,
    }
}

guest_struct! {
    /// The argument of [`EvtchnOp::BindVirq`].
    EvtchnBindVirq = "struct evtchn_bind_virq" {
        /// In: the virtual interrupt.
        virq: u32,
        /// In: the vCPU, 0 for a global one.
        vcpu: u32,
        /// Out: the port.
        port: Port,
    }
}

guest_struct! {
    /// The argument of [`EvtchnOp::BindPirq`].
    EvtchnBindPirq = "struct evtchn_bind_pirq" {
        /// In: the physical interrupt.
        pirq: u32,
        /// In: `BIND_PIRQ__WILL_SHARE` or 0.
        flags: u32,
        /// Out: the port.
        port: Port,
    }
}

guest_struct! {
    /// The argument of [`EvtchnOp::BindIpi`].
    EvtchnBindIpi = "struct evtchn_bind_ipi" {
        /// In: the vCPU that is to be notified.
        vcpu: u32,
        /// Out: the port.
        port: Port,
    }
}

guest_struct! {
    /// The argument of [`EvtchnOp::Close`].
    EvtchnClose = "struct evtchn_close" {
        /// In: the port.
        port: Port,
    }
}

guest_struct! {
    /// The argument of [`EvtchnOp::Send`].
    EvtchnSend = "struct evtchn_send" {
        /// In: the caller's port, whose other end gets the event.
        port: Port,
    }
}

guest_struct! {
    /// The argument of [`EvtchnOp::Status`].
    EvtchnStatus = "struct evtchn_status" {
        /// In: the domain.
        dom: DomId,
        /// Padding.
        _pad: [u8; 2],
        /// In: its port.
        port: Port,
        /// Out: a [`ChannelStatus`].
        status: u32,
        /// Out: the vCPU that is notified.
        vcpu: u32,
        /// Out: the remote domain of an unbound or interdomain port, or the PIRQ or VIRQ number.
        source: u32 = "u.pirq",
        /// Out: the remote port of an interdomain port.
        remote_port: Port = "u.interdomain.port",
    }
}

guest_struct! {
    /// The argument of [`EvtchnOp::BindVcpu`].
    EvtchnBindVcpu = "struct evtchn_bind_vcpu" {
        /// In: the port.
        port: Port,
        /// In: the vCPU that is to be notified.
        vcpu: u32,
    }
}

guest_struct! {
    /// The argument of [`EvtchnOp::Unmask`].
    EvtchnUnmask = "struct evtchn_unmask" {
        /// In: the port.
        port: Port,
    }
}

guest_struct! {
    /// The argument of [`EvtchnOp::Reset`].
    EvtchnReset = "struct evtchn_reset" {
        /// In: the domain all whose ports are closed.
        dom: DomId,
    }
}

guest_struct! {
    /// The argument of [`EvtchnOp::InitControl`].
    EvtchnInitControl = "struct evtchn_init_control" {
        /// In: the frame with the control block.
        control_gfn: u64,
        /// In: its offset in the frame, in bytes.
        offset: u32,
        /// In: the vCPU whose block it is.
        vcpu: u32,
        /// Out: [`EVTCHN_FIFO_LINK_BITS`].
        link_bits: u8,
        /// Padding.
        _pad: [u8; 7],
    }
}

guest_struct! {
    /// The argument of [`EvtchnOp::ExpandArray`].
    EvtchnExpandArray = "struct evtchn_expand_array" {
        /// In: the frame that becomes the event array's next page.
        array_gfn: u64,
    }
}

guest_struct! {
    /// The argument of [`EvtchnOp::SetPriority`].
    EvtchnSetPriority = "struct evtchn_set_priority" {
        /// In: the port.
        port: Port,
        /// In: its priority, 0 (highest) to 15.
        priority: u32,
    }
}

guest_struct! {
    /// A vCPU's control block of the FIFO ABI; it lives in guest memory.
    FifoControlBlock = "struct evtchn_fifo_control_block" {
        /// One bit per queue that is not empty.
        ready: u32,
        /// Reserved.
        _rsvd: u32,
        /// The first port of each queue, 0 if it is empty.
        head: [u32; 16],
    }
}

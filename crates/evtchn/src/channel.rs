//! One port.

use types::{DomId, Port, VcpuId};
use xen_abi::event_channel::EVTCHN_FIFO_PRIORITY_DEFAULT;
use xen_abi::virq::Virq;

/// A port of a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The domain.
    pub dom: DomId,
    /// Its port.
    pub port: Port,
}

/// What a port is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Nothing: the port is free.
    Closed,
    /// It waits for `remote` to bind to it.
    Unbound {
        /// The domain that may.
        remote: DomId,
    },
    /// It is one end of a connection.
    Interdomain(Peer),
    /// It delivers a virtual interrupt.
    Virq(Virq),
    /// It delivers what is sent to it.
    Ipi,
    /// The hypervisor holds it and waits for `remote` to bind to it.
    HeldUnbound {
        /// The domain that may.
        remote: DomId,
    },
    /// The hypervisor holds it, as one end of a connection.
    Held(Peer),
}

/// A queue of the FIFO ABI: one of a vCPU's sixteen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Queue {
    pub(crate) vcpu: VcpuId,
    pub(crate) priority: u8,
}

impl Binding {
    /// Tells whether the hypervisor holds the port.
    pub const fn is_held(self) -> bool {
        matches!(self, Self::HeldUnbound { .. } | Self::Held(_))
    }
}

/// A port's state; 256 of them take a page.
#[derive(Clone, Copy, Debug)]
pub struct Channel {
    pub(crate) binding: Binding,
    pub(crate) queue: Queue,
    /// The queue it was linked into last.
    pub(crate) last_queue: Queue,
    /// FIFO: an event came before the array had a word for the port.
    pub(crate) deferred: bool,
}

/// The queue of a port for which nothing was chosen.
const DEFAULT_QUEUE: Queue = Queue { vcpu: VcpuId::new(0), priority: EVTCHN_FIFO_PRIORITY_DEFAULT };

impl Channel {
    /// A port that nothing is bound to.
    pub(crate) const CLOSED: Self =
        Self { binding: Binding::Closed, queue: DEFAULT_QUEUE, last_queue: DEFAULT_QUEUE, deferred: false };

    /// Returns what the port is bound to.
    pub const fn binding(&self) -> Binding {
        self.binding
    }

    /// Returns the vCPU it notifies.
    pub const fn vcpu(&self) -> VcpuId {
        self.queue.vcpu
    }

    /// Returns its priority in the FIFO ABI, 0 (highest) to 15.
    pub const fn priority(&self) -> u8 {
        self.queue.priority
    }

    /// Tells whether the port is free.
    pub(crate) const fn is_closed(&self) -> bool {
        matches!(self.binding, Binding::Closed)
    }
}

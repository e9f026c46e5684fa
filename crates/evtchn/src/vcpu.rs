//! What event channels keep for one vCPU.

use crate::error::Error;
use crate::words::Place;
use types::Port;
use xen_abi::event_channel::EVTCHN_FIFO_MAX_QUEUES;
use xen_abi::virq::{NR_VIRQS, Virq};

/// No port: a virtual interrupt that is not bound, a queue that was never used.
const NONE: Port = Port::new(0);

/// One vCPU.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VcpuEvents {
    /// Where its `vcpu_info` is, once it has one.
    pub(crate) info: Option<Place>,
    /// Whether its guest chose that place.
    pub(crate) registered: bool,
    /// Where its FIFO control block is, once it has one.
    pub(crate) control: Option<Place>,
    /// The port that was linked last into each queue.
    tails: [Port; EVTCHN_FIFO_MAX_QUEUES as usize],
    /// The ports of virtual interrupts.
    virqs: [Port; NR_VIRQS as usize],
}

impl VcpuEvents {
    pub(crate) const NEW: Self = Self {
        info: None,
        registered: false,
        control: None,
        tails: [NONE; EVTCHN_FIFO_MAX_QUEUES as usize],
        virqs: [NONE; NR_VIRQS as usize],
    };

    /// Returns the port of a virtual interrupt.
    pub(crate) fn virq(&self, virq: Virq) -> Option<Port> {
        self.virqs.get(virq.raw() as usize).copied().filter(|port| *port != NONE)
    }

    /// Binds a virtual interrupt.
    pub(crate) fn set_virq(&mut self, virq: Virq, port: Port) -> Result<(), Error> {
        *self.virqs.get_mut(virq.raw() as usize).ok_or(Error::BadVirq)? = port;
        Ok(())
    }

    /// Unbinds a virtual interrupt.
    pub(crate) fn clear_virq(&mut self, virq: Virq) {
        if let Some(slot) = self.virqs.get_mut(virq.raw() as usize) {
            *slot = NONE;
        }
    }

    /// Returns the port that was linked last into a queue.
    pub(crate) fn tail(&self, priority: u8) -> Option<Port> {
        self.tails.get(usize::from(priority)).copied().filter(|port| *port != NONE)
    }

    /// Records the port that was linked last into a queue.
    pub(crate) fn set_tail(&mut self, priority: u8, port: Port) {
        if let Some(slot) = self.tails.get_mut(usize::from(priority)) {
            *slot = port;
        }
    }

    /// Forgets that `port` is a queue's tail.
    pub(crate) fn forget_tail(&mut self, priority: u8, port: Port) {
        if self.tail(priority) == Some(port) {
            self.set_tail(priority, NONE);
        }
    }

    /// Forgets everything of the FIFO ABI.
    pub(crate) fn leave_fifo(&mut self) {
        self.control = None;
        self.tails = Self::NEW.tails;
    }
}

//! Raising events.

use crate::channel::{Binding, Peer};
use crate::domain::{Abi, EventChannels};
use crate::error::Error;
use crate::words::{Hostile, SharedWords};
use types::{Port, VcpuId};
use xen_abi::virq::{Virq, VirqScope};

/// What is to be done for the domain whose port had an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Nothing: the event was pending before, or there is nobody to take it.
    Nothing,
    /// The event is pending: vCPUs that poll look again.
    Pending,
    /// The event is pending, and the vCPU gets the event interrupt: inject and wake it. vCPUs that
    /// poll look again.
    Notify(VcpuId),
    /// The guest kept a shared word from being updated: the domain is to be crashed.
    Hostile,
    /// The event is the hypervisor's, which holds the port.
    Held,
}

impl From<Result<Delivery, Hostile>> for Delivery {
    fn from(result: Result<Delivery, Hostile>) -> Self {
        result.unwrap_or(Self::Hostile)
    }
}

/// Where an event goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// To a port of the sender's own domain, where this is to be done.
    Here(Delivery),
    /// To the other domain, by its [`EventChannels::deliver`].
    There {
        /// The other end.
        to: Peer,
        /// The sender's end.
        from: Peer,
    },
    /// Nowhere: nobody has bound to the port yet.
    Nowhere,
}

impl EventChannels {
    /// Sends an event on a port (`xen/include/public/event_channel.h, EVTCHNOP_send`).
    ///
    /// # Errors
    /// If nothing can be sent on the port.
    #[inline]
    pub fn send<W: SharedWords>(&mut self, port: Port, words: &W) -> Result<Sent, Error> {
        let end = self.ports.get(port).map(|channel| channel.binding());
        if let Some(Binding::Interdomain(to)) = end
            && to.dom == self.dom
            && let Some(vcpu) = self.notified(to.port, Peer { dom: self.dom, port })
        {
            return Ok(Sent::Here(self.set_pending_at(to.port, vcpu, words)));
        }
        self.send_otherwise(port, words)
    }

    #[inline(never)]
    fn send_otherwise<W: SharedWords>(&mut self, port: Port, words: &W) -> Result<Sent, Error> {
        let channel = self.bound_port(port)?;
        match channel.binding() {
            Binding::Interdomain(to) if to.dom == self.dom => Ok(Sent::Nowhere),
            Binding::Interdomain(to) => Ok(Sent::There { to, from: Peer { dom: self.dom, port } }),
            Binding::Ipi => {
                let vcpu = channel.vcpu();
                Ok(Sent::Here(self.set_pending_at(port, vcpu, words)))
            }
            Binding::Unbound { .. } => Ok(Sent::Nowhere),
            Binding::Virq(_) | Binding::Closed | Binding::HeldUnbound { .. } | Binding::Held(_) => {
                Err(Error::BadBinding)
            }
        }
    }

    /// Takes an event that another domain's end has sent. It is dropped if the two ends are no
    /// longer connected, which may happen between the sender's half and this one.
    #[inline]
    pub fn deliver<W: SharedWords>(&mut self, port: Port, from: Peer, words: &W) -> Delivery {
        match self.notified(port, from) {
            Some(vcpu) => self.set_pending_at(port, vcpu, words),
            None => self.deliver_held(port, from),
        }
    }

    #[cold]
    fn deliver_held(&self, port: Port, from: Peer) -> Delivery {
        let is_held = self.ports.get(port).is_some_and(|channel| channel.binding() == Binding::Held(from));
        if is_held { Delivery::Held } else { Delivery::Nothing }
    }

    /// Sends an event on a port that the hypervisor holds: to whoever has bound to it.
    pub fn send_held(&self, port: Port) -> Sent {
        match self.ports.get(port).map(|channel| channel.binding()) {
            Some(Binding::Held(to)) => Sent::There { to, from: Peer { dom: self.dom, port } },
            _ => Sent::Nowhere,
        }
    }

    /// Returns the vCPU that a port notifies, if it is connected with `peer`.
    #[inline]
    fn notified(&self, port: Port, peer: Peer) -> Option<VcpuId> {
        let channel = self.ports.get(port)?;
        (channel.binding() == Binding::Interdomain(peer)).then(|| channel.vcpu())
    }

    /// Raises a virtual interrupt: of `vcpu`, or of the domain where it is a global one.
    pub fn raise_virq<W: SharedWords>(&mut self, virq: Virq, vcpu: VcpuId, words: &W) -> Delivery {
        let holder = match virq.scope() {
            VirqScope::PerVcpu => vcpu,
            VirqScope::Global => VcpuId::new(0),
        };
        match self.vcpus.get(holder.index()).and_then(|events| events.virq(virq)) {
            Some(port) => self.set_pending(port, words),
            None => Delivery::Nothing,
        }
    }

    /// Clears a port's mask and notifies its vCPU if an event has been waiting
    /// (`EVTCHNOP_unmask`).
    ///
    /// # Errors
    /// If there is no such port.
    #[inline]
    pub fn unmask<W: SharedWords>(&mut self, port: Port, words: &W) -> Result<Delivery, Error> {
        let vcpu = self.bound_port(port)?.vcpu();
        Ok(Delivery::from(match self.abi {
            Abi::TwoLevel => self.unmask_2l(port, vcpu, words),
            Abi::Fifo => self.unmask_fifo(port, words),
        }))
    }

    /// Tells whether an event is pending on a port, masked or not (for `SCHEDOP_poll`).
    ///
    /// # Errors
    /// If nothing is bound to the port.
    pub fn is_pending<W: SharedWords>(&self, port: Port, words: &W) -> Result<bool, Error> {
        self.bound_port(port)?;
        Ok(match self.abi {
            Abi::TwoLevel => self.is_pending_2l(port, words),
            Abi::Fifo => self.is_pending_fifo(port, words),
        })
    }

    /// Tells whether a port is masked.
    ///
    /// # Errors
    /// If nothing is bound to the port.
    pub fn is_masked<W: SharedWords>(&self, port: Port, words: &W) -> Result<bool, Error> {
        self.bound_port(port)?;
        Ok(match self.abi {
            Abi::TwoLevel => self.is_masked_2l(port, words),
            Abi::Fifo => self.is_masked_fifo(port, words),
        })
    }

    /// Makes an event pending on a bound port.
    pub(crate) fn set_pending<W: SharedWords>(&mut self, port: Port, words: &W) -> Delivery {
        match self.ports.get(port).map(|channel| channel.vcpu()) {
            Some(vcpu) => self.set_pending_at(port, vcpu, words),
            None => Delivery::Nothing,
        }
    }

    /// Makes an event pending on a bound port that notifies `vcpu`.
    #[inline]
    fn set_pending_at<W: SharedWords>(&mut self, port: Port, vcpu: VcpuId, words: &W) -> Delivery {
        Delivery::from(match self.abi {
            Abi::TwoLevel => self.set_pending_2l(port, vcpu, words),
            Abi::Fifo => self.set_pending_fifo(port, words),
        })
    }
}

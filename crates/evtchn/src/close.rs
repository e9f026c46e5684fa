//! Closing ports, one by one or all.

use crate::channel::{Binding, Peer};
use crate::domain::{Abi, EventChannels};
use crate::error::Error;
use crate::words::SharedWords;
use types::{Mfn, Port, VcpuId};
use xen_abi::virq::VirqScope;

/// What closing a port leaves to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The other domain's end, which is told by [`EventChannels::peer_closed`].
    pub peer: Option<Peer>,
    /// This end.
    pub from: Peer,
}

impl EventChannels {
    /// Closes a port (`xen/include/public/event_channel.h, EVTCHNOP_close`).
    ///
    /// # Errors
    /// If nothing is bound to it, or the hypervisor holds it.
    pub fn close<W: SharedWords>(&mut self, port: Port, words: &W) -> Result<Closed, Error> {
        if self.ports.get(port).is_some_and(|channel| channel.binding().is_held()) {
            return Err(Error::BadBinding);
        }
        self.close_any(port, words)
    }

    /// Closes a port that the hypervisor holds, and that is not needed any more.
    ///
    /// # Errors
    /// If it is no such port.
    pub fn close_held<W: SharedWords>(&mut self, port: Port, words: &W) -> Result<Closed, Error> {
        if !self.bound_port(port)?.binding().is_held() {
            return Err(Error::BadBinding);
        }
        self.close_any(port, words)
    }

    fn close_any<W: SharedWords>(&mut self, port: Port, words: &W) -> Result<Closed, Error> {
        let from = Peer { dom: self.dom, port };
        let channel = self.ports.free(port)?;
        // A word that cannot be cleared leaves an event that its guest itself has forged.
        let _ = match self.abi {
            Abi::TwoLevel => self.clear_pending_2l(port, words),
            Abi::Fifo => self.clear_pending_fifo(port, words),
        };
        let mut closed = Closed { peer: None, from };
        match channel.binding() {
            Binding::Virq(virq) => {
                let holder = match virq.scope() {
                    VirqScope::PerVcpu => channel.vcpu(),
                    VirqScope::Global => VcpuId::new(0),
                };
                if let Some(events) = self.vcpus.get_mut(holder.index()) {
                    events.clear_virq(virq);
                }
            }
            Binding::Interdomain(peer) if peer.dom == self.dom => self.peer_closed(peer.port, from),
            Binding::Interdomain(peer) | Binding::Held(peer) => closed.peer = Some(peer),
            Binding::Closed | Binding::Unbound { .. } | Binding::HeldUnbound { .. } | Binding::Ipi => {}
        }
        Ok(closed)
    }

    /// Hears that the other end of a connection was closed: the port waits for its domain again.
    pub fn peer_closed(&mut self, port: Port, from: Peer) {
        let Some(channel) = self.ports.get_mut(port) else { return };
        if channel.binding == Binding::Interdomain(from) {
            channel.binding = Binding::Unbound { remote: from.dom };
        } else if channel.binding == Binding::Held(from) {
            channel.binding = Binding::HeldUnbound { remote: from.dom };
        }
    }

    /// Lists the frames of the FIFO ABI, which [`Self::leave_fifo`] lets go of.
    pub fn fifo_frames(&self) -> impl Iterator<Item = Mfn> {
        let blocks = self.vcpus.iter().filter_map(|events| events.control).map(|place| place.frame());
        self.array.iter().copied().chain(blocks)
    }

    /// Goes back to the 2-level ABI once all ports are closed (`EVTCHNOP_reset`, a domain's end).
    pub fn leave_fifo(&mut self) {
        self.abi = Abi::TwoLevel;
        self.array.clear();
        self.vcpus.iter_mut().for_each(|events| events.leave_fifo());
    }
}

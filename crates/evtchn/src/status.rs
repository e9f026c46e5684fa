//! Telling what a port is bound to.

use crate::channel::Binding;
use crate::domain::EventChannels;
use crate::error::Error;
use types::Port;
use xen_abi::event_channel::{ChannelStatus, EvtchnStatus};

impl EventChannels {
    /// Answers `EVTCHNOP_status` for a port (`xen/include/public/event_channel.h`); the domain
    /// member of the answer is that of the question.
    ///
    /// # Errors
    /// If the domain has no such port, or the hypervisor holds it.
    pub fn status(&self, question: EvtchnStatus) -> Result<EvtchnStatus, Error> {
        let port = question.port;
        let channel = self.ports.get(port).ok_or(Error::BadPort)?;
        let (status, source, remote_port) = match channel.binding() {
            Binding::Closed => (ChannelStatus::Closed, 0, Port::new(0)),
            Binding::Unbound { remote } => (ChannelStatus::Unbound, u32::from(remote.raw()), Port::new(0)),
            Binding::Interdomain(peer) => (ChannelStatus::Interdomain, u32::from(peer.dom.raw()), peer.port),
            Binding::Virq(virq) => (ChannelStatus::Virq, virq.raw(), Port::new(0)),
            Binding::HeldUnbound { .. } | Binding::Held(_) => return Err(Error::Held),
            Binding::Ipi => (ChannelStatus::Ipi, 0, Port::new(0)),
        };
        let vcpu = u32::from(channel.vcpu().raw());
        Ok(EvtchnStatus { status: status.raw(), vcpu, source, remote_port, ..question })
    }
}

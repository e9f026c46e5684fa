//! Binding ports.

use crate::channel::{Binding, Peer};
use crate::domain::{Abi, EventChannels};
use crate::error::Error;
use crate::fifo;
use crate::send::Delivery;
use crate::words::SharedWords;
use types::{DomId, Port, VcpuId};
use xen_abi::virq::{Virq, VirqScope};

/// Connects a new port of `local` to the unbound `remote_port` of another domain
/// (`xen/include/public/event_channel.h, EVTCHNOP_bind_interdomain`). The caller holds both domains'
/// locks; within one domain it is [`EventChannels::bind_loopback`]. Events that were sent before
/// went nowhere, so one is raised on the new port; the delivery is for `local`.
///
/// # Errors
/// If the remote port does not wait for `local`, or no port is free.
pub fn bind_interdomain<W: SharedWords>(
    local: &mut EventChannels,
    remote: &mut EventChannels,
    remote_port: Port,
    words: &W,
) -> Result<(Port, Delivery), Error> {
    remote.check_waits_for(remote_port, local.dom)?;
    let to = Peer { dom: remote.dom, port: remote_port };
    let port = local.allocate(Binding::Interdomain(to), words)?;
    remote.connect(remote_port, Peer { dom: local.dom, port });
    Ok((port, local.set_pending(port, words)))
}

impl EventChannels {
    /// Allocates a port that `remote` may bind to (`EVTCHNOP_alloc_unbound`).
    ///
    /// # Errors
    /// If no port is free.
    pub fn alloc_unbound<W: SharedWords>(&mut self, remote: DomId, words: &W) -> Result<Port, Error> {
        self.allocate(Binding::Unbound { remote }, words)
    }

    /// Allocates a port that the hypervisor holds and that `remote` may bind to: the domain can do nothing
    /// with it but see that it is taken.
    ///
    /// # Errors
    /// If no port is free.
    pub fn alloc_held<W: SharedWords>(&mut self, remote: DomId, words: &W) -> Result<Port, Error> {
        self.allocate(Binding::HeldUnbound { remote }, words)
    }

    /// Connects a new port to an unbound port of the same domain (`EVTCHNOP_bind_interdomain`).
    ///
    /// # Errors
    /// If that port does not wait for this domain, or no port is free.
    pub fn bind_loopback<W: SharedWords>(
        &mut self,
        remote_port: Port,
        words: &W,
    ) -> Result<(Port, Delivery), Error> {
        self.check_waits_for(remote_port, self.dom)?;
        let to = Peer { dom: self.dom, port: remote_port };
        let port = self.allocate(Binding::Interdomain(to), words)?;
        self.connect(remote_port, Peer { dom: self.dom, port });
        Ok((port, self.set_pending(port, words)))
    }

    /// Binds a port to a virtual interrupt (`EVTCHNOP_bind_virq`).
    ///
    /// # Errors
    /// If there is no such interrupt or vCPU, it is bound already, or no port is free.
    pub fn bind_virq<W: SharedWords>(&mut self, virq: u32, vcpu: VcpuId, words: &W) -> Result<Port, Error> {
        let virq = Virq::from_raw(virq).ok_or(Error::BadVirq)?;
        if virq.scope() == VirqScope::Global && vcpu != VcpuId::new(0) {
            return Err(Error::BadVirq);
        }
        let events = self.vcpus.get(vcpu.index()).ok_or(Error::NoVcpu)?;
        if events.virq(virq).is_some() {
            return Err(Error::VirqBound);
        }
        let port = self.allocate(Binding::Virq(virq), words)?;
        if let Some(channel) = self.ports.get_mut(port) {
            channel.queue.vcpu = vcpu;
        }
        self.vcpus.get_mut(vcpu.index()).ok_or(Error::NoVcpu)?.set_virq(virq, port)?;
        Ok(port)
    }

    /// Binds a port to itself: what is sent on it notifies `vcpu` (`EVTCHNOP_bind_ipi`).
    ///
    /// # Errors
    /// If there is no such vCPU or no port is free.
    pub fn bind_ipi<W: SharedWords>(&mut self, vcpu: VcpuId, words: &W) -> Result<Port, Error> {
        self.check_vcpu(vcpu)?;
        let port = self.allocate(Binding::Ipi, words)?;
        if let Some(channel) = self.ports.get_mut(port) {
            channel.queue.vcpu = vcpu;
        }
        Ok(port)
    }

    /// Refuses to bind a physical interrupt (`EVTCHNOP_bind_pirq`): on Arm a guest gets them through
    /// its interrupt controller.
    ///
    /// # Errors
    /// Always.
    pub const fn bind_pirq(&self) -> Result<Port, Error> {
        Err(Error::NoPirq)
    }

    /// Changes the vCPU that a port notifies (`EVTCHNOP_bind_vcpu`).
    ///
    /// # Errors
    /// If there is no such vCPU or port, or the port belongs to one vCPU by its nature.
    pub fn bind_vcpu(&mut self, port: Port, vcpu: VcpuId) -> Result<(), Error> {
        self.check_vcpu(vcpu)?;
        let channel = self.ports.get_mut(port).ok_or(Error::BadPort)?;
        match channel.binding {
            Binding::Virq(virq) if virq.scope() == VirqScope::Global => {}
            Binding::Unbound { .. } | Binding::Interdomain(_) => {}
            Binding::Closed => return Err(Error::BadPort),
            Binding::Virq(_) | Binding::Ipi | Binding::HeldUnbound { .. } | Binding::Held(_) => {
                return Err(Error::BadBinding);
            }
        }
        channel.queue.vcpu = vcpu;
        Ok(())
    }

    fn allocate<W: SharedWords>(&mut self, binding: Binding, words: &W) -> Result<Port, Error> {
        let end = self.end_of_ports();
        let (abi, array) = (self.abi, &self.array);
        let busy = |port| abi == Abi::Fifo && fifo::is_linked(array, port, words);
        self.ports.allocate(end, binding, busy)
    }

    fn check_waits_for(&self, port: Port, caller: DomId) -> Result<(), Error> {
        match self.bound_port(port)?.binding() {
            Binding::Unbound { remote } | Binding::HeldUnbound { remote } if remote == caller => Ok(()),
            Binding::Unbound { .. } | Binding::HeldUnbound { .. } => Err(Error::NotForCaller),
            _ => Err(Error::BadBinding),
        }
    }

    fn connect(&mut self, port: Port, peer: Peer) {
        if let Some(channel) = self.ports.get_mut(port) {
            channel.binding = match channel.binding {
                Binding::HeldUnbound { .. } => Binding::Held(peer),
                _ => Binding::Interdomain(peer),
            };
        }
    }
}

//! The event channels of one domain: the state and its construction.

use crate::channel::Channel;
use crate::error::Error;
use crate::ports::{Bucket, OutOfMemory, Ports};
use crate::send::Delivery;
use crate::vcpu::VcpuEvents;
use crate::words::{Place, SharedWords};
use crate::{fifo, two_level};
use alloc::vec::Vec;
use types::{DomId, Mfn, Port, VcpuId};
use xen_abi::event_channel::{EVTCHN_2L_NR_CHANNELS, EVTCHN_FIFO_NR_CHANNELS};
use xen_abi::shared_info;

/// How a domain and the hypervisor share pending events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abi {
    /// Bitmaps in `shared_info`, from the start.
    TwoLevel,
    /// Queues, once the guest has called `EVTCHNOP_init_control`.
    Fifo,
}

/// The event channels of one domain.
pub struct EventChannels {
    pub(crate) dom: DomId,
    pub(crate) abi: Abi,
    pub(crate) shared_info: Mfn,
    pub(crate) ports: Ports,
    pub(crate) vcpus: Vec<VcpuEvents>,
    /// The pages of the FIFO event array.
    pub(crate) array: Vec<Mfn>,
}

/// Where the first vCPU's `vcpu_info` is before its guest chooses a place.
fn first_info(shared_info: Mfn) -> Option<Place> {
    Place::new(shared_info, shared_info::VCPU_INFO, shared_info::VCPU_INFO_BYTES)
}

impl EventChannels {
    /// Makes the event channels of domain `dom`, which may have ports up to `max_port` and the
    /// vCPUs 0 to `vcpus - 1`. Ports can be bound once storage is lent ([`Self::lend`]).
    ///
    /// # Errors
    /// If there is no memory.
    pub fn new(dom: DomId, shared_info: Mfn, max_port: Port, vcpus: u16) -> Result<Self, OutOfMemory> {
        let mut table = Vec::new();
        table.try_reserve_exact(usize::from(vcpus)).map_err(|_| OutOfMemory)?;
        table.resize(usize::from(vcpus), VcpuEvents::NEW);
        if let Some(first) = table.first_mut() {
            first.info = first_info(shared_info);
        }
        let mut array = Vec::new();
        array.try_reserve_exact(fifo::MAX_ARRAY_PAGES).map_err(|_| OutOfMemory)?;
        let limit = max_port.raw().min(EVTCHN_FIFO_NR_CHANNELS.saturating_sub(1));
        let ports = Ports::new(limit)?;
        Ok(Self { dom, abi: Abi::TwoLevel, shared_info, ports, vcpus: table, array })
    }

    /// Lends storage for more ports, to be kept until the domain is gone.
    ///
    /// # Errors
    /// Gives the storage back if the domain cannot have more ports.
    pub fn lend(&mut self, bucket: Bucket) -> Result<(), Bucket> {
        self.ports.lend(bucket)
    }

    /// Returns the domain.
    pub const fn dom(&self) -> DomId {
        self.dom
    }

    /// Returns the ABI in use.
    pub const fn abi(&self) -> Abi {
        self.abi
    }

    /// Returns where a vCPU's `vcpu_info` is, if it has one.
    #[inline]
    pub fn vcpu_info(&self, vcpu: VcpuId) -> Option<Place> {
        self.vcpus.get(vcpu.index())?.info
    }

    /// Moves a vCPU's `vcpu_info` to the place its guest has registered, and marks everything
    /// pending, since events may have come while it had none
    /// (`xen/include/public/vcpu.h, VCPUOP_register_vcpu_info`).
    ///
    /// # Errors
    /// If there is no such vCPU or it has registered a place before.
    pub fn register_vcpu_info<W: SharedWords>(
        &mut self,
        vcpu: VcpuId,
        place: Place,
        words: &W,
    ) -> Result<Delivery, Error> {
        let events = self.vcpus.get_mut(vcpu.index()).ok_or(Error::NoVcpu)?;
        if core::mem::replace(&mut events.registered, true) {
            return Err(Error::BadPlace);
        }
        for at in (0..shared_info::VCPU_INFO_BYTES).step_by(4) {
            let value = events.info.map_or(0, |old| words.load(old.word(at)));
            words.store(place.word(at), value);
        }
        events.info = Some(place);
        for half in two_level::SELECTOR_HALVES {
            words.store(place.word(half), u32::MAX);
        }
        words.store(place.word(shared_info::UPCALL_PENDING), 1);
        Ok(Delivery::Notify(vcpu))
    }

    /// Moves a vCPU's `vcpu_info` back to where it was before its guest registered a place, if it has, and
    /// returns that place's frame, of which this crate has let go.
    pub fn forget_vcpu_info(&mut self, vcpu: VcpuId) -> Option<Mfn> {
        let original = if vcpu.raw() == 0 { first_info(self.shared_info) } else { None };
        let events = self.vcpus.get_mut(vcpu.index()).filter(|events| events.registered)?;
        events.registered = false;
        core::mem::replace(&mut events.info, original).map(|place| place.frame())
    }

    /// Returns a port's state, or `None` if the domain has no such port.
    pub fn channel(&self, port: Port) -> Option<&Channel> {
        self.ports.get(port)
    }

    /// Lists the ports from `first` on to which something is bound.
    pub fn bound(&self, first: Port) -> impl Iterator<Item = (Port, &Channel)> {
        self.ports.bound(first)
    }

    /// The first port that the ABI in use does not have.
    pub(crate) const fn end_of_ports(&self) -> u32 {
        match self.abi {
            Abi::TwoLevel => EVTCHN_2L_NR_CHANNELS,
            Abi::Fifo => EVTCHN_FIFO_NR_CHANNELS,
        }
    }

    /// Returns a port to which something is bound.
    #[inline]
    pub(crate) fn bound_port(&self, port: Port) -> Result<&Channel, Error> {
        self.ports.get(port).filter(|channel| !channel.is_closed()).ok_or(Error::BadPort)
    }

    /// Refuses a vCPU the domain does not have.
    pub(crate) fn check_vcpu(&self, vcpu: VcpuId) -> Result<(), Error> {
        self.vcpus.get(vcpu.index()).map(|_| ()).ok_or(Error::NoVcpu)
    }
}

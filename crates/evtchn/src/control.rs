//! Switching to the FIFO ABI and setting it up.

use crate::domain::{Abi, EventChannels};
use crate::error::Error;
use crate::fifo::{self, MAX_ARRAY_PAGES};
use crate::send::Delivery;
use crate::two_level::PENDING_WORDS;
use crate::vcpu_set::VcpuSet;
use crate::words::{Place, SharedWords};
use types::{Mfn, Port, VcpuId};
use xen_abi::event_channel::{EVTCHN_FIFO_LINK_BITS, EVTCHN_FIFO_PRIORITY_MIN};

/// What a page more of the event array has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expanded {
    /// The vCPUs that get the event interrupt.
    pub notify: VcpuSet,
    /// The guest kept a shared word from being updated: the domain is to be crashed.
    pub hostile: bool,
}

impl EventChannels {
    /// Registers a vCPU's control block; the first one switches the domain to the FIFO ABI
    /// (`xen/include/public/event_channel.h, EVTCHNOP_init_control`). Returns the link's width.
    ///
    /// # Errors
    /// If there is no such vCPU or it has a control block; the caller keeps the frame then.
    pub fn init_control<W: SharedWords>(
        &mut self,
        vcpu: VcpuId,
        block: Place,
        words: &W,
    ) -> Result<u8, Error> {
        let events = self.vcpus.get_mut(vcpu.index()).ok_or(Error::NoVcpu)?;
        if events.control.is_some() {
            return Err(Error::BadPlace);
        }
        events.control = Some(block);
        if self.abi == Abi::TwoLevel {
            self.defer_pending(words);
            self.abi = Abi::Fifo;
        }
        Ok(EVTCHN_FIFO_LINK_BITS)
    }

    /// Adds a page to the event array and raises the events that have waited for it
    /// (`EVTCHNOP_expand_array`).
    ///
    /// # Errors
    /// If the domain does not use the FIFO ABI or the array is complete; the caller keeps the frame.
    pub fn expand_array<W: SharedWords>(&mut self, frame: Mfn, words: &W) -> Result<Expanded, Error> {
        if self.abi != Abi::Fifo {
            return Err(Error::NotFifo);
        }
        let pages = self.array.len();
        if pages >= MAX_ARRAY_PAGES {
            return Err(Error::ArrayFull);
        }
        self.array.push(frame);
        let mut expanded = Expanded { notify: VcpuSet::EMPTY, hostile: false };
        for port in fifo::ports_of_page(pages) {
            let waited = self.ports.get_mut(port).is_some_and(|c| core::mem::take(&mut c.deferred));
            if waited {
                match self.set_pending(port, words) {
                    Delivery::Notify(vcpu) => expanded.notify.insert(vcpu),
                    Delivery::Hostile => expanded.hostile = true,
                    Delivery::Pending | Delivery::Nothing | Delivery::Held => {}
                }
            }
        }
        Ok(expanded)
    }

    /// Sets a port's priority (`EVTCHNOP_set_priority`).
    ///
    /// # Errors
    /// If the ABI in use has none, or there is no such port or priority.
    pub fn set_priority(&mut self, port: Port, priority: u32) -> Result<(), Error> {
        if self.abi != Abi::Fifo {
            return Err(Error::NoPriorities);
        }
        self.bound_port(port)?;
        let priority = u8::try_from(priority).map_err(|_| Error::BadPriority)?;
        if priority > EVTCHN_FIFO_PRIORITY_MIN {
            return Err(Error::BadPriority);
        }
        let channel = self.ports.get_mut(port).ok_or(Error::BadPort)?;
        channel.queue.priority = priority;
        Ok(())
    }

    /// Carries what is pending in the 2-level bitmap over to the FIFO ABI.
    fn defer_pending<W: SharedWords>(&mut self, words: &W) {
        for (index, base) in (0..PENDING_WORDS).zip((0u32..).step_by(32)) {
            let pending = words.load(self.pending_at(index));
            for bit in (0..32).filter(|bit| pending >> bit & 1 != 0) {
                let port = Port::new(base | bit);
                if let Some(channel) = self.ports.get_mut(port) {
                    channel.deferred = !channel.is_closed();
                }
            }
        }
    }
}

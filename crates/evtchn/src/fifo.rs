//! The FIFO ABI: an event word per port, linked into sixteen queues per vCPU.
//!
//! The guest takes ports off a queue's front by clearing LINKED and reading the link; the hypervisor
//! appends behind the tail it remembers. If the tail is no longer LINKED, the guest has emptied the
//! queue, and the port becomes its head. Every change of an event word is one bounded
//! compare-and-exchange, so that BUSY, which keeps the guest from changing a word, is never needed.

use crate::channel::Queue;
use crate::domain::EventChannels;
use crate::send::Delivery;
use crate::two_level::upcall;
use crate::words::{Change, Hostile, Place, SharedWords, Word, clear, set};
use types::{Mfn, Port};
use xen_abi::event_channel::{
    EVTCHN_FIFO_LINK_MASK, EVTCHN_FIFO_LINKED, EVTCHN_FIFO_MASKED, EVTCHN_FIFO_NR_CHANNELS,
    EVTCHN_FIFO_PENDING, FifoControlBlock,
};

const PENDING: u32 = 1 << EVTCHN_FIFO_PENDING;
const MASKED: u32 = 1 << EVTCHN_FIFO_MASKED;
const LINKED: u32 = 1 << EVTCHN_FIFO_LINKED;

/// log2 of the event words in a page.
const PAGE_WORDS_BITS: u32 = 10;
/// Event words in a page.
pub(crate) const PAGE_WORDS: usize = 1 << PAGE_WORDS_BITS;
/// Pages an event array has at most.
pub(crate) const MAX_ARRAY_PAGES: usize = (EVTCHN_FIFO_NR_CHANNELS >> PAGE_WORDS_BITS) as usize;

const READY: usize = core::mem::offset_of!(FifoControlBlock, ready);
const HEAD: usize = core::mem::offset_of!(FifoControlBlock, head);

impl EventChannels {
    #[inline(never)]
    pub(crate) fn set_pending_fifo<W: SharedWords>(
        &mut self,
        port: Port,
        words: &W,
    ) -> Result<Delivery, Hostile> {
        let Some(word) = self.event_word(port) else {
            if let Some(channel) = self.ports.get_mut(port) {
                channel.deferred = true;
            }
            return Ok(Delivery::Pending);
        };
        let Some((queue, control)) = self.queue_of(port) else {
            set(words, word, PENDING)?;
            return Ok(Delivery::Pending);
        };
        let (before, _) = words.update(word, |w| {
            if w & (MASKED | LINKED) == 0 {
                (w | PENDING | LINKED) & !EVTCHN_FIFO_LINK_MASK
            } else {
                w | PENDING
            }
        })?;
        if before & (MASKED | LINKED) == 0 {
            return self.link(port, queue, control, words);
        }
        Ok(if before & PENDING == 0 { Delivery::Pending } else { Delivery::Nothing })
    }

    #[inline(never)]
    pub(crate) fn unmask_fifo<W: SharedWords>(&mut self, port: Port, words: &W) -> Result<Delivery, Hostile> {
        let Some(word) = self.event_word(port) else {
            return Ok(Delivery::Nothing);
        };
        let (before, _) = words.update(word, |w| w & !MASKED)?;
        if before & PENDING == 0 {
            return Ok(Delivery::Nothing);
        }
        self.set_pending_fifo(port, words)
    }

    pub(crate) fn is_pending_fifo<W: SharedWords>(&self, port: Port, words: &W) -> bool {
        match self.event_word(port) {
            Some(word) => words.load(word) & PENDING != 0,
            None => self.ports.get(port).is_some_and(|channel| channel.deferred),
        }
    }

    pub(crate) fn is_masked_fifo<W: SharedWords>(&self, port: Port, words: &W) -> bool {
        self.event_word(port).is_none_or(|word| words.load(word) & MASKED != 0)
    }

    pub(crate) fn clear_pending_fifo<W: SharedWords>(&self, port: Port, words: &W) -> Result<(), Hostile> {
        match self.event_word(port) {
            Some(word) => clear(words, word, PENDING).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Appends a port, already marked LINKED, to a queue.
    fn link<W: SharedWords>(
        &mut self,
        port: Port,
        queue: Queue,
        control: Place,
        words: &W,
    ) -> Result<Delivery, Hostile> {
        self.leave_last_queue(port, queue);
        let events = self.vcpus.get(queue.vcpu.index());
        // A tail that is this very port was unlinked before it was linked just now.
        let tail = events.and_then(|events| events.tail(queue.priority)).filter(|tail| *tail != port);
        if let Some(events) = self.vcpus.get_mut(queue.vcpu.index()) {
            events.set_tail(queue.priority, port);
        }
        if let Some(tail_word) = tail.and_then(|tail| self.event_word(tail)) {
            let behind = |w: u32| {
                if w & LINKED != 0 { w & !EVTCHN_FIFO_LINK_MASK | port.raw() } else { w }
            };
            if words.update(tail_word, behind)?.0 & LINKED != 0 {
                return Ok(Delivery::Pending);
            }
        }
        words.store(control.word(HEAD.wrapping_add(usize::from(queue.priority) << 2)), port.raw());
        if set(words, control.word(READY), 1 << queue.priority)? == Change::Unneeded {
            return Ok(Delivery::Pending);
        }
        match self.vcpu_info(queue.vcpu) {
            Some(info) => upcall(info, queue.vcpu, words),
            None => Ok(Delivery::Pending),
        }
    }

    /// Takes the port out of its last queue's books before it joins another queue: were it still
    /// that queue's tail, the next port there would be linked into the wrong queue.
    fn leave_last_queue(&mut self, port: Port, queue: Queue) {
        let Some(channel) = self.ports.get_mut(port) else { return };
        let last = core::mem::replace(&mut channel.last_queue, queue);
        if last != queue
            && let Some(events) = self.vcpus.get_mut(last.vcpu.index())
        {
            events.forget_tail(last.priority, port);
        }
    }

    /// Returns the queue a port's events go to, if its vCPU has queues.
    fn queue_of(&self, port: Port) -> Option<(Queue, Place)> {
        let queue = self.ports.get(port)?.queue;
        Some((queue, self.vcpus.get(queue.vcpu.index())?.control?))
    }

    /// Returns a port's event word, if the array has one.
    fn event_word(&self, port: Port) -> Option<Word> {
        event_word(&self.array, port)
    }
}

/// Returns a port's event word, if the array has one.
fn event_word(array: &[Mfn], port: Port) -> Option<Word> {
    let frame = *array.get(port.index() >> PAGE_WORDS_BITS)?;
    Some(Word { frame, index: port.index() & (PAGE_WORDS - 1) })
}

/// Lists the ports whose words are in a page of the array.
pub(crate) fn ports_of_page(page: usize) -> impl Iterator<Item = Port> {
    (0u32..EVTCHN_FIFO_NR_CHANNELS).skip(page << PAGE_WORDS_BITS).take(PAGE_WORDS).map(Port::new)
}

/// Tells whether a free port is still in a queue, so that it must not be bound again yet.
pub(crate) fn is_linked<W: SharedWords>(array: &[Mfn], port: Port, words: &W) -> bool {
    event_word(array, port).is_some_and(|word| words.load(word) & LINKED != 0)
}

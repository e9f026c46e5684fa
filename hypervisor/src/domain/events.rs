//! A domain's event channels: the glue between crates/evtchn, guest memory and interrupts.
//!
//! [`Events`] holds the ports; [`perform`] does after unlock what an event asks for. The words shared
//! with the guest are reached by frame number ([`FrameWords`]): every such frame is referenced from the
//! moment it is handed in ([`hold_frame`]) until it is let go. Lock rank: EVTCHN.

use super::{Domain, Vcpu, psci, vgic};
use crate::hypercall::Budget;
use crate::machine::frame_window;
use crate::machine::sync::{Lock, rank};
use crate::sched;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use evtchn::{
    Bucket, Change, Closed, Delivery, Error, EventChannels, Hostile, OutOfMemory, Peer, Sent, SharedWords,
    Word,
};
use pagetable::PageType;
use types::{DomId, Gfn, Mfn, Port, VcpuId};
use xen_abi::XenErrno;
use xen_abi::virq::Virq;

/// The event channels of a domain.
pub struct Events {
    channels: Lock<EventChannels, { rank::EVTCHN }>,
    /// The vCPUs that are in SCHEDOP_poll, one bit each.
    pollers: [AtomicU64; 2],
    /// There may be some: set after a bit is, and looked at before they are.
    has_pollers: AtomicBool,
}

/// Words of guest memory by frame number, through the frame window.
#[derive(Clone, Copy, Debug)]
pub struct FrameWords;

// Frames are referenced before they are handed in, and until the last look at them.
impl SharedWords for FrameWords {
    #[inline]
    fn load(&self, word: Word) -> u32 {
        frame_window::with_held_word(word.frame, word.index, |cell| cell.load(Ordering::SeqCst))
    }

    #[inline]
    fn store(&self, word: Word, value: u32) {
        frame_window::with_held_word(word.frame, word.index, |cell| cell.store(value, Ordering::SeqCst));
    }

    #[inline]
    fn compare_exchange(&self, word: Word, current: u32, new: u32) -> Result<(), u32> {
        frame_window::with_held_word(word.frame, word.index, |cell| exchange(cell, current, new))
    }

    #[inline]
    fn update(&self, word: Word, change: impl Fn(u32) -> u32) -> Result<(u32, Change), Hostile> {
        frame_window::with_held_word(word.frame, word.index, |cell| {
            evtchn::update(cell.load(Ordering::SeqCst), change, |current, new| exchange(cell, current, new))
        })
    }
}

#[inline]
fn exchange(cell: &AtomicU32, current: u32, new: u32) -> Result<(), u32> {
    cell.compare_exchange_weak(current, new, Ordering::SeqCst, Ordering::SeqCst).map(|_| ())
}

impl Events {
    /// Makes the event channels of domain `dom`, which may have ports up to `max_port`.
    ///
    /// # Errors
    /// If memory is short.
    pub fn new(dom: DomId, shared_info: Mfn, max_port: Port, vcpus: u16) -> Result<Self, OutOfMemory> {
        let mut channels = EventChannels::new(dom, shared_info, max_port, vcpus)?;
        channels.lend(Bucket::new()?).map_err(|_| OutOfMemory)?;
        Ok(Self {
            channels: Lock::new(channels),
            pollers: [const { AtomicU64::new(0) }; 2],
            has_pollers: AtomicBool::new(false),
        })
    }

    /// Runs `f` on the ports, locked.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&mut EventChannels) -> R) -> R {
        f(&mut self.channels.lock())
    }

    /// As [`with`](Self::with), or `None` while somebody holds the ports.
    pub fn try_with<R>(&self, f: impl FnOnce(&mut EventChannels) -> R) -> Option<R> {
        self.channels.try_lock().map(|mut channels| f(&mut channels))
    }

    /// Tells whether a vCPU is in SCHEDOP_poll.
    pub fn is_poller(&self, vcpu: VcpuId) -> bool {
        self.pollers
            .get(vcpu.index() >> 6)
            .is_some_and(|word| word.load(Ordering::Relaxed) >> (vcpu.raw() & 63) & 1 != 0)
    }

    /// Runs `f`, which binds a port, again and again with more storage for ports until it has enough.
    ///
    /// # Errors
    /// What `f` ends with, and ENOMEM.
    pub fn bind<R>(&self, mut f: impl FnMut(&mut EventChannels) -> Result<R, Error>) -> Result<R, XenErrno> {
        loop {
            match self.with(&mut f) {
                Err(Error::NoStorage) => self.grow()?,
                result => return result.map_err(XenErrno::from),
            }
        }
    }

    /// Runs `f`, which connects a port of this domain and one of `other`, with storage as it needs.
    ///
    /// # Errors
    /// What `f` ends with, and ENOMEM.
    pub fn bind_both<R>(
        &self,
        other: &Self,
        mut f: impl FnMut(&mut EventChannels, &mut EventChannels) -> Result<R, Error>,
    ) -> Result<R, XenErrno> {
        loop {
            let (mut own, mut others) = self.channels.lock_both(&other.channels);
            let result = f(&mut own, &mut others);
            drop((own, others));
            match result {
                Err(Error::NoStorage) => self.grow()?,
                result => return result.map_err(XenErrno::from),
            }
        }
    }

    fn grow(&self) -> Result<(), XenErrno> {
        let bucket = Bucket::new().map_err(|_| XenErrno::Enomem)?;
        self.with(|channels| channels.lend(bucket)).map_err(|_| XenErrno::Enospc)
    }

    /// Raises a virtual interrupt of the whole domain.
    pub fn raise_virq(&self, domain: &Domain, virq: Virq) {
        let delivery = self.with(|channels| channels.raise_virq(virq, VcpuId::new(0), &FrameWords));
        perform(domain, delivery);
    }

    /// Notes that a vCPU polls: it is woken by the next event of its domain.
    pub fn add_poller(&self, vcpu: VcpuId) {
        if let Some(word) = self.pollers.get(vcpu.index() >> 6) {
            word.fetch_or(1 << (vcpu.raw() & 63), Ordering::SeqCst);
        }
        self.has_pollers.store(true, Ordering::SeqCst);
    }

    /// Notes that a vCPU polls no longer.
    pub fn remove_poller(&self, vcpu: VcpuId) {
        if let Some(word) = self.pollers.get(vcpu.index() >> 6) {
            word.fetch_and(!(1 << (vcpu.raw() & 63)), Ordering::SeqCst);
        }
    }

    /// Tells whether an event is pending on any of the ports, masked or not.
    ///
    /// # Errors
    /// EINVAL if the domain cannot have one of them.
    pub fn is_any_pending(&self, ports: &[Port]) -> Result<bool, XenErrno> {
        let channels = self.channels.lock();
        for port in ports {
            match channels.is_pending(*port, &FrameWords) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(_) if channels.channel(*port).is_some() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(false)
    }
}

/// Sends an event on a port of the calling vCPU's domain (`xen/include/public/event_channel.h`,
/// EVTCHNOP_send).
///
/// # Errors
/// If nothing can be sent on the port.
#[inline]
pub fn send(caller: &Vcpu, port: Port) -> Result<(), Error> {
    let domain = &caller.domain;
    match domain.events.with(|channels| channels.send(port, &FrameWords))? {
        Sent::Here(delivery) => perform_own(caller, delivery),
        Sent::There { to, from } => deliver(to, from),
        Sent::Nowhere => {}
    }
    Ok(())
}

/// Unmasks a port of the calling vCPU's domain (EVTCHNOP_unmask).
///
/// # Errors
/// If nothing is bound to it.
#[inline]
pub fn unmask(caller: &Vcpu, port: Port) -> Result<(), Error> {
    let delivery = caller.domain.events.with(|channels| channels.unmask(port, &FrameWords))?;
    perform_own(caller, delivery);
    Ok(())
}

/// Sends an event on a port of `domain`'s that EL2 holds.
pub fn send_held(domain: &Domain, port: Port) {
    if let Sent::There { to, from } = domain.events.with(|channels| channels.send_held(port)) {
        deliver(to, from);
    }
}

/// Sends an event on a port of `domain`'s in its name, if it can be sent.
pub fn send_of(domain: &Domain, port: Port) {
    match domain.events.with(|channels| channels.send(port, &FrameWords)) {
        Ok(Sent::Here(delivery)) => perform(domain, delivery),
        Ok(Sent::There { to, from }) => deliver(to, from),
        Ok(Sent::Nowhere) | Err(_) => {}
    }
}

/// Delivers an event to another domain.
#[inline]
fn deliver(to: Peer, from: Peer) {
    if let Some(other) = super::find(to.dom) {
        let delivery = other.events.with(|channels| channels.deliver(to.port, from, &FrameWords));
        perform(&other, delivery);
    }
}

/// Closes a port of `domain`'s that EL2 holds.
pub fn close_held(domain: &Domain, port: Port) {
    if let Ok(closed) = domain.events.with(|channels| channels.close_held(port, &FrameWords)) {
        tell_peer(closed);
    }
}

/// Closes a port of `domain`'s (EVTCHNOP_close).
///
/// # Errors
/// If nothing is bound to it.
pub fn close(domain: &Domain, port: Port) -> Result<(), Error> {
    tell_peer(domain.events.with(|channels| channels.close(port, &FrameWords))?);
    Ok(())
}

/// Tells the other domain's end that a port was closed.
fn tell_peer(closed: Closed) {
    if let Some(peer) = closed.peer
        && let Some(other) = super::find(peer.dom)
    {
        other.events.with(|channels| channels.peer_closed(peer.port, closed.from));
    }
}

/// What closing a port costs, and finding it among the 256 of its storage.
const CLOSE_STEPS: u32 = 8;

/// Closes all ports of a domain and goes back to the 2-level ABI; false: call again.
pub fn close_all(domain: &Domain, budget: &mut Budget) -> bool {
    let mut from = Port::new(0);
    let next = |from| domain.events.with(|channels| channels.bound(from).next().map(|(port, _)| port));
    while let Some(port) = next(from) {
        if !budget.spend(CLOSE_STEPS) {
            return false;
        }
        // Another vCPU may have closed it meanwhile; what EL2 holds stays.
        let _ = close(domain, port);
        from = Port::new(port.raw().saturating_add(1));
    }
    domain.events.with(|channels| {
        channels.fifo_frames().for_each(crate::mm::frames::put);
        channels.leave_fifo();
    });
    true
}

/// Does what an event of the calling vCPU's own domain asks for; no lock is held.
#[inline]
fn perform_own(caller: &Vcpu, delivery: Delivery) {
    let domain = &caller.domain;
    match delivery {
        Delivery::Nothing => {}
        Delivery::Notify(vcpu) if vcpu == caller.id => {
            vgic::raise_own_ppi(caller, domain.event_interrupt);
            wake_pollers(domain);
        }
        Delivery::Pending => wake_pollers(domain),
        other => perform(domain, other),
    }
}

/// Does what an event of `domain` asks for; no lock is held.
#[inline(never)]
pub fn perform(domain: &Domain, delivery: Delivery) {
    match delivery {
        Delivery::Nothing => return,
        Delivery::Pending => {}
        Delivery::Held => return domain.update_vuart(),
        Delivery::Notify(vcpu) => {
            if let Some(vcpu) = domain.vcpu(vcpu) {
                vgic::post_ppi(vcpu, domain.event_interrupt);
            }
        }
        Delivery::Hostile => {
            return psci::crash(domain, "keeps its event channels from being updated");
        }
    }
    wake_pollers(domain);
}

#[inline]
fn wake_pollers(domain: &Domain) {
    if domain.events.has_pollers.load(Ordering::SeqCst) {
        wake_some(domain);
    }
}

#[cold]
fn wake_some(domain: &Domain) {
    domain.events.has_pollers.store(false, Ordering::SeqCst);
    for (word, base) in domain.events.pollers.iter().zip([0u16, 64]) {
        let polling = word.swap(0, Ordering::SeqCst);
        for vcpu in (0..64u16).filter(|bit| polling >> bit & 1 != 0) {
            if let Some(vcpu) = domain.vcpu(VcpuId::new(base + vcpu)) {
                sched::wake(vcpu);
            }
        }
    }
}

/// Lets go of the frames in which a domain's vCPUs have their `vcpu_info`.
pub fn release_vcpu_info(domain: &Domain) {
    for vcpu in domain.vcpus() {
        domain
            .events
            .with(|channels| channels.forget_vcpu_info(vcpu.id))
            .into_iter()
            .for_each(crate::mm::frames::put);
    }
}

/// Takes a reference to the frame of `domain`'s own memory at `gfn`; `frames::put` drops it.
///
/// # Errors
/// EINVAL if the domain has no writable memory of its own there.
pub fn hold_frame(domain: &Domain, gfn: Gfn) -> Result<Mfn, XenErrno> {
    match domain.p2m.hold_page(gfn, domain.id) {
        Some((page, PageType::RamRw)) => Ok(page.leak()),
        _ => Err(XenErrno::Einval),
    }
}

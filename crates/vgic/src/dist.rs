//! The distributor: a domain's SPIs, their routing, and what the kernel injects.
//!
//! An SPI that may be signalled is *dispatched*: posted to the vCPU that has it in a list register
//! or active (its owner), else to its target (its home). That vCPU decides when it flushes.

use crate::bits::bit;
use crate::effects::{Effects, VcpuSet};
use crate::mailbox::{Level, Posted};
use crate::port::Mailboxes;
use crate::word::{Word, each};
use crate::{Error, Model, Version};
use alloc::boxed::Box;
use alloc::vec::Vec;
use arm_spec::gic::{PRIVATE, SPI_END};
use types::{IntId, VcpuId};

/// No vCPU, where a vCPU's number is kept in a byte.
pub(crate) const NOBODY: u8 = 0xff;

/// What one SPI has besides its bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spi {
    /// IROUTER's affinity bytes, as written.
    pub(crate) affinity: u32,
    pub(crate) pintid: u16,
    pub(crate) priority: u8,
    /// ITARGETSR, as written.
    pub(crate) targets: u8,
    /// The vCPU that the routing names.
    pub(crate) home: u8,
    /// The vCPU that has it active or resident.
    pub(crate) owner: u8,
}

/// A domain's distributor.
#[derive(Debug)]
pub struct Distributor {
    pub(crate) model: Model,
    /// GICD_CTLR's two group enables.
    pub(crate) groups: u32,
    pub(crate) words: Box<[Word]>,
    pub(crate) spis: Box<[Spi]>,
    /// vCPUs whose published SPI state is fresh.
    pub(crate) fresh: VcpuSet,
}

fn filled<T: Clone>(value: T, len: usize) -> Result<Box<[T]>, Error> {
    let mut all = Vec::new();
    all.try_reserve_exact(len).map_err(|_| Error::NoMemory)?;
    all.resize(len, value);
    Ok(all.into_boxed_slice())
}

impl Distributor {
    /// Makes a distributor at reset: all disabled, level-sensitive, group 0, priority 0.
    ///
    /// # Errors
    /// [`Error::NoMemory`].
    pub fn new(model: Model) -> Result<Self, Error> {
        // A single-CPU version 2 controller has no ITARGETSR (GIC IHI 0048B.b 4.3.12).
        let home = if model.version() == Version::V3 || model.vcpus() == 1 { 0 } else { NOBODY };
        let spi = Spi { affinity: 0, pintid: 0, priority: 0, targets: 0, home, owner: NOBODY };
        let spis = model.spis().min(SPI_END.saturating_sub(PRIVATE));
        Ok(Self {
            model,
            groups: 0,
            words: filled(Word::default(), model.spi_words())?,
            spis: filled(spi, usize::try_from(spis).map_err(|_| Error::Spis)?)?,
            fresh: VcpuSet::EMPTY,
        })
    }

    /// Returns the fixed properties.
    #[inline]
    pub const fn model(&self) -> &Model {
        &self.model
    }

    /// Makes `spi` stand for the physical SPI `pintid`: its deactivation goes to the hardware and
    /// its line is read there. To be called before the guest runs.
    ///
    /// # Errors
    /// [`Error::NoSuchInterrupt`].
    pub fn forward(&mut self, spi: IntId, pintid: IntId) -> Result<(), Error> {
        let physical = u16::try_from(pintid.raw()).map_err(|_| Error::NoSuchInterrupt)?;
        let (word, mask) = self.word_mut(spi).ok_or(Error::NoSuchInterrupt)?;
        word.hw |= mask;
        self.spi_mut(spi).ok_or(Error::NoSuchInterrupt)?.pintid = physical;
        Ok(())
    }

    /// Ends the forwarding of `spi`, which becomes an interrupt without a source.
    ///
    /// # Errors
    /// [`Error::NoSuchInterrupt`].
    pub fn unforward(&mut self, spi: IntId) -> Result<(), Error> {
        let (word, mask) = self.word_mut(spi).ok_or(Error::NoSuchInterrupt)?;
        word.hw &= !mask;
        Ok(())
    }

    /// Returns the physical interrupt behind a forwarded SPI.
    pub fn physical(&self, spi: IntId) -> Option<IntId> {
        let (word, mask) = self.word(spi)?;
        if word.hw & mask == 0 {
            return None;
        }
        Some(IntId::new(u32::from(self.spi(spi)?.pintid)))
    }

    /// Returns the vCPU to which an SPI is routed.
    #[inline]
    pub fn home(&self, spi: IntId) -> Option<VcpuId> {
        named(self.spi(spi)?.home)
    }

    /// Tells whether a forwarded SPI's physical interrupt is active for the guest: acknowledged, and not
    /// ended by it yet.
    pub fn is_in_flight(&self, spi: IntId) -> bool {
        self.word(spi).is_some_and(|(word, mask)| {
            word.hw & (word.latch | word.active | word.resident | word.dropped) & mask != 0
        })
    }

    /// Tells whether the guest has enabled an SPI.
    #[inline]
    pub fn is_enabled(&self, spi: IntId) -> bool {
        self.word(spi).is_some_and(|(word, mask)| word.enabled & mask != 0)
    }

    /// Makes an SPI pending: a forwarded one was acknowledged on this CPU, or a software one had
    /// an edge or an event.
    ///
    /// # Errors
    /// [`Error::NoSuchInterrupt`].
    pub fn inject<M: Mailboxes>(&mut self, spi: IntId, boxes: &M) -> Result<Effects, Error> {
        let moved = self.spi(spi).is_some_and(|entry| entry.owner != entry.home);
        let (word, mask) = self.word_mut(spi).ok_or(Error::NoSuchInterrupt)?;
        word.latch |= mask;
        if moved && word.hw & word.resident & mask != 0 {
            // Its physical interrupt could only fire again because the guest deactivated it: the
            // list register is empty, and the new home need not wait until the old one looks.
            word.resident &= !mask;
            word.acknowledged(mask & word.snap_pending);
            word.forget_deferred(mask);
            if let Some(entry) = self.spi_mut(spi) {
                entry.owner = NOBODY;
            }
        }
        let mut fx = Effects::NONE;
        self.dispatch(spi.raw(), boxes, &mut fx);
        Ok(fx)
    }

    /// Sets the line of a software-driven SPI.
    ///
    /// # Errors
    /// [`Error::NoSuchInterrupt`].
    pub fn set_line<M: Mailboxes>(&mut self, spi: IntId, level: Level, boxes: &M) -> Result<Effects, Error> {
        let (word, mask) = self.word_mut(spi).ok_or(Error::NoSuchInterrupt)?;
        let before = word.line & mask != 0;
        let mut fx = Effects::NONE;
        match (before, level) {
            (false, Level::High) => {
                word.line |= mask;
                word.latch |= mask & word.edge;
                self.dispatch(spi.raw(), boxes, &mut fx);
            }
            (true, Level::Low) => {
                word.line &= !mask;
                let withdraw = word.resident & mask & !word.edge != 0;
                if withdraw {
                    self.recall(spi.raw(), boxes, &mut fx);
                }
            }
            _ => {}
        }
        Ok(fx)
    }

    /// Posts an SPI to whoever is to look at it, if it is active or may be signalled.
    #[inline]
    pub(crate) fn dispatch<M: Mailboxes + ?Sized>(&self, spi: u32, boxes: &M, fx: &mut Effects) {
        let Some((word, mask)) = self.word(IntId::new(spi)) else { return };
        if mask & (word.active | word.signalled(self.groups)) != 0 {
            self.post(word_index(spi), mask, self.holder(spi, word), boxes, fx);
        }
    }

    /// Dispatches each SPI of a word's `mask`, neighbours for one vCPU in one post.
    pub(crate) fn dispatch_word<M: Mailboxes + ?Sized>(
        &self,
        index: usize,
        mask: u32,
        boxes: &M,
        fx: &mut Effects,
    ) {
        let Some(word) = self.words.get(index) else { return };
        let (mut holder, mut together) = (NOBODY, 0);
        for n in each(mask & (word.active | word.signalled(self.groups))) {
            let to = self.holder(first_of(index) | n, word);
            if to != holder {
                self.post(index, together, holder, boxes, fx);
                (holder, together) = (to, 0);
            }
            together |= bit(n);
        }
        self.post(index, together, holder, boxes, fx);
    }

    /// Returns the vCPU that is to look at an SPI.
    #[inline]
    fn holder(&self, spi: u32, word: &Word) -> u8 {
        let Some(entry) = self.spi(IntId::new(spi)) else { return NOBODY };
        let owned = (word.resident | word.active) & bit(spi) != 0 && entry.owner != NOBODY;
        if owned { entry.owner } else { entry.home }
    }

    #[inline]
    fn post<M: Mailboxes + ?Sized>(&self, index: usize, mask: u32, to: u8, boxes: &M, fx: &mut Effects) {
        let Some(vcpu) = named(to) else { return };
        let Some(mailbox) = boxes.mailbox(vcpu) else { return };
        if mailbox.post_spis(index, mask) == Posted::Kick {
            fx.kick.insert(vcpu);
        }
    }

    /// Asks the owner of a resident SPI to take it back and choose again.
    pub(crate) fn recall<M: Mailboxes + ?Sized>(&self, spi: u32, boxes: &M, fx: &mut Effects) {
        let Some(owner) = self.spi(IntId::new(spi)).and_then(|entry| named(entry.owner)) else { return };
        if let Some(Posted::Kick) = boxes.mailbox(owner).map(|mailbox| mailbox.post_recall()) {
            fx.kick.insert(owner);
        }
    }

    #[inline]
    pub(crate) fn word(&self, spi: IntId) -> Option<(&Word, u32)> {
        if !spi.is_spi() {
            return None;
        }
        self.words.get(word_index(spi.raw())).map(|word| (word, bit(spi.raw())))
    }

    #[inline]
    pub(crate) fn word_mut(&mut self, spi: IntId) -> Option<(&mut Word, u32)> {
        if !spi.is_spi() {
            return None;
        }
        self.words.get_mut(word_index(spi.raw())).map(|word| (word, bit(spi.raw())))
    }

    #[inline]
    pub(crate) fn spi(&self, spi: IntId) -> Option<&Spi> {
        self.spis.get(spi.raw().wrapping_sub(PRIVATE) as usize)
    }

    #[inline]
    pub(crate) fn spi_mut(&mut self, spi: IntId) -> Option<&mut Spi> {
        self.spis.get_mut(spi.raw().wrapping_sub(PRIVATE) as usize)
    }
}

/// Returns the vCPU that a byte names.
#[inline]
pub(crate) fn named(vcpu: u8) -> Option<VcpuId> {
    (vcpu != NOBODY).then(|| VcpuId::new(u16::from(vcpu)))
}

/// Returns the index of the word of an SPI.
#[inline]
pub(crate) const fn word_index(spi: u32) -> usize {
    (spi >> 5).wrapping_sub(1) as usize
}

/// Returns the first SPI of a word.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "there are at most 31 words")]
pub(crate) const fn first_of(index: usize) -> u32 {
    (index as u32).wrapping_add(1) << 5
}

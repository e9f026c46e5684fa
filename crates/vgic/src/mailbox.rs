//! A vCPU's mailbox: what others tell it without a lock.
//!
//! Everyone posts: first the detail word, then a bit of the signal word, each with release order.
//! The owner takes the signal word first and then the details that it names, with acquire order.
//! A post after the owner took the signal sets it again, so nothing is lost as long as the owner
//! looks at [`Mailbox::is_signalled`] once more, with interrupts masked, before it enters the
//! guest, and the poster kicks it if it is there (the loom test holds both sides).

#[cfg(loom)]
use loom::sync::atomic::{AtomicU32, Ordering};

#[cfg(not(loom))]
use core::sync::atomic::{AtomicU32, Ordering};

use crate::bits::{Bits, bit, low32};
use crate::{Error, VcpuGic};
use types::{IntId, VcpuId};

const SPI_WORDS: usize = 31;

/// Whether a post needs a kick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Posted {
    /// The mailbox was empty: wake the vCPU or interrupt its CPU.
    Kick,
    /// Something unread was in it already; whoever posted that kicks.
    Already,
}

/// The level of an interrupt line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Asserted.
    High,
    /// Not asserted.
    Low,
}

/// Bits of the signal word.
pub(crate) mod signal {
    pub(crate) const SGI: u32 = 1 << 0;
    pub(crate) const PPI: u32 = 1 << 1;
    pub(crate) const SPI: u32 = 1 << 2;
    /// State behind a resident interrupt changed: take all back and choose again.
    pub(crate) const RECALL: u32 = 1 << 3;
    /// Somebody wants to read the state of resident SGIs and PPIs.
    pub(crate) const PUBLISH_PRIVATE: u32 = 1 << 4;
    /// Somebody wants to read the state of resident SPIs.
    pub(crate) const PUBLISH_SHARED: u32 = 1 << 5;
}

/// What others posted for one vCPU.
#[derive(Debug)]
pub struct Mailbox {
    signal: AtomicU32,
    /// Sources of each SGI, a byte each; version 3 uses bit 0.
    sgi: [AtomicU32; 4],
    ppi: AtomicU32,
    /// Levels of the software-driven PPI lines.
    ppi_line: AtomicU32,
    /// GICD_CTLR's group enables, kept here for the owner to read without the distributor.
    groups: AtomicU32,
    /// SGIs in group 1, kept here for senders to read.
    sgi_group1: AtomicU32,
    spi_summary: AtomicU32,
    spi: [AtomicU32; SPI_WORDS],
}

impl Default for Mailbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Mailbox {
    /// Makes an empty one.
    #[cfg(not(loom))]
    pub const fn new() -> Self {
        Self {
            signal: AtomicU32::new(0),
            sgi: [const { AtomicU32::new(0) }; 4],
            ppi: AtomicU32::new(0),
            ppi_line: AtomicU32::new(0),
            groups: AtomicU32::new(0),
            sgi_group1: AtomicU32::new(0),
            spi_summary: AtomicU32::new(0),
            spi: [const { AtomicU32::new(0) }; SPI_WORDS],
        }
    }

    /// Makes an empty one.
    #[cfg(loom)]
    pub fn new() -> Self {
        let word = |_| AtomicU32::new(0);
        Self {
            signal: word(0),
            sgi: core::array::from_fn(word),
            ppi: word(0),
            ppi_line: word(0),
            groups: word(0),
            sgi_group1: word(0),
            spi_summary: word(0),
            spi: core::array::from_fn(word),
        }
    }

    /// Tells whether something is unread: one load, for the last look before guest entry.
    ///
    /// Sequentially consistent, so that it pairs with the kernel's "this vCPU is in the guest
    /// now" flag, if that is stored and loaded so too.
    #[inline]
    pub fn is_signalled(&self) -> bool {
        #[cfg(loom)]
        loom::sync::atomic::fence(Ordering::SeqCst);
        self.signal.load(Ordering::SeqCst) != 0
    }

    /// Tells whether something is unread, to the owner, who holds its lock: whoever changed something under
    /// that has posted before it let the lock go.
    #[inline]
    pub(crate) fn holds_any(&self) -> bool {
        self.signal.load(Ordering::Relaxed) != 0
    }

    /// Posts an SGI 0-15; `source` is its sender, whose number modulo 8 is kept.
    #[inline]
    pub fn post_sgi(&self, sgi: IntId, source: VcpuId) -> Posted {
        let id = sgi.raw() & 15;
        let shift = (id & 3) << 3 | u32::from(source.raw()) & 7;
        if let Some(word) = self.sgi.get((id >> 2) as usize) {
            word.fetch_or(bit(shift), Ordering::Release);
        }
        self.raise(signal::SGI)
    }

    /// Posts an event of a PPI 16-31: it becomes pending once, whatever its line does.
    #[inline]
    pub fn post_ppi(&self, ppi: IntId) -> Posted {
        self.ppi.fetch_or(bit(ppi.raw()), Ordering::Release);
        self.raise(signal::PPI)
    }

    /// Sets the line of a software-driven PPI.
    ///
    /// # Errors
    /// [`Error::NoSuchInterrupt`] for another identifier.
    #[inline]
    pub fn set_ppi_line(&self, ppi: IntId, level: Level) -> Result<Posted, Error> {
        if !ppi.is_ppi() {
            return Err(Error::NoSuchInterrupt);
        }
        let mask = bit(ppi.raw());
        let before = match level {
            Level::High => self.ppi_line.fetch_or(mask, Ordering::Release),
            Level::Low => self.ppi_line.fetch_and(!mask, Ordering::Release),
        };
        if (before & mask != 0) == (level == Level::High) {
            return Ok(Posted::Already);
        }
        Ok(self.raise(signal::PPI))
    }

    /// Notes a line that the owner has set itself.
    #[inline]
    pub(crate) fn note_line(&self, mask: u32, high: bool) {
        if high {
            self.ppi_line.fetch_or(mask, Ordering::Release);
        } else {
            self.ppi_line.fetch_and(!mask, Ordering::Release);
        }
    }

    /// Posts that the states of some SPIs of a word want a look: they may be deliverable here.
    #[inline]
    pub(crate) fn post_spis(&self, index: usize, mask: u32) -> Posted {
        if let Some(word) = self.spi.get(index) {
            word.fetch_or(mask, Ordering::Release);
            self.spi_summary.fetch_or(bit(low32(index as u64)), Ordering::Release);
        }
        self.raise(signal::SPI)
    }

    /// Asks the owner to take back its list registers and to choose again.
    #[inline]
    pub(crate) fn post_recall(&self) -> Posted {
        self.raise(signal::RECALL)
    }

    /// Asks the owner to publish the state of what it has in list registers:
    /// `signal::PUBLISH_PRIVATE` or `signal::PUBLISH_SHARED`.
    #[inline]
    pub(crate) fn post_publish(&self, which: u32) -> Posted {
        self.raise(which)
    }

    /// Stores GICD_CTLR's group enables (bit 0 and bit 1).
    #[inline]
    pub(crate) fn set_groups(&self, groups: u32) {
        self.groups.store(groups, Ordering::Release);
    }

    #[inline]
    pub(crate) fn groups(&self) -> u32 {
        self.groups.load(Ordering::Acquire)
    }

    /// Stores which SGIs are in group 1.
    #[inline]
    pub(crate) fn set_sgi_groups(&self, group1: u32) {
        self.sgi_group1.store(group1, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn sgi_groups(&self) -> u32 {
        self.sgi_group1.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn ppi_lines(&self) -> u32 {
        self.ppi_line.load(Ordering::Acquire)
    }

    /// Tells whether what is unread concerns the distributor too.
    #[inline]
    pub(crate) fn signals_distributor(&self) -> bool {
        self.signal.load(Ordering::Relaxed) & (signal::SPI | signal::RECALL | signal::PUBLISH_SHARED) != 0
    }

    /// Takes the signal word; the details are taken after it.
    #[inline]
    pub(crate) fn take_signal(&self) -> u32 {
        if self.signal.load(Ordering::Relaxed) == 0 {
            return 0;
        }
        self.signal.swap(0, Ordering::SeqCst)
    }

    /// Takes the posted SGIs: the sources of four SGIs in each word.
    #[inline]
    pub(crate) fn take_sgis(&self) -> [u32; 4] {
        let take = |word: &AtomicU32| match word.load(Ordering::Relaxed) {
            0 => 0,
            _ => word.swap(0, Ordering::Acquire),
        };
        let [a, b, c, d] = &self.sgi;
        [take(a), take(b), take(c), take(d)]
    }

    /// Takes the posted PPI events.
    #[inline]
    pub(crate) fn take_ppis(&self) -> u32 {
        match self.ppi.load(Ordering::Relaxed) {
            0 => 0,
            _ => self.ppi.swap(0, Ordering::Acquire),
        }
    }

    /// Takes the posted SPIs, calling `each` with a word's index and its bits.
    #[inline]
    pub(crate) fn take_spis(&self, mut each: impl FnMut(u32, u32)) {
        for index in Bits(self.spi_summary.swap(0, Ordering::Acquire)) {
            if let Some(word) = self.spi.get(index as usize) {
                each(index, word.swap(0, Ordering::Acquire));
            }
        }
    }

    #[inline]
    fn raise(&self, what: u32) -> Posted {
        let before = self.signal.fetch_or(what, Ordering::SeqCst);
        #[cfg(loom)]
        loom::sync::atomic::fence(Ordering::SeqCst);
        if before == 0 { Posted::Kick } else { Posted::Already }
    }
}

impl VcpuGic {
    /// Tells whether anything is to be done before this vCPU enters its guest: two loads.
    #[inline]
    pub fn needs_flush(&self, mailbox: &Mailbox) -> bool {
        self.is_dirty() || mailbox.is_signalled()
    }
}

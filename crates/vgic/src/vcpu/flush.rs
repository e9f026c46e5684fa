//! The pass over the list registers before guest entry.
//!
//! Most passes bring one or two interrupts, which [`quick`](super::quick) does without ranking.
//! Whatever is more goes the whole way.

use super::{Run, VcpuGic, work};
use crate::bits::bit;
use crate::effects::Effects;
use crate::mailbox::{Mailbox, signal};
use crate::port::Host;
use crate::word::each;
use crate::{Distributor, Version};

impl VcpuGic {
    /// Tells whether the next flush wants the distributor.
    #[inline]
    pub fn wants_distributor(&self, mailbox: &Mailbox) -> bool {
        self.candidate_summary != 0
            || self.work & work::WITH_DISTRIBUTOR != 0
            || mailbox.signals_distributor()
    }

    /// Takes what was posted and fills list registers. To be called on the CPU that runs the vCPU,
    /// until [`needs_flush`](Self::needs_flush) is false, before it enters the guest.
    ///
    /// Without the distributor where it would be wanted, SPIs wait and the vCPU stays in need of a
    /// flush.
    #[inline]
    pub fn flush<H: Host>(&mut self, mut dist: Option<&mut Distributor>, host: &mut H) -> Effects {
        self.drain(host);
        if self.work == 0 && self.flush_shared(dist.as_deref_mut(), host) && self.flush_private(host) {
            return Effects::NONE;
        }
        self.flush_all(dist, host)
    }

    #[inline(never)]
    fn flush_all<H: Host>(&mut self, dist: Option<&mut Distributor>, host: &mut H) -> Effects {
        let work = core::mem::take(&mut self.work);
        self.interface = host.enabled_groups();
        let run = &mut Run { dist, host, fx: Effects::NONE };
        self.swept = work & work::RECALL != 0;
        if self.swept {
            self.take_all_back(run);
        } else if work & (work::SWEEP | work::PUBLISH) != 0 {
            self.sweep_all(run);
        }
        if self.unlisted_ends != 0 {
            self.end_unlisted(run);
        }
        self.merge(run);
        // All that was taken back so far is chosen from.
        self.dirty = false;
        let chosen = self.choose(run);
        self.place_all(&chosen, run);
        self.publish(work, run.dist.as_deref_mut());
        if (work | self.work) & work::REPORT != 0 {
            self.work &= !work::REPORT;
            match run.dist.as_deref_mut() {
                Some(dist) => self.report_words(dist, &mut run.fx),
                None => self.report_soon(),
            }
        }
        run.fx
    }

    /// Takes the mailbox's content into the state words. Whoever does it has this vCPU's lock, and
    /// a flush must follow.
    #[inline(never)]
    pub(crate) fn drain<H: Host>(&mut self, host: &mut H) {
        let Some(mailbox) = host.mailbox(self.id) else { return };
        let signal = mailbox.take_signal();
        self.dirty |= signal != 0;
        if signal & signal::SGI != 0 {
            let words = mailbox.take_sgis();
            self.drain_sgis(words);
        }
        if signal & signal::PPI != 0 {
            self.word.latch |= mailbox.take_ppis() & 0xffff_0000;
            let line = mailbox.ppi_lines();
            self.word.latch |= line & !self.word.line & self.word.edge;
            self.word.line = line;
        }
        if signal & signal::SPI != 0 {
            mailbox.take_spis(|index, mask| self.add_candidates(index, mask));
        }
        if signal & signal::RECALL != 0 {
            self.groups = mailbox.groups();
        }
        self.work |= signal & work::POSTED;
    }

    fn drain_sgis(&mut self, words: [u32; 4]) {
        for (word, first) in words.into_iter().zip([0u32, 4, 8, 12]) {
            if word == 0 {
                continue;
            }
            for (source, n) in word.to_le_bytes().into_iter().zip(first..) {
                if source != 0 {
                    self.add_sgi(n, source);
                }
            }
        }
    }

    /// Makes an SGI pending from each of `sources`.
    pub(crate) fn add_sgi(&mut self, id: u32, sources: u8) {
        self.word.latch |= bit(id);
        if self.model.version() == Version::V2
            && let Some(pending) = self.sources.get_mut(id as usize)
        {
            *pending |= sources;
        }
    }

    /// Reads all list registers and ends the residence of what is no more in them.
    #[inline(never)]
    pub(super) fn sweep_all<H: Host>(&mut self, run: &mut Run<'_, H>) {
        self.swept = true;
        for index in each(self.used) {
            self.refresh(index, run);
        }
    }
}

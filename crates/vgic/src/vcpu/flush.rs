//! The pass over the list registers before guest entry.
//!
//! Most passes bring one SGI or PPI: [`VcpuGic::flush`] tries to do with these alone, without the
//! distributor and without ranking. Whatever is more goes the whole way.

use super::merge::changed;
use super::{Run, VcpuGic, work};
use crate::bits::bit;
use crate::effects::Effects;
use crate::mailbox::{Mailbox, signal};
use crate::port::{Host, Maintenance};
use crate::word::each;
use crate::{Distributor, LrState, Origin, Version};
use arm_spec::gic::SGIS;

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
    pub fn flush<H: Host>(&mut self, dist: Option<&mut Distributor>, host: &mut H) -> Effects {
        self.drain(host);
        if self.work == 0 && self.candidate_summary == 0 && self.flush_private(host) {
            return Effects::NONE;
        }
        self.flush_all(dist, host)
    }

    /// Brings SGIs and PPIs into list registers that are empty or that they left. Tells whether
    /// that was all; if not, what is done is done and the rest is as it was.
    fn flush_private<H: Host>(&mut self, host: &mut H) -> bool {
        self.dirty = false;
        let merging = changed(&self.word);
        if merging != 0 && !self.rearm_all(merging, host) {
            return false;
        }
        let wanted = (self.word.active | self.word.signalled(self.groups)) & !self.word.resident;
        for n in each(wanted) {
            let Some(index) = self.empty_private(host) else { return false };
            self.place_private(index, n, host);
        }
        self.want(Maintenance::default(), host);
        true
    }

    /// Makes resident private interrupts that have ended and are pending again so in place.
    fn rearm_all<H: Host>(&mut self, merging: u32, host: &mut H) -> bool {
        each(self.used & !self.spi_lrs).all(|index| {
            let intid = self.shadow.get(index as usize).map_or(0, |lr| lr.intid.raw());
            merging & bit(intid) == 0 || self.rearm(index, host)
        })
    }

    fn rearm<H: Host>(&mut self, index: u32, host: &mut H) -> bool {
        let Some(mut lr) = self.shadow.get(index as usize).copied() else { return false };
        let mask = bit(lr.intid.raw());
        let word = &self.word;
        let event = word.latch & word.enabled & word.forwarded(self.groups) & mask != 0;
        let line = word.line & !word.edge & mask != 0;
        let plain =
            lr.origin != (Origin::Software { source: 0, eoi: true }) && !self.is_v2_sgi(lr.intid.raw());
        if !event || line || !plain || word.deferred() & mask != 0 {
            return false;
        }
        if host.read(index as usize).state != LrState::Invalid {
            return false;
        }
        lr.state = LrState::Pending;
        self.word.acknowledged(mask);
        self.word.latch &= !mask;
        self.latched |= bit(index);
        self.write(index, lr, host);
        true
    }

    /// Returns a list register that is empty, or that a private interrupt has left.
    fn empty_private<H: Host>(&mut self, host: &mut H) -> Option<u32> {
        let empty = self.list_registers(host) & !self.used;
        if empty != 0 {
            return Some(empty.trailing_zeros());
        }
        each(self.used & !self.spi_lrs).find(|index| {
            let Some(intid) = self.shadow.get(*index as usize).map(|lr| lr.intid.raw()) else { return false };
            let simple = self.word.deferred() & bit(intid) == 0 && !self.is_v2_sgi(intid);
            let left = simple && host.read(*index as usize).state == LrState::Invalid;
            if left {
                self.word.acknowledged(bit(intid));
                self.word.resident &= !bit(intid);
                self.dirty |= self.word.pending() & bit(intid) != 0;
                self.release(*index);
            }
            left
        })
    }

    pub(super) fn is_v2_sgi(&self, intid: u32) -> bool {
        intid < SGIS && self.model.version() == Version::V2
    }

    #[inline(never)]
    fn flush_all<H: Host>(&mut self, dist: Option<&mut Distributor>, host: &mut H) -> Effects {
        let work = core::mem::take(&mut self.work);
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
    pub(super) fn sweep_all<H: Host>(&mut self, run: &mut Run<'_, H>) {
        self.swept = true;
        for index in each(self.used) {
            self.refresh(index, run);
        }
    }
}

//! Putting what is deliverable into list registers.

use super::MAX_LRS;
use super::choose::{Chosen, is_active, leave, rank};
use super::{Run, VcpuGic};
use crate::bits::{bit, low8, low32};
use crate::dist::word_index;
use crate::effects::Effects;
use crate::mailbox::{Mailbox, signal};
use crate::port::{Host, Maintenance};
use crate::word::{Word, each};
use crate::{Distributor, Lr, LrState, Origin, Version};
use arm_spec::gic::{PRIVATE, SGIS};
use types::IntId;

impl VcpuGic {
    /// Tells whether the next flush or park wants the distributor.
    #[inline]
    pub fn wants_distributor(&self, mailbox: &Mailbox) -> bool {
        self.candidate_summary | self.spi_lrs | self.publish != 0
            || self.report
            || mailbox.signals_distributor()
    }

    /// Takes what was posted and fills list registers. To be called on the CPU that runs the vCPU,
    /// until [`needs_flush`](Self::needs_flush) is false, before it enters the guest.
    ///
    /// Without the distributor where it would be wanted, SPIs wait and the vCPU stays in need of a
    /// flush.
    pub fn flush<H: Host>(&mut self, dist: Option<&mut Distributor>, host: &mut H) -> Effects {
        self.drain(host);
        let recalled = core::mem::take(&mut self.recalled);
        let run = &mut Run { dist, host, fx: Effects::NONE };
        if recalled {
            self.take_all_back(run);
        }
        self.swept = recalled;
        if self.sweep || self.publish != 0 {
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
        self.publish(run.dist.as_deref_mut());
        if self.report {
            match run.dist.as_deref_mut() {
                Some(dist) => self.report_words(dist, &mut run.fx),
                None => self.dirty = true,
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
            self.recalled = true;
        }
        self.publish |= signal & (signal::PUBLISH_PRIVATE | signal::PUBLISH_SHARED);
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
    fn sweep_all<H: Host>(&mut self, run: &mut Run<'_, H>) {
        (self.sweep, self.swept) = (false, true);
        for index in each(self.used) {
            self.refresh(index, run);
        }
    }

    /// Brings further events of what is resident, and lines that fell, into the list registers.
    fn merge<H: Host>(&mut self, run: &mut Run<'_, H>) {
        let fallen = |word: &Word| word.resident & !word.edge & !word.hw & !word.line & !word.latch;
        let private = (self.word.resident & self.word.latch) | fallen(&self.word);
        if private == 0 && (self.spi_lrs == 0 || run.dist.is_none()) {
            return;
        }
        for index in each(self.used) {
            let Some(intid) = self.shadow.get(index as usize).map(|lr| lr.intid.raw()) else { continue };
            let concerned = match run.dist.as_deref() {
                _ if intid < PRIVATE => private,
                Some(dist) if self.owns(dist, intid) => {
                    let word = dist.words.get(word_index(intid));
                    word.map_or(0, |word| (word.resident & word.latch) | fallen(word))
                }
                Some(_) => 0,
                None => 0,
            };
            if concerned & bit(intid) != 0 {
                self.merge_one(index, run);
            }
        }
    }

    fn merge_one<H: Host>(&mut self, index: u32, run: &mut Run<'_, H>) {
        if self.refresh(index, run) == LrState::Invalid {
            return;
        }
        let Some(mut lr) = self.shadow.get(index as usize).copied() else { return };
        let mask = bit(lr.intid.raw());
        let (word, groups) = match &mut run.dist {
            _ if lr.intid.raw() < PRIVATE => (&mut self.word, self.groups),
            Some(dist) => match (self.groups_here(dist, lr.intid), dist.word_mut(lr.intid)) {
                (groups, Some((word, _))) => (word, groups),
                _ => return,
            },
            None => return,
        };
        if word.latch & mask == 0 {
            // A line that fell before the guest acknowledged: withdrawn, unless latched too.
            let from_line = mask & !word.edge & !word.hw != 0 && self.latched & bit(index) == 0;
            if from_line && lr.state == LrState::Pending {
                self.take_one_back(index, run);
            }
            return;
        }
        if lr.is_sgi() && self.model.version() == Version::V2 {
            self.merge_sgi(index, lr, run.host);
            return;
        }
        if lr.state.is_pending() {
            word.latch &= !mask;
            self.latched |= bit(index);
        } else if word.edge & !word.hw & mask != 0 {
            if word.enabled & word.forwarded(groups) & mask != 0 {
                word.latch &= !mask;
                self.latched |= bit(index);
                lr.state = LrState::ActivePending;
            } else {
                lr.origin = Origin::Software { source: 0, eoi: true };
            }
            self.write(index, lr, run.host);
        }
    }

    /// Returns the groups in which an SPI may be signalled to this vCPU: none if it is another's,
    /// where it goes once it is no more active here.
    fn groups_here(&self, dist: &Distributor, spi: IntId) -> u32 {
        let here = dist.spi(spi).is_some_and(|entry| u16::from(entry.home) == self.id.raw());
        if here { dist.groups } else { 0 }
    }

    /// Version 2: an SGI is pending again while it is resident. What comes from the same sender is
    /// merged; other senders wait for its end, of which the maintenance interrupt tells.
    fn merge_sgi<H: Host>(&mut self, index: u32, mut lr: Lr, host: &mut H) {
        let Origin::Software { source, .. } = lr.origin else { return };
        let mask = bit(lr.intid.raw());
        let same = 1u8.wrapping_shl(u32::from(source));
        let may_signal = self.word.enabled & self.word.forwarded(self.groups) & mask != 0;
        let Some(sources) = self.sources.get_mut(lr.intid.raw() as usize) else { return };
        if *sources & same != 0 && (may_signal || lr.state.is_pending()) {
            *sources &= !same;
            self.latched |= bit(index);
            lr.state = LrState::from_halves(true, lr.state.is_active());
        }
        let waiting = *sources != 0;
        crate::word::put(&mut self.word.latch, mask, waiting);
        lr.origin = Origin::Software { source, eoi: waiting };
        self.write(index, lr, host);
    }

    /// Places the chosen ones, best first, into empty list registers or those less needed.
    fn place_all<H: Host>(&mut self, chosen: &Chosen, run: &mut Run<'_, H>) {
        let mut wanted = chosen.left;
        let mut pending_placed = false;
        let mut next = 0usize;
        while let Some((rank, intid)) = chosen.entry(next) {
            next = next.saturating_add(1);
            let placed = self.place(rank, intid, run, &mut wanted);
            pending_placed |= placed && !is_active(rank);
        }
        // It may have fallen out of the list behind what is active.
        if let (false, Some((rank, intid))) = (pending_placed, chosen.best_pending()) {
            self.place(rank, intid, run, &mut wanted);
        }
        self.want(wanted, run.host);
    }

    fn place<H: Host>(
        &mut self,
        rank: u16,
        intid: u32,
        run: &mut Run<'_, H>,
        wanted: &mut Maintenance,
    ) -> bool {
        let Some(index) = self.make_room(rank, run, wanted) else {
            leave(wanted, rank);
            return false;
        };
        match run.dist.as_deref_mut() {
            _ if intid < PRIVATE => self.place_private(index, intid, run.host),
            Some(dist) => self.place_spi(index, intid, dist, run.host),
            None => {}
        }
        true
    }

    /// Tells the hardware when to interrupt for maintenance.
    pub(super) fn want<H: Host>(&mut self, mut wanted: Maintenance, host: &mut H) {
        // A single list register would ask for ever.
        wanted.underflow &= host.count() > 1;
        if wanted != self.maintenance {
            self.maintenance = wanted;
            host.set_maintenance(wanted);
        }
    }

    /// Finds a list register for an interrupt of some rank; what has to leave adds to what is left.
    fn make_room<H: Host>(&mut self, rank: u16, run: &mut Run<'_, H>, left: &mut Maintenance) -> Option<u32> {
        let count = u32::from(low8(low32(run.host.count().min(MAX_LRS) as u64)));
        let all = bit(count).wrapping_sub(1);
        if all & !self.used == 0 && !self.swept {
            self.sweep_all(run);
        }
        let empty = all & !self.used;
        if empty != 0 {
            return Some(empty.trailing_zeros());
        }
        let (worst, index) = self.least_needed(rank)?;
        self.take_one_back(index, run);
        leave(left, worst);
        (self.used & bit(index) == 0).then_some(index)
    }

    /// Returns the occupied list register that an interrupt of some rank may take, and its rank.
    fn least_needed(&self, rank: u16) -> Option<(u16, u32)> {
        let ranked = each(self.used).filter_map(|index| {
            let lr = self.shadow.get(index as usize)?;
            Some((self::rank(lr.priority, lr.state.is_active()), index))
        });
        let pending = ranked.clone().filter(|(other, _)| !is_active(*other)).count();
        if pending == 0 && !is_active(rank) {
            return ranked.max();
        }
        let kept = |other: u16| pending == 1 && is_active(rank) && !is_active(other);
        ranked.filter(|(other, _)| *other > rank && !kept(*other)).max()
    }

    fn place_private<H: Host>(&mut self, index: u32, intid: u32, host: &mut H) {
        let priority = self.priority.get(intid as usize).copied().unwrap_or(0);
        let pintid = self.pintid.get(intid.wrapping_sub(SGIS) as usize).copied().unwrap_or(0);
        let v2_sgi = intid < SGIS && self.model.version() == Version::V2;
        let (mut lr, latched) = compose(&mut self.word, intid, self.groups, pintid);
        lr.priority = priority;
        if v2_sgi {
            self.name_source(&mut lr);
        }
        crate::word::put(&mut self.latched, bit(index), latched);
        self.write(index, lr, host);
    }

    /// Version 2: picks the sender that an SGI's list register names.
    fn name_source(&mut self, lr: &mut Lr) {
        let id = lr.intid.raw() as usize;
        let (Some(sources), Some(active)) = (self.sources.get_mut(id), self.active_source.get(id)) else {
            return;
        };
        let source = if lr.state.is_active() { *active } else { low8(sources.trailing_zeros()) & 7 };
        let same = 1u8.wrapping_shl(u32::from(source));
        // An active one can be pending again only from the same sender.
        let again = lr.state.is_pending() && *sources & same != 0;
        if again {
            *sources &= !same;
        }
        lr.state = LrState::from_halves(again, lr.state.is_active());
        crate::word::put(&mut self.word.latch, bit(lr.intid.raw()), *sources != 0);
        lr.origin = Origin::Software { source, eoi: *sources != 0 };
    }

    fn place_spi<H: Host>(&mut self, index: u32, intid: u32, dist: &mut Distributor, host: &mut H) {
        let id = IntId::new(intid);
        let groups = self.groups_here(dist, id);
        let me = low8(u32::from(self.id.raw()));
        self.forget_stale(id);
        let Some(spi) = dist.spi_mut(id) else { return };
        spi.owner = me;
        let (priority, pintid) = (spi.priority, spi.pintid);
        let Some((word, mask)) = dist.word_mut(id) else { return };
        let (mut lr, latched) = compose(word, intid, groups, pintid);
        lr.priority = priority;
        if let Some(candidates) = self.candidates.get_mut(word_index(intid)) {
            *candidates &= !mask;
        }
        crate::word::put(&mut self.latched, bit(index), latched);
        self.spi_lrs |= bit(index);
        self.write(index, lr, host);
    }

    fn write<H: Host>(&mut self, index: u32, lr: Lr, host: &mut H) {
        if let Some(shadow) = self.shadow.get_mut(index as usize) {
            *shadow = lr;
            self.used |= bit(index);
            host.write(index as usize, lr);
        }
    }
}

/// Moves an interrupt's state out of a word into a list register. Tells whether the pending half
/// came from a latch.
fn compose(word: &mut Word, intid: u32, groups: u32, pintid: u16) -> (Lr, bool) {
    let mask = bit(intid);
    let active = word.active & mask != 0;
    let signalled = word.signalled(groups) & mask != 0;
    let (edge, hw) = (word.edge & mask != 0, word.hw & mask != 0);
    // What is active waits with a level until its end, and cannot be pending with a physical
    // interrupt behind it (GIC IHI 0069H 12.4.5, ICH_LR<n>_EL2.State).
    let pending = signalled && (!active || (edge && !hw));
    let latched = pending && word.latch & mask != 0;
    if latched {
        word.latch &= !mask;
    }
    word.active &= !mask;
    word.resident |= mask;
    // What is left, a level or an event that cannot be signalled here now, is looked at at its end.
    let eoi = !edge || word.latch & mask != 0;
    let origin = if hw { Origin::Hardware { pintid } } else { Origin::Software { source: 0, eoi } };
    let lr = Lr {
        intid: IntId::new(intid),
        priority: 0,
        group1: word.group & mask != 0,
        state: LrState::from_halves(pending, active),
        origin,
    };
    (lr, latched)
}

//! The quick passes: a few interrupts that nothing stands in the way of.
//!
//! Each tells whether it did all there was. If not, what it did is done and the rest is untouched,
//! for the whole pass, which ranks and evicts.

use super::VcpuGic;
use super::merge::changed;
use crate::bits::bit;
use crate::dist::{NOBODY, first_of};
use crate::port::{Host, Maintenance};
use crate::word::each;
use crate::{Distributor, Lr, LrState, Origin, Version};
use arm_spec::gic::{PRIVATE, SGIS};
use types::IntId;

impl VcpuGic {
    /// Brings SPIs into list registers that are empty or that they left.
    #[inline]
    pub(super) fn flush_shared<H: Host>(&mut self, dist: Option<&mut Distributor>, host: &mut H) -> bool {
        if self.candidate_summary == 0 {
            return true;
        }
        let Some(dist) = dist else { return false };
        for index in each(self.candidate_summary) {
            let candidates = self.candidates.get(index as usize).copied().unwrap_or(0);
            for n in each(candidates) {
                if !self.deliver(first_of(index as usize) | n, dist, host) {
                    return false;
                }
                if let Some(word) = self.candidates.get_mut(index as usize) {
                    *word &= !bit(n);
                }
            }
            self.candidate_summary &= !bit(index);
        }
        true
    }

    /// Brings one SPI into a list register, or finds that it is not to be.
    fn deliver<H: Host>(&mut self, spi: u32, dist: &mut Distributor, host: &mut H) -> bool {
        let id = IntId::new(spi);
        let groups = self.groups_here(dist, id);
        let Some((word, mask)) = dist.word(id) else { return true };
        if (word.active | word.deferred()) & mask != 0 {
            return false;
        }
        if word.signalled(groups) & mask == 0 {
            // Another's is to be passed on, a disabled one comes back when it is enabled.
            return groups != 0;
        }
        if word.resident & mask != 0 {
            let lr = |index: &u32| self.shadow.get(*index as usize).is_some_and(|lr| lr.intid == id);
            let index = each(self.spi_lrs).find(lr).filter(|_| self.owns(dist, spi));
            return index.is_some_and(|index| self.rearm_spi(index, dist, host));
        }
        let Some(index) = self.vacant(Some(dist), host) else { return false };
        self.place_spi(index, spi, dist, host);
        true
    }

    fn rearm_spi<H: Host>(&mut self, index: u32, dist: &mut Distributor, host: &mut H) -> bool {
        let Some(mut lr) = self.shadow.get(index as usize).copied() else { return false };
        let Some((word, mask)) = dist.word_mut(lr.intid) else { return false };
        let line = word.line & !word.edge & mask != 0;
        if word.latch & mask == 0 || line || lr.asks_at_end() || !host.is_empty(index as usize) {
            return false;
        }
        if lr.state.is_pending() {
            word.acknowledged(mask);
        }
        lr.state = LrState::Pending;
        word.latch &= !mask;
        word.publish(mask, lr.state);
        self.latched |= bit(index);
        self.write(index, lr, host);
        true
    }

    /// Brings SGIs and PPIs into list registers that are empty or that they left. Tells whether
    /// that was all; if not, what is done is done and the rest is as it was.
    pub(super) fn flush_private<H: Host>(&mut self, host: &mut H) -> bool {
        self.dirty = false;
        let merging = changed(&self.word);
        if merging != 0 && !self.rearm_all(merging, host) {
            return false;
        }
        let wanted = (self.word.active | self.word.signalled(self.groups)) & !self.word.resident;
        for n in each(wanted) {
            let Some(index) = self.vacant(None, host) else { return false };
            self.place_private(index, n, host);
        }
        if self.loud {
            self.want(Maintenance::default(), host);
        }
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
        let eventful = word.edge | word.hw | word.latch | word.deferred();
        if lr.intid.is_ppi() && eventful & mask == 0 && self.latched & bit(index) == 0 {
            return self.follow(index, lr, host);
        }
        let event = word.latch & word.enabled & word.forwarded(self.groups) & mask != 0;
        let line = word.line & !word.edge & mask != 0;
        let plain = !lr.asks_at_end() && !self.is_v2_sgi(lr.intid.raw());
        if !event || line || !plain || word.deferred() & mask != 0 {
            return false;
        }
        if !host.is_empty(index as usize) {
            return false;
        }
        if lr.state.is_pending() {
            self.word.acknowledged(mask);
        }
        lr.state = LrState::Pending;
        self.word.latch &= !mask;
        self.word.publish(mask, lr.state);
        self.latched |= bit(index);
        self.write(index, lr, host);
        true
    }

    /// Brings the line of a level that software drives into its list register: if it is high, it is looked at
    /// when the interrupt ends; if it is low, the guest's end need not be heard of. One that has ended leaves.
    fn follow<H: Host>(&mut self, index: u32, mut lr: Lr, host: &mut H) -> bool {
        let mask = bit(lr.intid.raw());
        let high = self.word.line & mask != 0;
        let state = host.read(index as usize).state;
        if state.is_pending() && !high {
            // It is withdrawn, and room is made for others.
            return false;
        }
        if lr.state.is_pending() && !state.is_pending() {
            self.word.acknowledged(mask);
        }
        if state == LrState::Invalid {
            // An ended one that asked for maintenance does so until it is overwritten.
            if lr.asks_at_end() {
                host.write(index as usize, Lr::EMPTY);
            }
            self.word.resident &= !mask;
            self.release(index);
            return true;
        }
        lr.state = state;
        lr.origin = Origin::Software { source: 0, eoi: high };
        self.word.publish(mask, state);
        self.write(index, lr, host);
        true
    }

    pub(super) fn is_v2_sgi(&self, intid: u32) -> bool {
        intid < SGIS && self.model.version() == Version::V2
    }

    /// Returns a list register that is empty, or that an interrupt has left.
    pub(super) fn vacant<H: Host>(
        &mut self,
        mut dist: Option<&mut Distributor>,
        host: &mut H,
    ) -> Option<u32> {
        let empty = self.list_registers(host) & !self.used;
        if empty != 0 {
            return Some(empty.trailing_zeros());
        }
        each(self.used).find(|index| {
            let Some(lr) = self.shadow.get(*index as usize).copied() else { return false };
            let intid = lr.intid.raw();
            let simple = match dist.as_deref() {
                _ if intid < PRIVATE => self.word.deferred() & bit(intid) == 0 && !self.is_v2_sgi(intid),
                Some(dist) => dist.word(IntId::new(intid)).is_some_and(|(word, mask)| {
                    (word.deferred() | word.pending()) & mask == 0 && self.owns(dist, intid)
                }),
                None => false,
            };
            // What ELRSR says may be older than the last write of a list register, which reading it is not.
            let ended = |host: &mut H| host.read(*index as usize).state == LrState::Invalid;
            if !simple || !host.is_empty(*index as usize) || !ended(host) {
                return false;
            }
            match dist.as_deref_mut() {
                _ if intid < PRIVATE => self.leave_private(lr),
                Some(dist) => leave_shared(lr, dist),
                None => {}
            }
            self.release(*index);
            true
        })
    }

    fn leave_private(&mut self, lr: Lr) {
        let mask = bit(lr.intid.raw());
        if lr.state.is_pending() {
            self.word.acknowledged(mask);
        }
        self.word.resident &= !mask;
        self.dirty |= self.word.pending() & mask != 0;
    }
}

fn leave_shared(lr: Lr, dist: &mut Distributor) {
    if let Some((word, mask)) = dist.word_mut(lr.intid) {
        if lr.state.is_pending() {
            word.acknowledged(mask);
        }
        word.resident &= !mask;
    }
    if let Some(entry) = dist.spi_mut(lr.intid) {
        entry.owner = NOBODY;
    }
}

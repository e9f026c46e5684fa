//! Bringing what happened to a resident interrupt into its list register.

use super::{Run, VcpuGic};
use crate::bits::bit;
use crate::dist::word_index;
use crate::port::Host;
use crate::word::{Word, each};
use crate::{Distributor, Lr, LrState, Origin, Version};
use arm_spec::gic::PRIVATE;
use types::IntId;

impl VcpuGic {
    /// Brings further events of what is resident, and lines that fell, into the list registers.
    pub(super) fn merge<H: Host>(&mut self, run: &mut Run<'_, H>) {
        let private = changed(&self.word);
        for index in each(self.used) {
            let Some(intid) = self.shadow.get(index as usize).map(|lr| lr.intid.raw()) else { continue };
            let concerned = match run.dist.as_deref() {
                _ if intid < PRIVATE => private,
                Some(dist) if self.owns(dist, intid) => dist.words.get(word_index(intid)).map_or(0, changed),
                _ => 0,
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
            let high = word.line & mask != 0;
            self.follow_line(index, lr, high, run);
            return;
        }
        if lr.is_sgi() && self.model.version() == Version::V2 {
            self.merge_sgi(index, lr, run.host);
            return;
        }
        if lr.state.is_pending() {
            word.latch &= !mask;
            word.publish(mask, lr.state);
            self.latched |= bit(index);
        } else if !word.hw & mask != 0 {
            if word.enabled & word.forwarded(groups & self.interface) & mask != 0 {
                word.latch &= !mask;
                self.latched |= bit(index);
                lr.state = LrState::ActivePending;
            } else {
                lr.origin = Origin::Software { source: 0, eoi: true };
            }
            word.publish(mask, lr.state);
            self.write(index, lr, run.host);
        }
    }

    /// A software level's line changed: one that fell before the guest acknowledged is withdrawn,
    /// unless an event made it pending too; one that is high is looked at when it ends.
    fn follow_line<H: Host>(&mut self, index: u32, mut lr: Lr, high: bool, run: &mut Run<'_, H>) {
        if high {
            if lr.origin == (Origin::Software { source: 0, eoi: false }) {
                lr.origin = Origin::Software { source: 0, eoi: true };
                self.write(index, lr, run.host);
            }
        } else if lr.state == LrState::Pending && self.latched & bit(index) == 0 {
            self.take_one_back(index, run);
        }
    }

    /// Returns the groups in which an SPI may be signalled to this vCPU: none if it is another's,
    /// where it goes once it is no more active here.
    pub(super) fn groups_here(&self, dist: &Distributor, spi: IntId) -> u32 {
        let here = dist.spi(spi).is_some_and(|entry| u16::from(entry.home) == self.id.raw());
        if here { dist.groups } else { 0 }
    }

    /// Version 2: an SGI is pending again while it is resident. What comes from the same sender is
    /// merged; other senders wait for its end, of which the maintenance interrupt tells.
    fn merge_sgi<H: Host>(&mut self, index: u32, mut lr: Lr, host: &mut H) {
        let Origin::Software { source, .. } = lr.origin else { return };
        let mask = bit(lr.intid.raw());
        let same = 1u8.wrapping_shl(u32::from(source));
        let may_signal = self.word.enabled & self.word.forwarded(self.groups & self.interface) & mask != 0;
        let Some(sources) = self.sources.get_mut(lr.intid.raw() as usize) else { return };
        if *sources & same != 0 && (may_signal || lr.state.is_pending()) {
            *sources &= !same;
            self.latched |= bit(index);
            lr.state = LrState::from_halves(true, lr.state.is_active());
        }
        let waiting = *sources != 0;
        crate::word::put(&mut self.word.latch, mask, waiting);
        lr.origin = Origin::Software { source, eoi: waiting };
        self.word.publish(mask, lr.state);
        self.write(index, lr, host);
    }
}

/// Returns the resident interrupts of a word that have a further event, or whose line may differ
/// from what the list register was made for.
#[inline]
pub(super) const fn changed(word: &Word) -> u32 {
    word.resident & (word.latch | (!word.edge & !word.hw))
}

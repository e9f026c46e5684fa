//! Thirty-two interrupts' state, a bit each: one for a vCPU's SGIs and PPIs, one per 32 SPIs.
//!
//! `latch`, `active` hold the state of what is not resident. Of what is, the list register has the
//! state; a `latch` bit then means a further event that is still to be merged. The `clear_*` and
//! `set_*` words are a guest's writes to interrupts resident at another vCPU: its owner applies
//! them when it takes the list register back.

use crate::{LrState, bits::Bits};

/// The state of 32 interrupts with consecutive identifiers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Word {
    pub(crate) enabled: u32,
    /// Group 1 rather than 0.
    pub(crate) group: u32,
    /// Edge-triggered rather than level-sensitive.
    pub(crate) edge: u32,
    /// Pending by an event: an edge, a physical acknowledge, an ISPENDR write.
    pub(crate) latch: u32,
    /// Levels of software-driven lines.
    pub(crate) line: u32,
    pub(crate) active: u32,
    /// Forwarded physical interrupts.
    pub(crate) hw: u32,
    /// Forwarded levels that software made pending: they are, whatever the line is.
    pub(crate) soft: u32,
    /// In a list register.
    pub(crate) resident: u32,
    /// State of resident ones, as their owner last wrote or read it.
    pub(crate) snap_pending: u32,
    pub(crate) snap_active: u32,
    pub(crate) clear_pending: u32,
    pub(crate) clear_active: u32,
    pub(crate) set_active: u32,
    pub(crate) set_pending: u32,
    /// Forwarded SPIs that will not be delivered and whose physical interrupt is still active.
    pub(crate) dropped: u32,
    /// Forwarded SPIs whose physical interrupt is to be made pending.
    pub(crate) raised: u32,
}

/// What became of an interrupt that was taken back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is as the list register had it.
    Kept,
    /// A deferred write ended it, and it stands for a physical interrupt that nobody deactivates.
    Dropped,
}

impl Word {
    /// Returns the interrupts that are pending in the state words.
    #[inline]
    pub(crate) const fn pending(&self) -> u32 {
        self.latch | (self.line & !self.edge)
    }

    /// Returns the interrupts whose group GICD_CTLR forwards.
    #[inline]
    pub(crate) const fn forwarded(&self, groups: u32) -> u32 {
        let group0 = if groups & 1 != 0 { !self.group } else { 0 };
        let group1 = if groups & 2 != 0 { self.group } else { 0 };
        group0 | group1
    }

    /// Returns the pending interrupts that may be signalled.
    #[inline]
    pub(crate) const fn signalled(&self, groups: u32) -> u32 {
        self.pending() & self.enabled & self.forwarded(groups)
    }

    /// Takes an interrupt's state back from a list register. `latched`: its pending half, if any,
    /// came from a latch and not from a line.
    pub(crate) fn take_back(&mut self, mask: u32, state: LrState, latched: u32) -> Taken {
        self.resident &= !mask;
        let mut taken = Taken::Kept;
        if state.is_pending() && latched != 0 {
            if self.clear_pending & mask == 0 {
                self.latch |= mask;
            } else {
                taken = Taken::Dropped;
            }
        }
        if state.is_active() {
            if self.clear_active & mask == 0 {
                self.active |= mask;
            } else {
                taken = Taken::Dropped;
            }
        }
        self.active |= self.set_active & mask;
        if !state.is_pending() {
            self.raised |= self.set_pending & mask;
        }
        self.forget_deferred(mask);
        self.part_active(mask);
        if self.hw & mask == 0 || (self.latch | self.active) & mask != 0 { Taken::Kept } else { taken }
    }

    /// Keeps forwarded interrupts from being both active and latched, for which one physical
    /// activation cannot stand: a level comes again by itself when it ends, others are made pending
    /// physically.
    pub(crate) fn part_active(&mut self, mask: u32) {
        let both = self.latch & self.active & self.hw & mask;
        self.latch &= !both;
        self.raised |= both & (self.edge | self.soft);
    }

    /// Returns the interrupts with deferred writes.
    #[inline]
    pub(crate) const fn deferred(&self) -> u32 {
        self.clear_pending | self.clear_active | self.set_active | self.set_pending
    }

    /// Drops the deferred writes to some interrupts.
    pub(crate) fn forget_deferred(&mut self, mask: u32) {
        self.clear_pending &= !mask;
        self.clear_active &= !mask;
        self.set_active &= !mask;
        self.set_pending &= !mask;
    }

    /// Notes that the guest acknowledged an interrupt.
    pub(crate) fn acknowledged(&mut self, mask: u32) {
        self.soft &= !mask | self.set_pending;
    }

    /// Notes the state of a resident interrupt, for others to read.
    #[inline]
    pub(crate) fn publish(&mut self, mask: u32, state: LrState) {
        put(&mut self.snap_pending, mask, state.is_pending());
        put(&mut self.snap_active, mask, state.is_active());
    }

    /// Returns what ISACTIVER shows, given that the published state is fresh.
    pub(crate) const fn shown_active(&self) -> u32 {
        let resident = self.snap_active & self.resident & !self.clear_active;
        self.active | resident | (self.set_active & self.resident)
    }

    /// Returns what ISPENDR shows, given that the published state is fresh and `high` are the
    /// pending ones among the forwarded physical interrupts. A forwarded level reads as its line.
    pub(crate) const fn shown_pending(&self, high: u32) -> u32 {
        let resident = self.snap_pending & self.resident & !self.clear_pending;
        let by_state = self.latch | resident;
        let hw_level = self.hw & !self.edge & !self.soft;
        let by_line = self.line & !self.edge & !self.hw;
        (by_state & !hw_level) | by_line | (high & self.hw) | (self.set_pending & self.resident)
    }
}

/// Sets or clears the bits of `mask`.
#[inline]
pub(crate) fn put(word: &mut u32, mask: u32, on: bool) {
    *word = if on { *word | mask } else { *word & !mask };
}

/// Iterates over the bits of a word.
#[inline]
pub(crate) fn each(word: u32) -> Bits {
    Bits(word)
}

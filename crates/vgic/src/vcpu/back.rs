//! Taking interrupts back from list registers.

use super::{Run, VcpuGic};
use crate::bits::bit;
use crate::dist::{NOBODY, word_index};
use crate::effects::{Effects, PhysOp};
use crate::mailbox::signal;
use crate::port::{Host, Maintenance};
use crate::word::{Taken, each};
use crate::{Distributor, Lr, LrState, Origin, Version};
use arm_spec::gic::{PRIVATE, SGIS};
use types::IntId;

impl VcpuGic {
    /// Takes every list register back into the state words and empties it, because the vCPU leaves
    /// this CPU. To be called with the distributor if
    /// [`park_wants_distributor`](Self::park_wants_distributor).
    ///
    /// Afterwards [`hw_ppis_active`](Self::hw_ppis_active) is true, and the next flush, on any CPU,
    /// puts back what belongs into list registers.
    pub fn park<H: Host>(&mut self, dist: Option<&mut Distributor>, host: &mut H) -> Effects {
        let run = &mut Run { dist, host, fx: Effects::NONE };
        self.take_all_back(run);
        self.want(Maintenance::default(), run.host);
        // What had waited for room now finds it.
        let waiting = self.candidate_summary | self.word.active | self.word.pending();
        self.dirty |= waiting != 0;
        run.fx
    }

    /// Tells whether [`park`](Self::park) wants the distributor.
    #[inline]
    pub const fn park_wants_distributor(&self) -> bool {
        self.spi_lrs != 0
    }

    /// Takes back all list registers.
    #[inline(never)]
    pub(super) fn take_all_back<H: Host>(&mut self, run: &mut Run<'_, H>) {
        for index in each(self.used) {
            self.take_one_back(index, run);
        }
    }

    /// Takes back one list register, unless it has an SPI and there is no distributor.
    #[inline(never)]
    pub(super) fn take_one_back<H: Host>(&mut self, index: u32, run: &mut Run<'_, H>) {
        let Some(shadow) = self.shadow.get(index as usize).copied() else { return };
        if self.spi_lrs & bit(index) != 0 && run.dist.is_none() {
            return;
        }
        let state = run.host.read(index as usize).state;
        // An ended one that asked for maintenance does so until it is overwritten.
        if state != LrState::Invalid || shadow.asks_at_end() {
            run.host.write(index as usize, Lr::EMPTY);
        }
        let latched = self.latched & bit(index);
        self.note_acknowledge(shadow, state, run);
        self.release(index);
        match &mut run.dist {
            _ if shadow.intid.raw() < PRIVATE => self.take_private(shadow, state, latched, &mut run.fx),
            Some(dist) => self.take_spi(dist, shadow.intid, state, latched),
            None => {}
        }
    }

    /// Takes back the list registers that hold any in `mask` of the 32 interrupts from `first` on.
    #[inline(never)]
    pub(crate) fn take_word_back<H: Host>(
        &mut self,
        first: u32,
        mask: u32,
        dist: Option<&mut Distributor>,
        host: &mut H,
    ) -> Effects {
        let run = &mut Run { dist, host, fx: Effects::NONE };
        for index in each(self.used) {
            let Some(intid) = self.shadow.get(index as usize).map(|lr| lr.intid.raw()) else { continue };
            if intid & !31 == first && mask & bit(intid) != 0 {
                self.take_one_back(index, run);
                self.dirty = true;
            }
        }
        run.fx
    }

    /// Reads a list register again and, if it is empty, ends the interrupt's residence, unless it
    /// has an SPI and there is no distributor. Returns the state.
    #[inline(never)]
    pub(super) fn refresh<H: Host>(&mut self, index: u32, run: &mut Run<'_, H>) -> LrState {
        let state = run.host.read(index as usize).state;
        if self.spi_lrs & bit(index) != 0 && run.dist.is_none() {
            return state;
        }
        let Some(shadow) = self.shadow.get_mut(index as usize) else { return state };
        let before = core::mem::replace(shadow, Lr { state, ..*shadow });
        self.note_acknowledge(before, state, run);
        if !state.is_pending() {
            self.latched &= !bit(index);
        }
        if state == LrState::Invalid {
            self.take_one_back(index, run);
        }
        state
    }

    /// Compares what a list register held with what it holds now.
    fn note_acknowledge<H: Host>(&mut self, before: Lr, now: LrState, run: &mut Run<'_, H>) {
        if !before.state.is_pending() || now.is_pending() {
            return;
        }
        match run.dist.as_deref_mut() {
            _ if before.intid.raw() < PRIVATE => self.word.acknowledged(bit(before.intid.raw())),
            Some(dist) if self.owns(dist, before.intid.raw()) => {
                if let Some((word, mask)) = dist.word_mut(before.intid) {
                    word.acknowledged(mask);
                }
            }
            _ => {}
        }
    }

    /// Tells whether an SPI is this vCPU's. One whose physical interrupt fired again has left its
    /// list register, and may have another owner before this one looked.
    pub(super) fn owns(&self, dist: &Distributor, spi: u32) -> bool {
        dist.spi(IntId::new(spi)).is_some_and(|entry| u16::from(entry.owner) == self.id.raw())
    }

    /// Forgets list registers that an SPI had left before it came back.
    pub(super) fn forget_stale(&mut self, spi: IntId) {
        for index in each(self.spi_lrs) {
            if self.shadow.get(index as usize).is_some_and(|lr| lr.intid == spi) {
                self.release(index);
            }
        }
    }

    /// Forgets a list register.
    pub(super) fn release(&mut self, index: u32) {
        self.used &= !bit(index);
        self.spi_lrs &= !bit(index);
        self.latched &= !bit(index);
    }

    fn take_private(&mut self, lr: Lr, state: LrState, latched: u32, fx: &mut Effects) {
        let mask = bit(lr.intid.raw());
        let cleared = self.word.clear_pending & mask != 0;
        if self.word.take_back(mask, state, latched) == Taken::Dropped {
            fx.deactivate_ppis |= mask;
        }
        // A PPI has no physical half to make pending here: its latch waits for its end instead.
        self.word.latch |= core::mem::take(&mut self.word.raised);
        if lr.intid.raw() < SGIS && self.model.version() == Version::V2 {
            self.take_sgi_source(lr, state, cleared);
        }
        if (self.word.active | self.word.pending()) & mask != 0 {
            self.dirty = true;
        }
    }

    /// Version 2: gives an SGI's source back.
    fn take_sgi_source(&mut self, lr: Lr, state: LrState, cleared: bool) {
        let Origin::Software { source, .. } = lr.origin else { return };
        let id = lr.intid.raw() as usize;
        if state.is_active()
            && let Some(active) = self.active_source.get_mut(id)
        {
            *active = source;
        }
        let Some(sources) = self.sources.get_mut(id) else { return };
        if state.is_pending() && !cleared {
            *sources |= 1u8.wrapping_shl(u32::from(source));
        }
        crate::word::put(&mut self.word.latch, bit(lr.intid.raw()), *sources != 0);
    }

    fn take_spi(&mut self, dist: &mut Distributor, spi: IntId, state: LrState, latched: u32) {
        if !self.owns(dist, spi.raw()) {
            return;
        }
        let Some((word, mask)) = dist.word_mut(spi) else { return };
        if word.take_back(mask, state, latched) == Taken::Dropped {
            word.dropped |= mask;
        }
        if (word.dropped | word.raised) & mask != 0 {
            self.report_soon();
        }
        let (active, pending) = (word.active & mask != 0, word.pending() & mask != 0);
        if let Some(entry) = dist.spi_mut(spi) {
            entry.owner = if active { crate::bits::low8(u32::from(self.id.raw())) } else { NOBODY };
        }
        if active || pending {
            self.add_candidates((spi.raw() >> 5).wrapping_sub(1), mask);
            self.dirty = true;
        }
    }

    /// Publishes the state of what is resident to those who asked.
    pub(super) fn publish(&mut self, asked: u32, dist: Option<&mut Distributor>) {
        if asked & signal::PUBLISH_PRIVATE != 0 {
            self.fresh = true;
            for index in each(self.used & !self.spi_lrs) {
                if let Some(lr) = self.shadow.get(index as usize) {
                    self.word.publish(bit(lr.intid.raw()), lr.state);
                }
            }
        }
        if asked & signal::PUBLISH_SHARED == 0 {
            return;
        }
        match dist {
            Some(dist) => self.publish_spis(dist),
            // Asked after the look at the mailbox: a flush with the distributor follows.
            None => {
                self.work |= signal::PUBLISH_SHARED;
                self.dirty = true;
            }
        }
    }

    fn publish_spis(&self, dist: &mut Distributor) {
        for index in each(self.spi_lrs) {
            let Some(lr) = self.shadow.get(index as usize) else { continue };
            if self.owns(dist, lr.intid.raw())
                && let Some(word) = dist.words.get_mut(word_index(lr.intid.raw()))
            {
                word.publish(bit(lr.intid.raw()), lr.state);
            }
        }
        dist.fresh.insert(self.id);
    }

    /// Reads this CPU's list registers with any of 32 interrupts from `first` on, and publishes
    /// their state.
    #[inline(never)]
    pub(crate) fn publish_word<H: Host>(&mut self, first: u32, dist: Option<&mut Distributor>, host: &mut H) {
        let run = &mut Run { dist, host, fx: Effects::NONE };
        for index in each(self.used) {
            let Some(intid) = self.shadow.get(index as usize).map(|lr| lr.intid.raw()) else { continue };
            if intid & !31 != first {
                continue;
            }
            let state = self.refresh(index, run);
            match run.dist.as_deref_mut() {
                _ if intid < PRIVATE => self.word.publish(bit(intid), state),
                Some(dist) if self.owns(dist, intid) => {
                    if let Some(word) = dist.words.get_mut(word_index(intid)) {
                        word.publish(bit(intid), state);
                    }
                }
                _ => {}
            }
        }
    }

    /// Reports physical SPIs to deactivate or to make pending, one word's at a time.
    pub(super) fn report_words(&mut self, dist: &mut Distributor, fx: &mut Effects) {
        for (index, word) in dist.words.iter_mut().enumerate() {
            if word.dropped | word.raised == 0 {
                continue;
            }
            if fx.phys != PhysOp::None {
                self.report_soon();
                return;
            }
            let base = IntId::new(crate::dist::first_of(index));
            fx.phys = match core::mem::take(&mut word.dropped) {
                0 => PhysOp::SetPending { base, mask: core::mem::take(&mut word.raised) },
                mask => PhysOp::ClearActive { base, mask },
            };
            if word.raised != 0 {
                self.report_soon();
                return;
            }
        }
    }

    /// Returns the sender, as a bit, of a resident SGI that is pending.
    pub(crate) fn resident_source(&self, sgi: u32) -> u8 {
        let found = each(self.used & !self.spi_lrs).find_map(|index| {
            let lr = self.shadow.get(index as usize)?;
            match lr.origin {
                Origin::Software { source, .. } if lr.intid.raw() == sgi && lr.state.is_pending() => {
                    Some(1u8.wrapping_shl(u32::from(source)))
                }
                _ => None,
            }
        });
        found.unwrap_or(0)
    }
}

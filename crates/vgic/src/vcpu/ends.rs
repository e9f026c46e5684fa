//! Ends of active interrupts that are in no list register.
//!
//! More can be active than there are list registers, when interrupts nest or the guest separates
//! priority drop and deactivation. The guest's end of one that is in none is only counted by the
//! hardware; since a guest ends its interrupts in the order of their priorities, the one meant is
//! the waiting active one of the highest priority.

use super::{Run, VcpuGic};
use crate::bits::bit;
use crate::dist::{NOBODY, first_of};
use crate::port::Host;
use crate::word::each;
use types::IntId;

impl VcpuGic {
    /// Deactivates as many waiting interrupts as the guest ended unlisted.
    pub(super) fn end_unlisted<H: Host>(&mut self, run: &mut Run<'_, H>) {
        for _ in 0..core::mem::take(&mut self.unlisted_ends) {
            let private = self.best_active_private();
            let shared = self.best_active_shared(run);
            match (private, shared) {
                (Some((mine, n)), other) if other.is_none_or(|(theirs, _)| mine <= theirs) => {
                    self.word.active &= !bit(n);
                    run.fx.deactivate_ppis |= bit(n) & self.word.hw;
                }
                (_, Some((_, spi))) => self.end_spi(spi, run),
                _ => return,
            }
        }
    }

    fn best_active_private(&self) -> Option<(u8, u32)> {
        let ranked = each(self.word.active).filter_map(|n| Some((*self.priority.get(n as usize)?, n)));
        ranked.min()
    }

    fn best_active_shared<H: Host>(&self, run: &Run<'_, H>) -> Option<(u8, u32)> {
        let dist = run.dist.as_deref()?;
        let words = each(self.candidate_summary).filter_map(|index| {
            let active = dist.words.get(index as usize)?.active & *self.candidates.get(index as usize)?;
            let spis = each(active).map(move |n| first_of(index as usize) | n);
            let mine = spis.filter(|spi| self.owns(dist, *spi));
            mine.filter_map(|spi| Some((dist.spi(IntId::new(spi))?.priority, spi))).min()
        });
        words.min()
    }

    fn end_spi<H: Host>(&mut self, spi: u32, run: &mut Run<'_, H>) {
        let Some(dist) = run.dist.as_deref_mut() else { return };
        if let Some(entry) = dist.spi_mut(IntId::new(spi)) {
            entry.owner = NOBODY;
        }
        if let Some((word, mask)) = dist.word_mut(IntId::new(spi)) {
            word.active &= !mask;
            word.dropped |= mask & word.hw;
            if mask & word.hw != 0 {
                self.report_soon();
            }
        }
    }
}

//! Choosing what belongs into list registers.
//!
//! All that is active or may be signalled is ordered by priority, what is active first among
//! equals; the first few belong into list registers. The order is total over what is resident and
//! what waits, so replacing one by the other ends. One list register is kept for the best pending
//! interrupt, whatever is active: a guest may leave any number active.

use super::{MAX_LRS, Run, VcpuGic};
use crate::bits::bit;
use crate::dist::first_of;
use crate::port::{Host, Maintenance};
use crate::word::each;

/// Priority, then active before pending: lower belongs more.
#[inline]
pub(super) fn rank(priority: u8, active: bool) -> u16 {
    u16::from(priority) << 1 | u16::from(!active)
}

/// Notes that an interrupt of some rank is in no list register.
#[inline]
pub(super) fn leave(left: &mut Maintenance, rank: u16) {
    let active = is_active(rank);
    left.underflow |= active;
    left.unlisted |= active;
    left.no_pending |= !active;
}

/// Tells whether a rank is that of an active interrupt.
#[inline]
pub(super) const fn is_active(rank: u16) -> bool {
    rank & 1 == 0
}

/// The best few waiting interrupts, best first.
pub(super) struct Chosen {
    entries: [(u16, u16); MAX_LRS],
    len: usize,
    room: usize,
    best_pending: Option<(u16, u16)>,
    /// What did not fit, as maintenance has to know.
    pub(super) left: Maintenance,
}

impl Chosen {
    fn new(room: usize) -> Self {
        Self {
            entries: [(0, 0); MAX_LRS],
            len: 0,
            room: room.clamp(1, MAX_LRS),
            best_pending: None,
            left: Maintenance::default(),
        }
    }

    fn offer(&mut self, rank: u16, intid: u32) {
        let Ok(id) = u16::try_from(intid) else { return };
        if !is_active(rank) && self.best_pending.is_none_or(|(best, _)| rank < best) {
            self.best_pending = Some((rank, id));
        }
        let listed = self.entries.get(..self.len).unwrap_or_default();
        if self.len == self.room && listed.last().is_some_and(|(last, _)| rank >= *last) {
            leave(&mut self.left, rank);
            return;
        }
        let at = listed.iter().position(|(other, _)| rank < *other).unwrap_or(self.len);
        if self.len < self.room {
            self.len = self.len.saturating_add(1);
        } else {
            // The worst falls out.
            leave(&mut self.left, listed.last().map_or(rank, |(last, _)| *last));
        }
        let mut moved = (rank, id);
        for entry in self.entries.get_mut(at..self.len).unwrap_or_default() {
            core::mem::swap(entry, &mut moved);
        }
    }

    /// Returns rank and identifier of the best that is not active, listed or not.
    pub(super) fn best_pending(&self) -> Option<(u16, u32)> {
        self.best_pending.map(|(rank, id)| (rank, u32::from(id)))
    }

    /// Returns rank and identifier of each, best first.
    pub(super) fn entry(&self, index: usize) -> Option<(u16, u32)> {
        let (rank, id) = self.entries.get(..self.len)?.get(index)?;
        Some((*rank, u32::from(*id)))
    }
}

impl VcpuGic {
    /// Chooses among what is not resident. Candidates found to be no business of this vCPU leave
    /// the list; one that should be another's is dispatched to it.
    pub(super) fn choose<H: Host>(&mut self, run: &mut Run<'_, H>) -> Chosen {
        let mut chosen = Chosen::new(run.host.count());
        let wanted = (self.word.active | self.word.signalled(self.groups)) & !self.word.resident;
        for n in each(wanted) {
            let priority = self.priority.get(n as usize).copied().unwrap_or(0);
            chosen.offer(rank(priority, self.word.active & bit(n) != 0), n);
        }
        if self.candidate_summary != 0 {
            self.choose_spis(run, &mut chosen);
        }
        chosen
    }

    fn choose_spis<H: Host>(&mut self, run: &mut Run<'_, H>, chosen: &mut Chosen) {
        let Run { dist: Some(dist), host, fx } = run else {
            self.dirty = true;
            return;
        };
        for index in each(self.candidate_summary) {
            let (Some(candidates), Some(word)) =
                (self.candidates.get_mut(index as usize), dist.words.get(index as usize))
            else {
                continue;
            };
            let wanted = (word.active | word.signalled(dist.groups)) & !word.resident;
            let (active, offered) = (word.active, *candidates & wanted);
            let mut kept = offered;
            for n in each(offered) {
                let intid = first_of(index as usize) | n;
                let Some(spi) = dist.spi(types::IntId::new(intid)) else { continue };
                let is_active = active & bit(n) != 0;
                let holder = if is_active && spi.owner != crate::dist::NOBODY { spi.owner } else { spi.home };
                if u16::from(holder) == self.id.raw() {
                    chosen.offer(rank(spi.priority, is_active), intid);
                } else {
                    kept &= !bit(n);
                    dist.dispatch(intid, *host, fx);
                }
            }
            *candidates = kept;
            if kept == 0 {
                self.candidate_summary &= !bit(index);
            }
        }
    }
}

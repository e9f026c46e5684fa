//! Choosing what belongs into list registers.
//!
//! All that is active or may be signalled is ordered by priority, what is active first among
//! equals; the first few belong into list registers. The order is total over what is resident and
//! what waits, so replacing one by the other ends. One list register is kept for the best pending
//! interrupt that can be acknowledged, whatever is active: a guest may leave any number active.

use super::{MAX_LRS, Run, VcpuGic};
use crate::bits::{bit, low8};
use crate::dist::{NOBODY, first_of};
use crate::port::{Host, Maintenance};
use crate::word::each;

/// Set in the rank of what is pending in a group that the guest's CPU interface does not signal.
const MUTE: u16 = 1 << 10;

/// Priority, then active before pending, then what is mute: lower belongs more.
#[inline]
pub(super) fn rank(priority: u8, active: bool, mute: bool) -> u16 {
    let mute = if mute && !active { MUTE } else { 0 };
    u16::from(priority) << 1 | u16::from(!active) | mute
}

/// Tells whether a rank is that of an interrupt that the guest may acknowledge.
#[inline]
pub(super) const fn is_signalled(rank: u16) -> bool {
    rank & (MUTE | 1) == 1
}

/// What is in no list register: something active, something signalled, something mute.
#[derive(Clone, Copy, Default)]
pub(super) struct Left(u32);

impl Left {
    /// Notes an interrupt of some rank.
    #[inline]
    pub(super) fn add(&mut self, rank: u16) {
        self.0 |= 1 << (rank & 1) << (rank >> 9 & 2);
    }

    /// Tells whether something that may be acknowledged is left.
    pub(super) const fn has_signalled(self) -> bool {
        self.0 & 2 != 0
    }

    /// Returns what maintenance that asks for, while the CPU interface signals `groups`.
    pub(super) const fn maintenance(self, groups: u32) -> Maintenance {
        let (active, signalled, mute) = (self.0 & 1 != 0, self.0 & 2 != 0, self.0 & 8 != 0);
        Maintenance {
            underflow: active,
            unlisted: active,
            no_pending: signalled,
            group_enabled: if mute { !groups & 3 } else { 0 },
            group_disabled: if signalled { groups & 3 } else { 0 },
        }
    }
}

/// The best few waiting interrupts, best first.
pub(super) struct Chosen {
    entries: [(u16, u16); MAX_LRS],
    len: usize,
    room: usize,
    /// Rank of the last entry once there is no more room: nothing from it on is listed.
    bar: u16,
    best_pending: (u16, u16),
    /// What did not fit.
    pub(super) left: Left,
}

/// Above every rank.
const NO_RANK: u16 = u16::MAX;

impl Chosen {
    fn new(room: usize) -> Self {
        Self {
            entries: [(NO_RANK, 0); MAX_LRS],
            len: 0,
            room: room.clamp(1, MAX_LRS),
            bar: NO_RANK,
            best_pending: (NO_RANK, 0),
            left: Left::default(),
        }
    }

    /// Considers one more. Most of many are turned away at once: a guest can have a thousand wait.
    #[inline]
    fn offer(&mut self, rank: u16, intid: u32) {
        if rank >= self.bar && (!is_signalled(rank) || rank >= self.best_pending.0) {
            self.left.add(rank);
        } else if let Ok(id) = u16::try_from(intid) {
            self.insert(rank, id);
        }
    }

    fn insert(&mut self, rank: u16, id: u16) {
        if is_signalled(rank) && rank < self.best_pending.0 {
            self.best_pending = (rank, id);
        }
        let mut moved = (rank, id);
        for entry in self.entries.get_mut(..self.len).unwrap_or_default() {
            if moved.0 < entry.0 {
                core::mem::swap(entry, &mut moved);
            }
        }
        if self.len == self.room {
            self.left.add(moved.0);
        } else if let Some(entry) = self.entries.get_mut(self.len) {
            *entry = moved;
            self.len = self.len.saturating_add(1);
        }
        if self.len == self.room {
            self.bar = self.entries.get(self.len.saturating_sub(1)).map_or(NO_RANK, |(rank, _)| *rank);
        }
    }

    /// Returns rank and identifier of the best that may be acknowledged, listed or not.
    pub(super) fn best_pending(&self) -> Option<(u16, u32)> {
        let (rank, id) = self.best_pending;
        (rank != NO_RANK).then_some((rank, u32::from(id)))
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
            let mute = self.word.forwarded(self.interface) & bit(n) == 0;
            chosen.offer(rank(priority, self.word.active & bit(n) != 0, mute), n);
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
        let me = low8(u32::from(self.id.raw()));
        for index in each(self.candidate_summary) {
            let first = first_of(index as usize);
            let (Some(candidates), Some(word)) =
                (self.candidates.get_mut(index as usize), dist.words.get(index as usize))
            else {
                continue;
            };
            let wanted = (word.active | word.signalled(dist.groups)) & !word.resident;
            let heard = word.forwarded(self.interface);
            let spis = dist.spis.get((index as usize).wrapping_mul(32)..).unwrap_or_default();
            let mut others = 0;
            for n in each(*candidates & wanted) {
                let Some(spi) = spis.get(n as usize) else { continue };
                let is_active = word.active & bit(n) != 0;
                let holder = if is_active && spi.owner != NOBODY { spi.owner } else { spi.home };
                if holder == me {
                    chosen.offer(rank(spi.priority, is_active, heard & bit(n) == 0), first | n);
                } else {
                    others |= bit(n);
                }
            }
            *candidates &= wanted & !others;
            if *candidates == 0 {
                self.candidate_summary &= !bit(index);
            }
            dist.dispatch_word(index as usize, others, *host, fx);
        }
    }
}

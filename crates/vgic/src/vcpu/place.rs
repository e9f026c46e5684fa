//! Putting interrupts into list registers, and making room there.

use super::choose::{Chosen, Left, is_signalled, rank};
use super::{MAX_LRS, Run, VcpuGic, work};
use crate::bits::{bit, low8, low32};
use crate::dist::word_index;
use crate::port::{Host, ListRegs, Maintenance};
use crate::word::{Word, each};
use crate::{Distributor, Lr, LrState, Origin};
use arm_spec::gic::{PRIVATE, SGIS};
use types::IntId;

impl VcpuGic {
    /// Places the chosen ones, best first, into empty list registers or those less needed.
    pub(super) fn place_all<H: Host>(&mut self, chosen: &Chosen, run: &mut Run<'_, H>) {
        let mut left = chosen.left;
        let mut pending_placed = false;
        let mut next = 0usize;
        while let Some((rank, intid)) = chosen.entry(next) {
            next = next.saturating_add(1);
            let placed = self.place(rank, intid, run, &mut left);
            pending_placed |= placed && is_signalled(rank);
        }
        // It may have fallen out of the list behind what is active.
        if let (false, Some((rank, intid))) = (pending_placed, chosen.best_pending()) {
            self.place(rank, intid, run, &mut left);
        }
        if left.has_signalled() && self.has_mute_end() {
            self.work |= work::RECALL;
            self.dirty = true;
        }
        self.want(left.maintenance(self.interface), run.host);
    }

    /// Tells whether a list register will, at its interrupt's end, hold one that is pending in a
    /// group that the CPU interface has ceased to signal.
    fn has_mute_end(&self) -> bool {
        each(self.used).filter_map(|index| self.shadow.get(index as usize)).any(|lr| {
            let mute = self.interface & if lr.group1 { 2 } else { 1 } == 0;
            mute && lr.state == LrState::ActivePending
        })
    }

    fn place<H: Host>(&mut self, rank: u16, intid: u32, run: &mut Run<'_, H>, left: &mut Left) -> bool {
        let Some(index) = self.make_room(rank, run, left) else {
            left.add(rank);
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
            self.loud = wanted != Maintenance::default();
            host.set_maintenance(wanted);
        }
    }

    /// Returns the mask of the list registers that there are.
    #[inline]
    pub(super) fn list_registers<R: ListRegs>(&self, host: &mut R) -> u32 {
        let count = u32::from(low8(low32(host.count().min(MAX_LRS) as u64)));
        bit(count).wrapping_sub(1)
    }

    /// Finds a list register for an interrupt of some rank; what has to leave adds to what is left.
    fn make_room<H: Host>(&mut self, rank: u16, run: &mut Run<'_, H>, left: &mut Left) -> Option<u32> {
        let all = self.list_registers(run.host);
        if all & !self.used == 0 && !self.swept {
            self.sweep_all(run);
        }
        let empty = all & !self.used;
        if empty != 0 {
            return Some(empty.trailing_zeros());
        }
        if run.dist.is_none() && self.spi_lrs != 0 {
            self.work |= work::ROOM;
            self.dirty = true;
        }
        let (worst, index) = self.least_needed(rank)?;
        self.take_one_back(index, run);
        left.add(worst);
        (self.used & bit(index) == 0).then_some(index)
    }

    /// Returns the occupied list register that an interrupt of some rank may take, and its rank.
    fn least_needed(&self, rank: u16) -> Option<(u16, u32)> {
        let ranked = each(self.used).filter_map(|index| {
            let lr = self.shadow.get(index as usize)?;
            let mute = self.interface & if lr.group1 { 2 } else { 1 } == 0;
            Some((self::rank(lr.priority, lr.state.is_active(), mute), index))
        });
        let signalled = ranked.clone().filter(|(other, _)| is_signalled(*other)).count();
        if signalled == 0 && is_signalled(rank) {
            return ranked.max();
        }
        let kept = |other: u16| signalled == 1 && !is_signalled(rank) && is_signalled(other);
        ranked.filter(|(other, _)| *other > rank && !kept(*other)).max()
    }

    #[inline(never)]
    pub(super) fn place_private<H: Host>(&mut self, index: u32, intid: u32, host: &mut H) {
        let priority = self.priority.get(intid as usize).copied().unwrap_or(0);
        let pintid = self.pintid.get(intid.wrapping_sub(SGIS) as usize).copied().unwrap_or(0);
        let (mut lr, latched) = compose(&mut self.word, intid, (self.groups, self.interface), pintid);
        lr.priority = priority;
        if self.is_v2_sgi(intid) {
            self.name_source(&mut lr);
        }
        self.word.publish(bit(intid), lr.state);
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

    #[inline(never)]
    pub(super) fn place_spi<H: Host>(
        &mut self,
        index: u32,
        intid: u32,
        dist: &mut Distributor,
        host: &mut H,
    ) {
        let id = IntId::new(intid);
        let groups = self.groups_here(dist, id);
        let me = low8(u32::from(self.id.raw()));
        self.forget_stale(id);
        let Some(spi) = dist.spi_mut(id) else { return };
        spi.owner = me;
        let (priority, pintid) = (spi.priority, spi.pintid);
        let Some((word, mask)) = dist.word_mut(id) else { return };
        let (mut lr, latched) = compose(word, intid, (groups, self.interface), pintid);
        word.publish(mask, lr.state);
        lr.priority = priority;
        if let Some(candidates) = self.candidates.get_mut(word_index(intid)) {
            *candidates &= !mask;
        }
        crate::word::put(&mut self.latched, bit(index), latched);
        self.spi_lrs |= bit(index);
        self.write(index, lr, host);
    }

    #[inline]
    pub(super) fn write<R: ListRegs>(&mut self, index: u32, lr: Lr, host: &mut R) {
        if let Some(shadow) = self.shadow.get_mut(index as usize) {
            *shadow = lr;
            self.used |= bit(index);
            if let Some(at) = self.private_lrs.get_mut(lr.intid.index()) {
                *at = low8(index);
                let plain = lr.state == LrState::Pending && !lr.asks_at_end();
                crate::word::put(&mut self.again, bit(lr.intid.raw()), plain);
            }
            host.write(index as usize, lr);
        }
    }
}

/// Moves an interrupt's state out of a word into a list register. Tells whether the pending half
/// came from a latch. `groups` are those that the distributor forwards, and that the CPU interface
/// signals.
fn compose(word: &mut Word, intid: u32, groups: (u32, u32), pintid: u16) -> (Lr, bool) {
    let mask = bit(intid);
    let active = word.active & mask != 0;
    let hw = word.hw & mask != 0;
    // What is active waits with a level until its end, and cannot be pending with a physical
    // interrupt behind it (GIC IHI 0069H 12.4.5, ICH_LR<n>_EL2.State).
    // Nor is it to become, at its end, pending in a group that the CPU interface does not signal:
    // then nothing would tell when the register is needed for another.
    let (forwarded, signalled) = groups;
    let pending = match active {
        false => word.signalled(forwarded) & mask != 0,
        true => word.signalled(forwarded & signalled) & word.latch & !word.hw & mask != 0,
    };
    let latched = pending && word.latch & mask != 0;
    if latched {
        word.latch &= !mask;
    }
    word.active &= !mask;
    word.resident |= mask;
    // What is left, a level or an event that cannot be signalled here now, is looked at at its end.
    let eoi = (word.latch | (word.line & !word.edge)) & mask != 0;
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

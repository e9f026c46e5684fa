//! Private interrupts that the CPU of a running vCPU raises itself: straight into a list register.
//!
//! Most of them come alone, to a vCPU whose list registers hold all that belongs there, and either have
//! their old one, which the guest has emptied, or find an empty one. Then nothing is ranked, drained or
//! read but that. Whatever is else waits for the flush.

use super::{MAX_LRS, VcpuGic};
use crate::bits::{bit, low8, low32};
use crate::port::ListRegs;
use crate::sgi::SgiGroup;
use crate::{Error, Level, Lr, LrState, Mailbox, Origin};
use arm_spec::gic::{PRIVATE, SGIS};
use types::IntId;

impl VcpuGic {
    /// Makes a forwarded PPI pending: this CPU acknowledged it while the vCPU runs here;
    /// `mailbox` is its own.
    ///
    /// # Errors
    /// [`Error::NoSuchInterrupt`] if it is not forwarded.
    #[inline]
    pub fn deliver_hw_ppi<R: ListRegs>(
        &mut self,
        ppi: IntId,
        mailbox: &Mailbox,
        regs: &mut R,
    ) -> Result<(), Error> {
        if ppi.raw() >= PRIVATE || self.word.hw & bit(ppi.raw()) == 0 {
            return Err(Error::NoSuchInterrupt);
        }
        self.deliver_private((ppi.raw(), 0), mailbox, regs);
        Ok(())
    }

    /// Makes a PPI, one of the numbers modulo 32, pending by an event, on the CPU that runs this vCPU.
    #[inline]
    pub fn deliver_ppi<R: ListRegs>(&mut self, ppi: IntId, mailbox: &Mailbox, regs: &mut R) {
        self.deliver_private((ppi.raw() & PRIVATE.wrapping_sub(1) | SGIS, 0), mailbox, regs);
    }

    /// Makes an SGI pending that this vCPU sends itself.
    #[inline]
    pub fn deliver_own_sgi<R: ListRegs>(
        &mut self,
        sgi: IntId,
        group: SgiGroup,
        mailbox: &Mailbox,
        regs: &mut R,
    ) {
        let id = sgi.raw() & (SGIS.wrapping_sub(1));
        let in_group1 = self.word.group & bit(id) != 0;
        let meant = match group {
            SgiGroup::Zero => !in_group1,
            SgiGroup::One => in_group1,
            SgiGroup::Any => true,
        };
        if meant {
            let source = if self.is_v2_sgi(id) { low8(u32::from(self.id.raw())) & 7 } else { 0 };
            self.deliver_private((id, source), mailbox, regs);
        }
    }

    /// Puts a private interrupt into a list register, or has the next flush do so; `source` is version 2's of
    /// an SGI.
    #[inline(always)]
    fn deliver_private<R: ListRegs>(&mut self, (id, source): (u32, u8), mailbox: &Mailbox, regs: &mut R) {
        let settled = !(self.dirty | self.loud) && !mailbox.holds_any();
        let delivered = settled
            && if self.word.resident & self.again & bit(id) != 0 {
                self.deliver_again((id, source), regs)
            } else {
                self.deliver_anew((id, source), regs)
            };
        if !delivered {
            self.deliver_later(id);
        }
    }

    /// Makes an interrupt pending in the list register that it has, if the guest has ended it there.
    #[inline(always)]
    fn deliver_again<R: ListRegs>(&mut self, (id, source): (u32, u8), regs: &mut R) -> bool {
        let mask = bit(id);
        let index = self.private_lrs.get(id as usize).map_or(0, |index| usize::from(*index));
        let Some(shadow) = self.shadow.get_mut(index) else { return false };
        if self.word.hw & mask == 0 {
            if !regs.is_empty(index) {
                return self.joins((id, source), index, regs);
            }
            shadow.origin = Origin::Software { source, eoi: false };
            return self.write_again(index, Origin::Software { source, eoi: false }, regs);
        }
        // A physical one comes again only because the guest has deactivated it: it has left.
        let Origin::Hardware { pintid } = shadow.origin else { return false };
        if self.word.soft & mask != 0 && shadow.state.is_pending() {
            self.word.acknowledged(mask);
        }
        self.write_again(index, Origin::Hardware { pintid }, regs)
    }

    /// Writes a list register once more, with the same interrupt pending; inline, so that what is encoded is
    /// known to be of one kind.
    #[inline(always)]
    fn write_again<R: ListRegs>(&mut self, index: usize, origin: Origin, regs: &mut R) -> bool {
        let Some(shadow) = self.shadow.get_mut(index) else { return false };
        shadow.state = LrState::Pending;
        self.latched |= bit(low32(index as u64));
        let Lr { intid, priority, group1, .. } = *shadow;
        regs.write(index, Lr { intid, priority, group1, state: LrState::Pending, origin });
        true
    }

    /// Tells whether an event adds nothing: the guest has not acknowledged the one before.
    #[inline(never)]
    fn joins<R: ListRegs>(&self, (id, source): (u32, u8), index: usize, regs: &mut R) -> bool {
        let now = regs.read(index);
        let same = !self.is_v2_sgi(id) || now.origin == Origin::Software { source, eoi: false };
        now.state.is_pending() && same
    }

    /// Puts an interrupt that may be signalled into an empty list register, if there is one.
    #[inline(always)]
    fn deliver_anew<R: ListRegs>(&mut self, (id, source): (u32, u8), regs: &mut R) -> bool {
        let mask = bit(id);
        let empty = self.list_registers(regs) & !self.used;
        let open = self.word.enabled & self.word.forwarded(self.groups) & !self.word.resident;
        if empty == 0 || open & mask == 0 {
            return false;
        }
        let pintid = self.pintid.get(id.wrapping_sub(SGIS) as usize).copied().unwrap_or(0);
        let origin = match self.word.hw & mask {
            0 => Origin::Software { source, eoi: false },
            _ => Origin::Hardware { pintid },
        };
        let lr = Lr {
            intid: IntId::new(id),
            priority: self.priority.get(id as usize).copied().unwrap_or(0),
            group1: self.word.group & mask != 0,
            state: LrState::Pending,
            origin,
        };
        let index = empty.trailing_zeros();
        self.latched |= bit(index);
        self.word.resident |= mask;
        self.word.publish(mask, LrState::Pending);
        self.write(index, lr, regs);
        true
    }

    /// Sets the line of a software PPI of this vCPU, on the CPU that runs it; `mailbox` is its own. Whoever
    /// sets a line so does not set it by [`Mailbox::set_ppi_line`] too.
    #[inline]
    pub fn set_own_line<R: ListRegs>(&mut self, ppi: IntId, level: Level, mailbox: &Mailbox, regs: &mut R) {
        let mask = bit(ppi.raw());
        let high = level == Level::High;
        if ppi.is_ppi() && (self.word.line & mask != 0) != high {
            self.turn_line(ppi.raw(), high, mailbox, regs);
        }
    }

    #[inline(never)]
    fn turn_line<R: ListRegs>(&mut self, id: u32, high: bool, mailbox: &Mailbox, regs: &mut R) {
        let mask = bit(id);
        crate::word::put(&mut self.word.line, mask, high);
        mailbox.note_line(mask, high);
        let settled = !(self.dirty | self.loud) && !mailbox.holds_any();
        let plain = (self.word.edge | self.word.hw | self.word.latch) & mask == 0;
        let turned = settled && plain && if high { self.raise(id, regs) } else { self.lower(id, regs) };
        if !turned {
            if high {
                self.word.latch |= mask & self.word.edge;
            }
            self.dirty = true;
        }
    }

    /// Makes a level pending in a list register that is empty or that it has left. At its end it is looked
    /// at again.
    fn raise<R: ListRegs>(&mut self, id: u32, regs: &mut R) -> bool {
        let mask = bit(id);
        let index = if self.word.resident & mask == 0 {
            (self.list_registers(regs) & !self.used).trailing_zeros()
        } else {
            let index = self.private_lrs.get(id as usize).map_or(0, |index| u32::from(*index));
            let left = self.shadow.get(index as usize).is_some_and(|lr| !lr.asks_at_end());
            if !left || !regs.is_empty(index as usize) {
                return false;
            }
            index
        };
        if index as usize >= MAX_LRS || self.word.enabled & self.word.forwarded(self.groups) & mask == 0 {
            return false;
        }
        let lr = Lr {
            intid: IntId::new(id),
            priority: self.priority.get(id as usize).copied().unwrap_or(0),
            group1: self.word.group & mask != 0,
            state: LrState::Pending,
            origin: Origin::Software { source: 0, eoi: true },
        };
        self.latched &= !bit(index);
        self.word.resident |= mask;
        self.word.publish(mask, LrState::Pending);
        self.write(index, lr, regs);
        true
    }

    /// Withdraws a level that the guest has not acknowledged; has one that it has end without a question.
    fn lower<R: ListRegs>(&mut self, id: u32, regs: &mut R) -> bool {
        let mask = bit(id);
        if self.word.resident & mask == 0 {
            return true;
        }
        let index = self.private_lrs.get(id as usize).map_or(0, |index| u32::from(*index));
        let Some(shadow) = self.shadow.get(index as usize).copied() else { return false };
        match regs.read(index as usize).state {
            LrState::Pending if self.latched & bit(index) == 0 => {
                regs.write(index as usize, Lr::EMPTY);
                self.release(index);
                self.word.resident &= !mask;
            }
            LrState::Active => {
                let origin = Origin::Software { source: 0, eoi: false };
                self.word.publish(mask, LrState::Active);
                self.write(index, Lr { state: LrState::Active, origin, ..shadow }, regs);
            }
            _ => return false,
        }
        true
    }

    /// Makes a private interrupt pending for the flush to bring it.
    #[cold]
    #[inline(never)]
    fn deliver_later(&mut self, id: u32) {
        debug_assert!(id < PRIVATE);
        if id < SGIS {
            let source = low8(bit(u32::from(self.id.raw()) & 7));
            self.add_sgi(id, source);
        } else {
            self.word.latch |= bit(id);
        }
        self.dirty = true;
    }
}

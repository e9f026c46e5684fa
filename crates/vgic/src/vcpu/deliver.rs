//! Private interrupts that the CPU of a running vCPU raises itself: straight into a list register.
//!
//! Most of them come alone, to a vCPU whose list registers hold all that belongs there, and either have
//! their old one, which the guest has emptied, or find an empty one. Then nothing is ranked, drained or
//! read but that. Whatever is else waits for the flush.

use super::VcpuGic;
use crate::bits::{bit, low8, low32};
use crate::port::ListRegs;
use crate::sgi::SgiGroup;
use crate::{Error, Lr, LrState, Mailbox, Origin};
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

    /// Makes a PPI pending by an event, on the CPU that runs this vCPU.
    #[inline]
    pub fn deliver_ppi<R: ListRegs>(&mut self, ppi: IntId, mailbox: &Mailbox, regs: &mut R) {
        if ppi.is_ppi() {
            self.deliver_private((ppi.raw(), 0), mailbox, regs);
        }
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
        let Some(lr) = self.shadow.get_mut(index) else { return false };
        // A physical one comes again only because the guest has deactivated it: it has left.
        if self.word.hw & mask == 0 {
            if !regs.is_empty(index) {
                return false;
            }
            lr.origin = Origin::Software { source, eoi: false };
        } else if self.word.soft & mask != 0 && lr.state.is_pending() {
            self.word.acknowledged(mask);
        }
        lr.state = LrState::Pending;
        self.latched |= bit(low32(index as u64));
        regs.write(index, *lr);
        true
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

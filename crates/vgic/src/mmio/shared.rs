//! The SPIs' registers with a bit for each interrupt.

use super::{Bank, replaced};
use crate::bits::low8;
use crate::dist::{NOBODY, first_of};
use crate::effects::{Effects, PhysOp};
use crate::mailbox::{Posted, signal};
use crate::port::Host;
use crate::word::{Word, each};
use crate::{Distributor, VcpuGic, VcpuSet};
use arm_spec::gic::SPI_END;
use types::IntId;

impl VcpuGic {
    /// Reads 32 SPIs' bits; or whom to kick where their state is elsewhere.
    pub(super) fn read_shared<H: Host>(
        &mut self,
        dist: &mut Distributor,
        bank: Bank,
        n: u32,
        host: &mut H,
    ) -> Result<u32, VcpuSet> {
        let index = n.wrapping_sub(1) as usize;
        let Some(word) = dist.words.get(index).copied() else { return Ok(0) };
        match bank {
            Bank::Group => return Ok(word.group),
            Bank::SetEnable | Bank::ClearEnable => return Ok(word.enabled),
            _ => {}
        }
        if word.resident == 0 {
            dist.fresh = VcpuSet::EMPTY;
        } else {
            self.publish_word(n << 5, Some(dist), host);
            self.await_others(dist, index, host)?;
        }
        let Some(word) = dist.words.get(index) else { return Ok(0) };
        if matches!(bank, Bank::SetActive | Bank::ClearActive) {
            return Ok(word.shown_active());
        }
        let high = match word.hw {
            0 => 0,
            hw => host.pending(self.id, IntId::new(n << 5), hw),
        };
        Ok(word.shown_pending(high))
    }

    /// Checks that every other owner of resident SPIs has published its state since it was asked,
    /// and asks those that have not.
    fn await_others<H: Host>(
        &self,
        dist: &mut Distributor,
        index: usize,
        host: &mut H,
    ) -> Result<(), VcpuSet> {
        let resident = dist.words.get(index).map_or(0, |word| word.resident);
        let mut fx = Effects::NONE;
        let mut stale = false;
        for n in each(resident) {
            let Some(owner) = dist.owner_other_than(first_of(index) | n, self.id) else { continue };
            if !dist.fresh.contains(owner) {
                stale = true;
                let mailbox = host.mailbox(owner);
                kicked(&mut fx, owner, mailbox.map(|mailbox| mailbox.post_publish(signal::PUBLISH_SHARED)));
            }
        }
        // What was published serves one read, however many asked: no read sees an old state.
        if !stale {
            dist.fresh = VcpuSet::EMPTY;
            return Ok(());
        }
        Err(fx.kick)
    }

    /// Writes 32 SPIs' bits: `written` is the value and the lanes that are meant.
    pub(super) fn write_shared<H: Host>(
        &mut self,
        dist: &mut Distributor,
        bank: Bank,
        n: u32,
        written: (u32, u32),
        host: &mut H,
    ) -> Effects {
        let index = n.wrapping_sub(1) as usize;
        let exists = if n == SPI_END >> 5 { crate::bits::bit(SPI_END).wrapping_sub(1) } else { !0 };
        let (value, mask) = (written.0 & exists, written.1 & exists);
        let Some(word) = dist.words.get(index).copied() else { return Effects::NONE };
        let mut fx = Effects::NONE;
        let concerned = match bank {
            Bank::Group => (word.group ^ value) & mask,
            Bank::SetEnable => 0,
            Bank::ClearEnable => word.enabled & value,
            // What is merely made pending stays; a forwarded one may have become so meanwhile.
            Bank::SetPending => value & word.hw,
            Bank::ClearPending | Bank::SetActive | Bank::ClearActive => value,
        };
        if concerned & word.resident != 0 {
            fx = self.take_word_back(n << 5, concerned, Some(dist), host);
        }
        if bank == Bank::SetEnable {
            self.drop_fallen(dist, index, value, host);
        }
        let Some(word) = dist.words.get_mut(index) else { return fx };
        let (phys, look) = word.write(bank, value, mask, IntId::new(n << 5));
        fx.phys = phys;
        if word.raised != 0 {
            self.report_soon();
        }
        let elsewhere = word.resident & concerned;
        if matches!(bank, Bank::SetActive | Bank::ClearActive) {
            self.settle_owners(dist, index, value & !elsewhere, bank);
        }
        for bit in each(elsewhere) {
            dist.recall(first_of(index) | bit, host, &mut fx);
        }
        dist.dispatch_word(index, look & !elsewhere, host, &mut fx);
        fx
    }

    /// Before interrupts are enabled, drops those acknowledged for the guest whose line has fallen.
    fn drop_fallen<H: Host>(&mut self, dist: &mut Distributor, index: usize, value: u32, host: &mut H) {
        let Some(word) = dist.words.get_mut(index) else { return };
        let fallen = word.fallen(value, IntId::new(first_of(index)), self.id, host);
        if fallen != 0 {
            word.dropped |= fallen;
            self.report_soon();
        }
    }

    /// Gives what became active an owner, and takes it from what is no more.
    fn settle_owners(&self, dist: &mut Distributor, index: usize, mask: u32, bank: Bank) {
        for n in each(mask) {
            let Some(spi) = dist.spi_mut(IntId::new(first_of(index) | n)) else { continue };
            match bank {
                Bank::ClearActive => spi.owner = NOBODY,
                _ if spi.owner == NOBODY && spi.home == NOBODY => spi.owner = low8(u32::from(self.id.raw())),
                _ if spi.owner == NOBODY => spi.owner = spi.home,
                _ => {}
            }
        }
    }
}

impl Word {
    /// Takes back the acknowledge of forwarded levels that are about to be enabled and whose lines
    /// have fallen. Returns them: their physical interrupts are to be deactivated.
    pub(super) fn fallen<H: Host>(
        &mut self,
        value: u32,
        base: IntId,
        vcpu: types::VcpuId,
        host: &mut H,
    ) -> u32 {
        let waiting = self.may_have_fallen(value);
        if waiting == 0 {
            return 0;
        }
        let fallen = waiting & !host.pending(vcpu, base, waiting);
        self.latch &= !fallen;
        fallen
    }

    /// Returns the forwarded levels among those to be enabled that were acknowledged and wait since.
    #[inline]
    pub(super) const fn may_have_fallen(&self, value: u32) -> u32 {
        value & !self.enabled & self.hw & !self.edge & !self.soft & self.latch & !self.active
    }

    /// Applies a write to interrupts of which those that stay resident are at another vCPU.
    /// Returns the physical change and the interrupts that may be signalled now.
    pub(super) fn write(&mut self, bank: Bank, value: u32, mask: u32, base: IntId) -> (PhysOp, u32) {
        let (here, elsewhere) = (value & !self.resident, value & self.resident);
        let hw = value & self.hw;
        let op = match bank {
            Bank::Group => {
                self.group = replaced(self.group, value, mask);
                return (PhysOp::None, mask);
            }
            Bank::SetEnable => {
                let new = value & !self.enabled;
                self.enabled |= value;
                let op = PhysOp::Enable { base, mask: new & self.hw };
                return (if op.is_empty() { PhysOp::None } else { op }, new);
            }
            Bank::ClearEnable => {
                let old = hw & self.enabled;
                self.enabled &= !value;
                PhysOp::Disable { base, mask: old }
            }
            Bank::SetPending => {
                // A forwarded one is made pending where it comes from, unless it already is here.
                self.latch |= value & !self.hw;
                self.soft |= hw;
                self.set_pending |= elsewhere & self.hw;
                self.clear_pending &= !elsewhere;
                PhysOp::SetPending { base, mask: hw & here & !self.latch }
            }
            Bank::ClearPending => {
                let deactivate = self.latch & here & self.hw & !self.active;
                self.latch &= !value;
                self.soft &= !value;
                self.clear_pending |= elsewhere;
                self.set_pending &= !elsewhere;
                PhysOp::ClearPending { base, mask: hw, deactivate }
            }
            Bank::SetActive => {
                self.active |= here;
                self.part_active(here);
                self.set_active |= elsewhere;
                self.clear_active &= !elsewhere;
                PhysOp::SetActive { base, mask: hw }
            }
            Bank::ClearActive => {
                // The physical interrupt of one that is only pending stays acknowledged.
                let ended = hw & here & self.active;
                self.active &= !here;
                self.clear_active |= elsewhere;
                self.set_active &= !elsewhere;
                PhysOp::ClearActive { base, mask: ended }
            }
        };
        (if op.is_empty() { PhysOp::None } else { op }, value)
    }
}

/// Adds a kick if a post asks for one.
pub(super) fn kicked(fx: &mut Effects, vcpu: types::VcpuId, posted: Option<Posted>) {
    if posted == Some(Posted::Kick) {
        fx.kick.insert(vcpu);
    }
}

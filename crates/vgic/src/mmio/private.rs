//! The SGIs' and PPIs' registers: GICD's banked ones on version 2, SGI_base's on version 3.
//!
//! `caller` is the vCPU whose access it is. Where it is not the owner, list registers are out of
//! reach: changes to what is resident are deferred to the owner, who is asked to recall.

use super::gicd::lanes;
use super::shared::kicked;
use super::{Bank, replaced};
use crate::bits::{gather, spread};
use crate::effects::{Effects, PhysOp};
use crate::mailbox::signal;
use crate::port::Host;
use crate::{VcpuGic, VcpuSet, Version};
use types::{IntId, VcpuId};

const SGI_BITS: u32 = 0xffff;

impl VcpuGic {
    pub(super) fn read_private<H: Host>(
        &mut self,
        bank: Bank,
        caller: VcpuId,
        host: &mut H,
    ) -> Result<u32, VcpuSet> {
        match bank {
            Bank::Group => return Ok(self.word.group),
            Bank::SetEnable | Bank::ClearEnable => return Ok(self.word.enabled),
            _ => {}
        }
        self.make_readable(caller, host)?;
        if matches!(bank, Bank::SetActive | Bank::ClearActive) {
            return Ok(self.word.shown_active());
        }
        let high = match self.word.hw {
            0 => 0,
            hw => host.pending(self.id, IntId::new(0), hw),
        };
        Ok(self.word.shown_pending(high))
    }

    /// Makes the published state of resident private interrupts fresh, or tells whom to kick.
    fn make_readable<H: Host>(&mut self, caller: VcpuId, host: &mut H) -> Result<(), VcpuSet> {
        if caller != self.id {
            self.drain(host);
        }
        let fresh = core::mem::take(&mut self.fresh);
        if self.word.resident == 0 || (fresh && caller != self.id) {
            return Ok(());
        }
        if caller == self.id {
            self.publish_word(0, None, host);
            return Ok(());
        }
        let mut fx = Effects::NONE;
        let mailbox = host.mailbox(self.id);
        kicked(&mut fx, self.id, mailbox.map(|mailbox| mailbox.post_publish(signal::PUBLISH_PRIVATE)));
        Err(fx.kick)
    }

    fn ask_recall<H: Host>(&self, host: &mut H, fx: &mut Effects) {
        let posted = host.mailbox(self.id).map(|mailbox| mailbox.post_recall());
        kicked(fx, self.id, posted);
    }

    pub(super) fn write_private<H: Host>(
        &mut self,
        bank: Bank,
        value: u32,
        mask: u32,
        caller: VcpuId,
        host: &mut H,
    ) -> Effects {
        let value = value & self.writable(bank);
        self.drain(host);
        let mut fx = Effects::NONE;
        if caller == self.id {
            let concerned = match bank {
                Bank::SetEnable => 0,
                Bank::SetPending => value & self.word.hw,
                Bank::Group => mask,
                _ => value,
            };
            if concerned & self.word.resident != 0 {
                fx = self.take_word_back(0, concerned, None, host);
            }
        } else {
            self.ask_recall(host, &mut fx);
        }
        if bank == Bank::SetEnable && caller == self.id {
            fx.deactivate_ppis |= self.word.fallen(value, IntId::new(0), self.id, host);
        }
        let (phys, _) = self.word.write(bank, value, mask, IntId::new(0));
        self.word.latch |= core::mem::take(&mut self.word.raised);
        self.touch();
        if bank == Bank::Group
            && let Some(mailbox) = host.mailbox(self.id)
        {
            mailbox.set_sgi_groups(self.word.group & SGI_BITS);
        }
        if caller == self.id {
            // EL2 keeps forwarded PPIs enabled for every vCPU.
            fx.phys = match phys {
                PhysOp::Enable { .. } | PhysOp::Disable { .. } => PhysOp::None,
                other => other,
            };
        } else if bank == Bank::SetPending {
            // The physical PPI is another CPU's: pend what it stands for instead.
            self.word.latch |= value & self.word.hw;
            self.word.set_pending = 0;
        }
        fx
    }

    /// Returns which bits of a bank a guest can write.
    fn writable(&self, bank: Bank) -> u32 {
        match (self.model.version(), bank) {
            // SGIs are always enabled and are made pending by SPENDSGIR (GIC IHI 0048B.b 4.3.5,
            // 4.3.7).
            (Version::V2, Bank::SetEnable | Bank::ClearEnable | Bank::SetPending | Bank::ClearPending) => {
                !SGI_BITS
            }
            _ => !0,
        }
    }

    /// Reads four priorities, of the interrupts from `first` on.
    pub(super) fn read_priority(&self, first: u32) -> u32 {
        let byte = |n: u32| self.priority.get(first.wrapping_add(n) as usize).copied().unwrap_or(0);
        u32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)])
    }

    /// Writes priorities. What waits with another priority is sorted anew.
    pub(super) fn write_priority<H: Host>(
        &mut self,
        first: u32,
        written: (u32, u32),
        caller: VcpuId,
        host: &mut H,
    ) -> Effects {
        let implemented = self.model.priority_mask();
        let mut changed = 0;
        for (id, byte) in lanes(first, written.0, written.1) {
            let Some(priority) = self.priority.get_mut(id.raw() as usize) else { continue };
            if *priority != byte & implemented {
                *priority = byte & implemented;
                changed |= crate::bits::bit(id.raw());
            }
        }
        let mut fx = Effects::NONE;
        if changed != 0 {
            self.touch();
            if caller == self.id {
                fx = self.take_word_back(0, changed, None, host);
            } else {
                self.ask_recall(host, &mut fx);
            }
        }
        fx
    }

    /// Reads ITARGETSR0-7: the reader itself (GIC IHI 0048B.b 4.3.12).
    pub(super) fn read_own_target(&self) -> u32 {
        let own = crate::bits::low8(crate::bits::bit(u32::from(self.id.raw()) & 7));
        if self.model.vcpus() == 1 { 0 } else { u32::from_ne_bytes([own; 4]) }
    }

    /// Reads ICFGR0 or ICFGR1.
    pub(super) fn read_trigger(&self, n: u32) -> u32 {
        spread(if n == 0 { self.word.edge } else { self.word.edge >> 16 })
    }

    /// Writes ICFGR1. A forwarded PPI keeps its trigger, which is every guest's: whether a PPI can
    /// be configured is IMPLEMENTATION DEFINED (GIC IHI 0069H 12.11.7).
    pub(super) fn write_trigger(&mut self, value: u32, mask: u32) {
        let mask = (gather(mask) << 16) & !self.word.hw;
        self.word.edge = replaced(self.word.edge, gather(value) << 16, mask);
    }
}

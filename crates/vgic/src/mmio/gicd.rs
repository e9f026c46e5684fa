//! The distributor's frame.

use super::{Access, Bank, Lane, Width, bank_word, replaced};
use crate::bits::{bit, gather, low8, low32, spread};
use crate::dist::{NOBODY, named};
use crate::effects::{Effects, Outcome, PhysOp};
use crate::mailbox::Posted;
use crate::port::{Host, Mailboxes};
use crate::{Distributor, VcpuGic, VcpuSet, Version};
use arm_spec::gic::{PRIVATE, gicd};
use types::{IntId, VcpuId};

const IROUTER_END: u32 = 0x7fe0;

impl VcpuGic {
    /// Reads a GICD register for this vCPU, on the CPU that runs it.
    pub fn gicd_read<H: Host>(&mut self, dist: &mut Distributor, access: Access, host: &mut H) -> Outcome {
        if access.width == Width::Double {
            return Outcome::Value(dist.read_router(access.offset).unwrap_or(0));
        }
        let Some(lane) = access.lane(self.model.version()) else { return Outcome::Value(0) };
        match self.gicd_read_word(dist, lane.reg, host) {
            Ok(value) => Outcome::Value(lane.extract(value)),
            Err(kick) => Outcome::Retry(kick),
        }
    }

    /// Writes a GICD register for this vCPU, on the CPU that runs it.
    pub fn gicd_write<H: Host>(
        &mut self,
        dist: &mut Distributor,
        access: Access,
        value: u64,
        host: &mut H,
    ) -> Effects {
        if access.width == Width::Double {
            return dist.write_router(access.offset, value, host);
        }
        let Some(lane) = access.lane(self.model.version()) else { return Effects::NONE };
        self.gicd_write_word(dist, lane, lane.insert(value), host)
    }

    fn gicd_read_word<H: Host>(
        &mut self,
        dist: &mut Distributor,
        reg: u32,
        host: &mut H,
    ) -> Result<u32, VcpuSet> {
        if let Some(constant) = self.model.constant(reg) {
            return Ok(constant);
        }
        let private = self.model.version() == Version::V2;
        if let Some(bank) = Bank::of(reg) {
            return match bank_word(reg) {
                0 if private => self.read_private(bank, self.id, host),
                0 => Ok(0),
                n => self.read_shared(dist, bank, n, host),
            };
        }
        Ok(match reg {
            gicd::CTLR => self.model.control(dist.groups),
            gicd::IPRIORITYR..0x0800 => match reg.wrapping_sub(gicd::IPRIORITYR) {
                first @ 0..PRIVATE if private => self.read_priority(first),
                0..PRIVATE => 0,
                first => dist.read_priority(first),
            },
            gicd::ITARGETSR..0x0c00 if private => match reg.wrapping_sub(gicd::ITARGETSR) {
                0..PRIVATE => self.read_own_target(),
                first => dist.read_targets(first),
            },
            gicd::ICFGR..0x0d00 => match reg >> 2 & 0x3f {
                n @ (0 | 1) if private => self.read_trigger(n),
                0 | 1 => 0,
                n => dist.read_trigger(n),
            },
            gicd::CPENDSGIR..0x0f30 if private => self.read_sgi_sources(reg, host),
            gicd::IROUTER..IROUTER_END => {
                let value = dist.read_router(reg & !7).unwrap_or(0);
                low32(if reg & 4 == 0 { value } else { value >> 32 })
            }
            _ => 0,
        })
    }

    fn gicd_write_word<H: Host>(
        &mut self,
        dist: &mut Distributor,
        lane: Lane,
        value: u32,
        host: &mut H,
    ) -> Effects {
        let (reg, mask) = (lane.reg, lane.mask);
        let private = self.model.version() == Version::V2;
        if let Some(bank) = Bank::of(reg) {
            return match bank_word(reg) {
                0 if private => self.write_private(bank, value, mask, self.id, host),
                0 => Effects::NONE,
                n => self.write_shared(dist, bank, n, (value, mask), host),
            };
        }
        match reg {
            gicd::CTLR => return dist.write_ctlr(replaced(dist.groups, value, mask), host),
            gicd::IPRIORITYR..0x0800 => match reg.wrapping_sub(gicd::IPRIORITYR) {
                first @ 0..PRIVATE if private => {
                    return self.write_priority(first, (value, mask), self.id, host);
                }
                0..PRIVATE => {}
                first => return self.write_shared_priority(dist, first, (value, mask), host),
            },
            gicd::ITARGETSR..0x0c00 if private => {
                return dist.write_targets(reg.wrapping_sub(gicd::ITARGETSR), value, mask, host);
            }
            gicd::ICFGR..0x0d00 => match reg >> 2 & 0x3f {
                1 if private => self.write_trigger(value, mask),
                0 | 1 => {}
                n => return dist.write_trigger(n, value, mask),
            },
            gicd::SGIR if private => {
                return crate::sgi::sgir(value, self.id).post(&self.model, self.id, host);
            }
            gicd::CPENDSGIR..0x0f30 if private => return self.write_sgi_sources(reg, value, host),
            gicd::IROUTER..IROUTER_END => {
                let old = dist.read_router(reg & !7).unwrap_or(0);
                let new = match reg & 4 {
                    0 => (old & !0xffff_ffff) | u64::from(value),
                    _ => (old & 0xffff_ffff) | u64::from(value) << 32,
                };
                return dist.write_router(reg & !7, new, host);
            }
            _ => {}
        }
        Effects::NONE
    }
}

impl VcpuGic {
    /// Deactivates an interrupt because of a trapped write to ICC_DIR_EL1, which was asked for by
    /// [`Maintenance::unlisted`](crate::Maintenance::unlisted), on the CPU that runs this vCPU.
    pub fn deactivate<H: Host>(&mut self, dist: &mut Distributor, intid: IntId, host: &mut H) -> Effects {
        let mask = bit(intid.raw());
        match intid.raw() >> 5 {
            0 => self.write_private(Bank::ClearActive, mask, mask, self.id, host),
            n => self.write_shared(dist, Bank::ClearActive, n, (mask, mask), host),
        }
    }

    /// Writes SPIs' priorities. What waits with another priority is sorted anew.
    fn write_shared_priority<H: Host>(
        &mut self,
        dist: &mut Distributor,
        first: u32,
        written: (u32, u32),
        host: &mut H,
    ) -> Effects {
        let implemented = self.model.priority_mask();
        let mut fx = Effects::NONE;
        for (id, byte) in lanes(first, written.0, written.1) {
            let Some(spi) = dist.spi_mut(id) else { continue };
            let changed = spi.priority != byte & implemented;
            spi.priority = byte & implemented;
            let resident = dist.word(id).is_some_and(|(word, mask)| word.resident & mask != 0);
            if changed && resident {
                dist.recall(id.raw(), host, &mut fx);
            } else if changed {
                dist.dispatch(id.raw(), host, &mut fx);
            }
        }
        fx
    }
}

impl Distributor {
    fn write_ctlr<M: Mailboxes>(&mut self, value: u32, boxes: &M) -> Effects {
        let groups = value & (gicd::CTLR_ENABLE_GRP0 | gicd::CTLR_ENABLE_GRP1);
        let mut fx = Effects::NONE;
        if groups == self.groups {
            return fx;
        }
        self.groups = groups;
        for vcpu in (0..u16::from(self.model.vcpus())).map(VcpuId::new) {
            let Some(mailbox) = boxes.mailbox(vcpu) else { continue };
            mailbox.set_groups(groups);
            if mailbox.post_recall() == Posted::Kick {
                fx.kick.insert(vcpu);
            }
        }
        for index in 0..self.words.len() {
            let waiting = self.words.get(index).map_or(0, |word| word.signalled(groups) & !word.resident);
            self.dispatch_word(index, waiting, boxes, &mut fx);
        }
        fx
    }

    /// Reads four priorities, of the interrupts from `first` on.
    fn read_priority(&self, first: u32) -> u32 {
        self.bytes(first, |spi| spi.priority)
    }

    fn read_targets(&self, first: u32) -> u32 {
        if self.model.vcpus() == 1 { 0 } else { self.bytes(first, |spi| spi.targets) }
    }

    fn write_targets<M: Mailboxes>(&mut self, first: u32, value: u32, mask: u32, boxes: &M) -> Effects {
        let mut fx = Effects::NONE;
        if self.model.vcpus() == 1 {
            return fx;
        }
        let existing = low8(bit(u32::from(self.model.vcpus())).wrapping_sub(1));
        let mut moved = 0;
        for (id, byte) in lanes(first, value, mask) {
            let Some(spi) = self.spi_mut(id) else { continue };
            spi.targets = byte & existing;
            let home = match spi.targets {
                0 => NOBODY,
                targets => low8(targets.trailing_zeros()),
            };
            if home != spi.home {
                spi.home = home;
                moved |= bit(id.raw());
            }
        }
        self.moved(first, moved, boxes, &mut fx);
        fx
    }

    /// Follows a change of routing: what waits goes to the new home, what is in list registers is
    /// called back, physical interrupts move too.
    fn moved<M: Mailboxes>(&self, first: u32, mask: u32, boxes: &M, fx: &mut Effects) {
        for n in crate::bits::Bits(mask) {
            let intid = (first & !31) | n;
            let resident = self.word(IntId::new(intid)).is_some_and(|(word, mask)| word.resident & mask != 0);
            if resident {
                self.recall(intid, boxes, fx);
            } else {
                self.dispatch(intid, boxes, fx);
            }
        }
        let forwarded = self.word(IntId::new(first)).map_or(0, |(word, _)| word.hw & mask);
        if forwarded != 0 {
            fx.phys = PhysOp::Retarget { base: IntId::new(first & !31), mask: forwarded };
        }
    }

    /// Reads an IROUTER; `None` where there is none.
    fn read_router(&self, offset: u32) -> Option<u64> {
        let spi = self.spi(self.routed(offset)?)?;
        let affinity = u64::from(spi.affinity);
        Some((affinity & 0x00ff_ffff) | (affinity >> 24) << 32)
    }

    fn write_router<M: Mailboxes>(&mut self, offset: u32, value: u64, boxes: &M) -> Effects {
        let mut fx = Effects::NONE;
        let affinity3 = if self.model.has_affinity3() { low32(value >> 32 & 0xff) << 24 } else { 0 };
        let affinity = low32(value & 0x00ff_ffff) | affinity3;
        let home = self.model.vcpu_at(affinity).map_or(NOBODY, |v| low8(u32::from(v.raw())));
        let Some(id) = self.routed(offset) else { return fx };
        let Some(spi) = self.spi_mut(id) else { return fx };
        spi.affinity = affinity;
        if spi.home != home {
            spi.home = home;
            self.moved(id.raw(), bit(id.raw()), boxes, &mut fx);
        }
        fx
    }

    /// Returns the SPI that an IROUTER's offset names.
    fn routed(&self, offset: u32) -> Option<IntId> {
        let routes = self.model.version() == Version::V3 && offset & 7 == 0;
        let inside = (gicd::IROUTER..IROUTER_END).contains(&offset);
        (routes && inside)
            .then(|| IntId::new(offset.wrapping_sub(gicd::IROUTER) >> 3))
            .filter(|id| id.is_spi())
    }

    fn read_trigger(&self, n: u32) -> u32 {
        let edge = self.word(IntId::new(n << 4)).map_or(0, |(word, _)| word.edge);
        spread(if n & 1 == 0 { edge } else { edge >> 16 })
    }

    fn write_trigger(&mut self, n: u32, value: u32, mask: u32) -> Effects {
        let mut fx = Effects::NONE;
        let shift = (n & 1) << 4;
        let (edges, mask) = (gather(value) << shift, gather(mask) << shift);
        let Some((word, _)) = self.word_mut(IntId::new(n << 4)) else { return fx };
        let changed = (word.edge ^ edges) & mask;
        word.edge = replaced(word.edge, edges, mask);
        if changed & word.hw != 0 {
            let base = IntId::new(n << 4 & !31);
            fx.phys = PhysOp::Trigger { base, mask: changed & word.hw, edges: word.edge };
        }
        fx
    }

    fn bytes(&self, first: u32, of: impl Fn(&crate::dist::Spi) -> u8) -> u32 {
        let byte = |n: u32| self.spi(IntId::new(first.wrapping_add(n))).map_or(0, &of);
        u32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)])
    }

    /// Returns the vCPU that has an SPI, if another than `me`.
    pub(super) fn owner_other_than(&self, spi: u32, me: VcpuId) -> Option<VcpuId> {
        let owner = self.spi(IntId::new(spi)).and_then(|entry| named(entry.owner))?;
        (owner != me).then_some(owner)
    }
}

/// Iterates over the bytes written, with the interrupt of each.
pub(super) fn lanes(first: u32, value: u32, mask: u32) -> impl Iterator<Item = (IntId, u8)> {
    let bytes = value.to_le_bytes().into_iter().zip(mask.to_le_bytes());
    bytes.zip(first..).filter(|((_, written), _)| *written != 0).map(|((byte, _), id)| (IntId::new(id), byte))
}

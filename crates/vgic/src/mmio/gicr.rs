//! A redistributor's two frames, RD_base and SGI_base.

use super::ident::{IIDR_GIC500, Part, id_register};
use super::{Access, Bank, Lane, Width, bank_word};
use crate::bits::low32;
use crate::effects::{Effects, Outcome};
use crate::port::Host;
use crate::vcpu::Place;
use crate::{Model, VcpuGic, VcpuSet, Version};
use arm_spec::gic::{PRIVATE, gicd, gicr};
use types::VcpuId;

impl VcpuGic {
    /// Reads a register of this vCPU's redistributor for `caller`; SGI_base follows RD_base in the
    /// offset. Another vCPU than the owner needs the owner's lock, not its own.
    pub fn gicr_read<H: Host>(&mut self, caller: VcpuId, access: Access, host: &mut H) -> Outcome {
        if access.width == Width::Double {
            let value = if access.offset == gicr::TYPER { self.typer() } else { 0 };
            return Outcome::Value(value);
        }
        let (frame, access) = framed(access);
        let Some(lane) = access.lane(Version::V3) else { return Outcome::Value(0) };
        let word = match frame {
            Frame::Rd => Ok(self.read_rd(lane.reg)),
            Frame::Sgi => self.read_sgi(lane.reg, caller, host),
            Frame::None => Ok(0),
        };
        match word {
            Ok(value) => Outcome::Value(lane.extract(value)),
            Err(kick) => Outcome::Retry(kick),
        }
    }

    /// Reads a word of RD_base, which shows nothing of what is in list registers, or returns `None`.
    #[inline]
    pub fn gicr_read_alone(&self, offset: u32) -> Option<u32> {
        (offset < gicr::SGI_BASE && offset & 3 == 0).then(|| self.read_rd(offset))
    }

    /// Writes a register of this vCPU's redistributor for `caller`.
    pub fn gicr_write<H: Host>(
        &mut self,
        caller: VcpuId,
        access: Access,
        value: u64,
        host: &mut H,
    ) -> Effects {
        let (frame, access) = framed(access);
        let Some(lane) = access.lane(Version::V3) else { return Effects::NONE };
        let value = lane.insert(value);
        match frame {
            Frame::Sgi => self.write_sgi(lane, value, caller, host),
            Frame::Rd if lane.reg == gicr::WAKER => {
                self.write_waker(value);
                Effects::NONE
            }
            _ => Effects::NONE,
        }
    }

    fn read_rd(&self, reg: u32) -> u32 {
        match reg {
            gicr::IIDR => IIDR_GIC500,
            gicr::TYPER => low32(self.typer()),
            0x000c => low32(self.typer() >> 32),
            gicr::WAKER => self.waker,
            gicr::IDREGS..=0xffff => {
                id_register(Part::Gic500Redistributor, reg.wrapping_sub(gicr::IDREGS) >> 2)
            }
            _ => 0,
        }
    }

    /// GICR_TYPER (GIC IHI 0069H 12.11.36): no LPIs, processor number and affinity the vCPU's.
    fn typer(&self) -> u64 {
        let last = if self.place == Place::Last { gicr::TYPER_LAST } else { 0 };
        let number = u64::from(self.id.raw()) << gicr::TYPER_NUMBER_SHIFT;
        last | number | u64::from(Model::affinity_of(self.id)) << gicr::TYPER_AFFINITY_SHIFT
    }

    /// GICR_WAKER: the interface sleeps and wakes at once. Forwarding does not stop meanwhile: a
    /// sleeping CPU would be woken by it anyhow (GIC IHI 0069H 11.1).
    fn write_waker(&mut self, value: u32) {
        let both = gicr::WAKER_PROCESSOR_SLEEP | gicr::WAKER_CHILDREN_ASLEEP;
        self.waker = if value & gicr::WAKER_PROCESSOR_SLEEP != 0 { both } else { 0 };
    }

    fn read_sgi<H: Host>(&mut self, reg: u32, caller: VcpuId, host: &mut H) -> Result<u32, VcpuSet> {
        if let Some(bank) = Bank::of(reg) {
            return if bank_word(reg) == 0 { self.read_private(bank, caller, host) } else { Ok(0) };
        }
        Ok(match reg {
            gicd::IPRIORITYR..PRIORITIES_END => self.read_priority(reg.wrapping_sub(gicd::IPRIORITYR)),
            gicr::ICFGR0 => self.read_trigger(0),
            gicr::ICFGR1 => self.read_trigger(1),
            _ => 0,
        })
    }

    fn write_sgi<H: Host>(&mut self, lane: Lane, value: u32, caller: VcpuId, host: &mut H) -> Effects {
        if let Some(bank) = Bank::of(lane.reg) {
            return match bank_word(lane.reg) {
                0 => self.write_private(bank, value, lane.mask, caller, host),
                _ => Effects::NONE,
            };
        }
        match lane.reg {
            gicd::IPRIORITYR..PRIORITIES_END => {
                let first = lane.reg.wrapping_sub(gicd::IPRIORITYR);
                return self.write_priority(first, (value, lane.mask), caller, host);
            }
            gicr::ICFGR1 => self.write_trigger(value, lane.mask),
            _ => {}
        }
        Effects::NONE
    }
}

/// The end of SGI_base's priorities, a byte for each private interrupt.
const PRIORITIES_END: u32 = gicd::IPRIORITYR + PRIVATE;

enum Frame {
    Rd,
    Sgi,
    None,
}

fn framed(access: Access) -> (Frame, Access) {
    let Access { offset, width } = access;
    match offset & !0xffff {
        0 => (Frame::Rd, access),
        gicr::SGI_BASE => (Frame::Sgi, Access { offset: offset & 0xffff, width }),
        _ => (Frame::None, access),
    }
}

//! GICv3 (GIC IHI 0069H), CPU interfaces by system registers.

use super::dist::PrivateFrame;
use super::{CpuInterface, NoInterface};
use crate::arch::{cpu, gic_cpuif};
use crate::machine::mmio::MmioWindow;
use crate::machine::percpu::{self, MAX_CPUS};
use alloc::vec::Vec;
use arm_spec::gic::{Lr, gicd, gicr};
use core::sync::atomic::{AtomicUsize, Ordering};
use types::{CpuId, IntId};
use vgic::ListRegs;

const CTLR_RWP: u32 = 1 << 31;
const GICR_CTLR_RWP: u32 = 1 << 3;
/// GICD_CTLR, non-secure view: affinity routing and group 1.
const CTLR_ENABLE: u32 = 1 << 4 | 1 << 1;
/// A register-write-pending bit that stays set this long is broken hardware.
const PATIENCE: u32 = 1_000_000;

/// A mapped run of redistributors.
pub struct RedistributorRegion {
    /// Its registers.
    pub registers: MmioWindow,
    /// Bytes from one redistributor to the next where the tree says so.
    pub stride_bytes: Option<u64>,
    /// Bytes of the region.
    pub bytes: u64,
}

/// The registers of a GICv3.
pub struct GicV3 {
    dist: PrivateFrame,
    regions: Vec<RedistributorRegion>,
    /// Each CPU's redistributor: region and offset, packed as in [`pack`]; 0 is none.
    frames: [AtomicUsize; MAX_CPUS],
    list_registers: usize,
}

const OFFSET_BITS: u32 = 26;

fn pack(region: usize, offset: usize) -> usize {
    (region + 1) << OFFSET_BITS | offset
}

impl GicV3 {
    /// Takes over the controller behind GICD and its redistributor regions.
    pub fn new(dist: MmioWindow, regions: Vec<RedistributorRegion>) -> Self {
        Self {
            dist: PrivateFrame::new(dist, 0),
            regions,
            frames: [const { AtomicUsize::new(0) }; MAX_CPUS],
            list_registers: gic_cpuif::list_register_count(),
        }
    }

    pub(super) fn dist(&self) -> &PrivateFrame {
        &self.dist
    }

    pub(super) fn init_distributor(&self) {
        self.dist.write(gicd::CTLR, 0);
        self.wait_for_dist();
        self.dist.reset_spis();
        self.dist.set_group1(1..self.dist.interrupt_count().div_ceil(32));
        self.wait_for_dist();
        self.dist.write(gicd::CTLR, CTLR_ENABLE);
        self.wait_for_dist();
    }

    fn wait_for_dist(&self) {
        for _ in 0..PATIENCE {
            if self.dist.read(gicd::CTLR) & CTLR_RWP == 0 {
                return;
            }
            cpu::relax();
        }
        log::warn!("GICv3: distributor writes stay pending");
    }

    pub(super) fn init_cpu(&self, cpu: CpuId, mpidr: u64) -> Result<(), NoInterface> {
        let (region, offset) = self.find(mpidr).ok_or(NoInterface)?;
        let slot = self.frames.get(cpu.index()).ok_or(NoInterface)?;
        slot.store(pack(region, offset), Ordering::Release);
        let registers = self.regions.get(region).ok_or(NoInterface)?.registers;
        let control = PrivateFrame::new(registers, offset);
        control.write(gicr::WAKER, control.read(gicr::WAKER) & !gicr::WAKER_PROCESSOR_SLEEP);
        for _ in 0..PATIENCE {
            if control.read(gicr::WAKER) & gicr::WAKER_CHILDREN_ASLEEP == 0 {
                break;
            }
            cpu::relax();
        }
        let private = PrivateFrame::new(registers, offset + gicr::SGI_BASE as usize);
        private.reset_private();
        private.set_group1(0..1);
        gic_cpuif::init_cpu();
        for index in 0..self.list_registers {
            gic_cpuif::write_list_register(index, 0);
        }
        Ok(())
    }

    /// Finds the redistributor of a CPU by its affinity (GICR_TYPER).
    fn find(&self, mpidr: u64) -> Option<(usize, usize)> {
        let affinity = (mpidr & 0xff_ffff) | (mpidr >> 32 & 0xff) << 24;
        for (index, region) in self.regions.iter().enumerate() {
            let mut offset = 0usize;
            while (offset as u64) + gicr::STRIDE_BYTES <= region.bytes {
                let typer = region.registers.read64(offset + gicr::TYPER as usize);
                if typer >> gicr::TYPER_AFFINITY_SHIFT == affinity {
                    return Some((index, offset));
                }
                if typer & gicr::TYPER_LAST != 0 {
                    break;
                }
                offset += crate::arch::to_usize(region.stride_bytes.unwrap_or_else(|| stride(typer)));
            }
        }
        None
    }

    /// Returns the SGI frame of the CPU that runs this.
    pub(super) fn own_frame(&self) -> PrivateFrame {
        let cpu = percpu::this().map_or(0, |cpu| cpu.id.index());
        let packed = self.frames.get(cpu).map_or(0, |slot| slot.load(Ordering::Acquire));
        let region = (packed >> OFFSET_BITS).wrapping_sub(1);
        let offset = packed & ((1 << OFFSET_BITS) - 1);
        match self.regions.get(region) {
            Some(region) => PrivateFrame::new(region.registers, offset + gicr::SGI_BASE as usize),
            // No redistributor yet: the distributor's own words for private interrupts are RAZ/WI.
            None => self.dist,
        }
    }

    pub(super) fn wait_for_writes(&self, intid: IntId) {
        if intid.is_spi() {
            return self.wait_for_dist();
        }
        // GICR_CTLR is one frame below SGI_base; its window word is read through the same frame.
        let frame = self.own_frame();
        for _ in 0..PATIENCE {
            if frame.read_below(gicr::SGI_BASE, gicr::CTLR) & GICR_CTLR_RWP == 0 {
                return;
            }
            cpu::relax();
        }
    }

    pub(super) fn route(&self, intid: IntId, mpidr: u64) {
        self.dist.write64(gicd::IROUTER + intid.raw() * 8, mpidr & 0xff_00ff_ffff);
    }
}

impl CpuInterface for GicV3 {
    #[inline]
    fn acknowledge(&self) -> u32 {
        gic_cpuif::acknowledge()
    }

    #[inline]
    fn drop_priority(&self, intid: IntId) {
        gic_cpuif::drop_priority(intid.raw());
    }

    #[inline]
    fn deactivate(&self, intid: IntId) {
        gic_cpuif::deactivate(intid.raw());
    }

    #[inline]
    fn list_registers(&self) -> impl ListRegs {
        self
    }

    #[inline]
    fn loses_lines(&self) -> bool {
        false
    }
}

impl ListRegs for &GicV3 {
    #[inline]
    fn count(&self) -> usize {
        self.list_registers
    }

    #[inline]
    fn is_empty(&mut self, index: usize) -> bool {
        gic_cpuif::empty_list_registers() >> index & 1 != 0
    }

    #[inline]
    fn read(&mut self, index: usize) -> Lr {
        Lr::decode_v3(gic_cpuif::read_list_register(index))
    }

    #[inline]
    fn write(&mut self, index: usize, lr: Lr) {
        gic_cpuif::write_list_register(index, lr.encode_v3());
    }
}

/// Frames of a redistributor: two, or four with GICv4's virtual LPIs (GICR_TYPER.VLPIS).
fn stride(typer: u64) -> u64 {
    if typer & 2 != 0 { 2 * gicr::STRIDE_BYTES } else { gicr::STRIDE_BYTES }
}

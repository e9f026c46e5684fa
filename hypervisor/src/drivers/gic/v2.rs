//! GICv2 with the virtualization extensions (GIC IHI 0048B.b).

use super::dist::PrivateFrame;
use super::{CpuInterface, NoInterface, Trigger};
use crate::arch::cpu;
use crate::machine::mmio::{MmioPage, MmioWindow};
use arm_spec::gic::{Lr, gicc, gicd, gich};
use core::sync::atomic::{AtomicU8, Ordering};
use types::{CpuId, IntId};
use vgic::ListRegs;

/// GICD_IIDR of the Cortex-A15's controller (Arm DDI 0438), which QEMU's model has too.
const IIDR_A15: u32 = 0x43b;

/// The registers of a GICv2.
pub struct GicV2 {
    dist: PrivateFrame,
    cpu: MmioPage,
    /// GICC_DIR is in another page than the rest.
    cpu_all: MmioWindow,
    virt: MmioPage,
    /// A level that rises again before the guest deactivates its interrupt may go unseen until the
    /// controller is looked at for another reason.
    ///
    /// QEMU's model does so (seen in 7.2: its deactivation by a virtual EOI does not look at the lines).
    /// It cannot be told from the Cortex-A15's own controller, for which the answer is harmless.
    loses_lines: bool,
    list_registers: usize,
    /// Each CPU's bit in GICD_ITARGETSR, by its logical number.
    interfaces: [AtomicU8; 8],
}

/// GICD_SGIR.TargetListFilter: all CPUs but the sender (GIC IHI 0048B 4.3.15).
const ALL_OTHERS: u32 = 1 << 24;

impl GicV2 {
    /// Takes over the controller behind these frames: GICD, GICC, GICH; the latter two have a page at least.
    pub fn new(dist: MmioWindow, cpu_all: MmioWindow, virt: MmioWindow) -> Option<Self> {
        let dist = PrivateFrame::new(dist, 0);
        let (cpu, virt) = (cpu_all.first_page()?, virt.first_page()?);
        Some(Self {
            loses_lines: dist.read(gicd::IIDR) == IIDR_A15,
            list_registers: (virt.read32(gich::VTR as usize) & 0x3f) as usize + 1,
            dist,
            cpu,
            cpu_all,
            virt,
            interfaces: [const { AtomicU8::new(0) }; 8],
        })
    }

    pub(super) fn dist(&self) -> &PrivateFrame {
        &self.dist
    }

    pub(super) fn init_distributor(&self) {
        self.dist.write(gicd::CTLR, 0);
        self.dist.reset_spis();
        self.dist.write(gicd::CTLR, gicd::CTLR_ENABLE_GRP0);
    }

    pub(super) fn init_cpu(&self, cpu: CpuId) -> Result<(), NoInterface> {
        // The banked target registers of the private interrupts read as this CPU's own bit.
        let own =
            (0..8).map(|word| self.dist.read(gicd::ITARGETSR + word * 4)).fold(0, |all, word| all | word);
        let own = (own | own >> 8 | own >> 16 | own >> 24) & 0xff;
        let own = if own == 0 { 1 } else { own };
        let slot = self.interfaces.get(cpu.index()).ok_or(NoInterface)?;
        slot.store(u8::try_from(own).unwrap_or(1), Ordering::Relaxed);
        self.dist.reset_private();
        self.cpu.write32(gicc::PMR as usize, 0xff);
        self.cpu.write32(gicc::BPR as usize, 0);
        self.cpu.write32(gicc::CTLR as usize, gicc::CTLR_ENABLE_GRP0 | gicc::CTLR_EOI_MODE);
        self.virt.write32(gich::HCR as usize, gich::HCR_EN);
        self.virt.write32(gich::VMCR as usize, 0);
        for index in 0..self.list_registers {
            self.list_registers().write(index, Lr::EMPTY);
        }
        Ok(())
    }

    fn target(&self, cpu: CpuId) -> u32 {
        self.interfaces.get(cpu.index()).map_or(0, |bit| u32::from(bit.load(Ordering::Relaxed)))
    }

    /// Sends an SGI to one CPU; to all others where its interface is not known yet, as when a board's
    /// boot code waits for an interrupt before the CPU has come to us.
    pub(super) fn send_sgi(&self, intid: IntId, cpu: CpuId) {
        cpu::dsb_sy();
        let target = match self.target(cpu) {
            0 => ALL_OTHERS,
            interface => interface << 16,
        };
        self.dist.write(gicd::SGIR, target | intid.raw());
    }

    /// Sends an SPI to one CPU, with an edge that is pending already.
    ///
    /// QEMU's model (arm_gic.c of 7.2) would leave that edge with the CPU that it came for: it is made
    /// anew. At worst, where it is taken meanwhile, the guest sees one edge too many.
    pub(super) fn route(&self, intid: IntId, cpu: CpuId) {
        let register = gicd::ITARGETSR + intid.raw() / 4 * 4;
        let shift = intid.raw() % 4 * 8;
        let _guard = super::REGISTERS.lock();
        let old = self.dist.read(register);
        let new = old & !(0xff << shift) | self.target(cpu) << shift;
        if new == old {
            return;
        }
        self.dist.write(register, new);
        let pending = self.dist.word(gicd::ISPENDR, intid) & 1 << (intid.raw() % 32) != 0;
        if pending && self.dist.trigger(intid) == Trigger::Edge {
            self.dist.set_bit(gicd::ICPENDR, intid);
            self.dist.set_bit(gicd::ISPENDR, intid);
        }
    }

    pub(super) fn hcr(&self) -> u64 {
        u64::from(self.virt.read32(gich::HCR as usize))
    }

    pub(super) fn set_hcr(&self, value: u32) {
        self.virt.write32(gich::HCR as usize, value);
    }

    #[inline]
    pub(super) fn vmcr(&self) -> u64 {
        u64::from(self.virt.read32(gich::VMCR as usize))
    }

    pub(super) fn active_priorities(&self) -> u32 {
        self.virt.read32(gich::APR as usize)
    }

    /// Tells whether a list register has a hardware interrupt.
    pub(super) fn has_forwarded(&self) -> bool {
        let raw = |index: usize| self.virt.read32(gich::LR0 as usize + index * 4);
        (0..self.list_registers).any(|index| Lr::is_forwarded_v2(raw(index)))
    }

    pub(super) fn load_interface(&self, vmcr: u64, active: u32) {
        self.virt.write32(gich::VMCR as usize, u32::try_from(vmcr).unwrap_or(0));
        self.virt.write32(gich::APR as usize, active);
    }
}

impl CpuInterface for GicV2 {
    #[inline]
    fn acknowledge(&self) -> u32 {
        let iar = self.cpu.read32(gicc::IAR as usize);
        let intid = iar & gicc::IAR_INTID_MASK;
        if intid < arm_spec::gic::SGIS {
            // EL2's own; completed here, as the sender (bits 12:10) must be given back.
            self.cpu.write32(gicc::EOIR as usize, iar);
            self.cpu_all.write32(gicc::DIR as usize, iar);
        }
        intid
    }

    #[inline]
    fn drop_priority(&self, intid: IntId) {
        if !intid.is_sgi() {
            self.cpu.write32(gicc::EOIR as usize, intid.raw());
        }
    }

    #[inline]
    fn deactivate(&self, intid: IntId) {
        if !intid.is_sgi() {
            self.cpu_all.write32(gicc::DIR as usize, intid.raw());
        }
    }

    #[inline]
    fn list_registers(&self) -> impl ListRegs {
        self
    }

    #[inline]
    fn loses_lines(&self) -> bool {
        self.loses_lines
    }
}

impl ListRegs for &GicV2 {
    #[inline]
    fn count(&self) -> usize {
        self.list_registers
    }

    #[inline]
    fn is_empty(&mut self, index: usize) -> bool {
        // Those after the thirty-second are not used (vgic::ListRegs::count).
        self.virt.read32(gich::ELRSR0 as usize) >> index & 1 != 0
    }

    #[inline]
    fn read(&mut self, index: usize) -> Lr {
        Lr::decode_v2(self.virt.read32(gich::LR0 as usize + index * 4))
    }

    #[inline]
    fn write(&mut self, index: usize, lr: Lr) {
        self.virt.write32(gich::LR0 as usize + index * 4, lr.encode_v2());
    }
}

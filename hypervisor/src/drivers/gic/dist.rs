//! The registers that a distributor and a redistributor's SGI frame lay out alike.

use super::Trigger;
use crate::machine::mmio::MmioWindow;
use arm_spec::gic::gicd;
use types::IntId;

/// GICD, or the SGI_base frame of a redistributor.
#[derive(Clone, Copy, Debug)]
pub struct PrivateFrame {
    registers: MmioWindow,
    base: usize,
}

impl PrivateFrame {
    /// Names the frame at `base` bytes into a window.
    pub fn new(registers: MmioWindow, base: usize) -> Self {
        Self { registers, base }
    }

    /// Reads a register.
    pub fn read(&self, register: u32) -> u32 {
        self.registers.read32(self.base + register as usize)
    }

    /// Reads a register of the frame that lies `below` bytes before this one.
    pub fn read_below(&self, below: u32, register: u32) -> u32 {
        self.registers.read32((self.base + register as usize).saturating_sub(below as usize))
    }

    /// Writes a register.
    pub fn write(&self, register: u32, value: u32) {
        self.registers.write32(self.base + register as usize, value);
    }

    /// Writes a 64-bit register.
    pub fn write64(&self, register: u32, value: u64) {
        self.registers.write64(self.base + register as usize, value);
    }

    /// Writes a one to the bit of an interrupt in a register with a bit for each.
    #[inline]
    pub fn set_bit(&self, register: u32, intid: IntId) {
        self.write(register + (intid.raw() / 32) * 4, 1 << (intid.raw() % 32));
    }

    /// Reads the word of a register with a bit for each interrupt.
    #[inline]
    pub fn word(&self, register: u32, intid: IntId) -> u32 {
        self.read(register + (intid.raw() / 32) * 4)
    }

    /// Sets a priority.
    pub fn set_priority(&self, intid: IntId, priority: u8) {
        self.registers.write8(self.base + gicd::IPRIORITYR as usize + intid.index(), priority);
    }

    /// Sets a trigger; an SGI's is fixed.
    pub fn set_trigger(&self, intid: IntId, trigger: Trigger) {
        if intid.is_sgi() {
            return;
        }
        let register = gicd::ICFGR + (intid.raw() / 16) * 4;
        let bit = 2 << (intid.raw() % 16 * 2);
        let old = self.read(register);
        let new = if trigger == Trigger::Edge { old | bit } else { old & !bit };
        if new != old {
            self.write(register, new);
        }
    }

    /// Returns how an interrupt's line signals.
    pub fn trigger(&self, intid: IntId) -> Trigger {
        let word = self.read(gicd::ICFGR + (intid.raw() / 16) * 4);
        if word & 2 << (intid.raw() % 16 * 2) != 0 { Trigger::Edge } else { Trigger::Level }
    }

    /// Returns the number of interrupt identifiers (GICD_TYPER.ITLinesNumber).
    pub fn interrupt_count(&self) -> u32 {
        (((self.read(gicd::TYPER) & 0x1f) + 1) * 32).min(arm_spec::gic::SPI_END)
    }

    /// Turns off, deactivates and makes level-sensitive every SPI, at EL2's priority.
    pub fn reset_spis(&self) {
        for base in (32..self.interrupt_count()).step_by(32) {
            let word = base / 32 * 4;
            self.write(gicd::ICENABLER + word, u32::MAX);
            self.write(gicd::ICPENDR + word, u32::MAX);
            self.write(gicd::ICACTIVER + word, u32::MAX);
            for byte in (0..32).step_by(4) {
                self.write(gicd::IPRIORITYR + base + byte, 0xa0a0_a0a0);
            }
        }
    }

    /// Puts every interrupt of the words `words` into group 1, which EL2 takes on a GICv3.
    pub fn set_group1(&self, words: core::ops::Range<u32>) {
        for word in words {
            self.write(gicd::IGROUPR + word * 4, u32::MAX);
        }
    }

    /// Turns off every private interrupt, at EL2's priority.
    pub fn reset_private(&self) {
        self.write(gicd::ICENABLER, u32::MAX);
        self.write(gicd::ICPENDR, 0xffff_0000);
        self.write(gicd::ICACTIVER, u32::MAX);
        for byte in (0..32).step_by(4) {
            self.write(gicd::IPRIORITYR + byte, 0xa0a0_a0a0);
        }
    }
}

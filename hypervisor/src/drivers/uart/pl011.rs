//! Arm PL011 (DDI 0183G), as firmware set it up: line settings are not touched.

use crate::arch::cpu;
use crate::machine::mmio::MmioWindow;

const DR: usize = 0x00;
const FR: usize = 0x18;
const IMSC: usize = 0x38;
const ICR: usize = 0x44;

const FR_RXFE: u32 = 1 << 4;
const FR_TXFF: u32 = 1 << 5;
/// Receive and receive time-out.
const RECEIVE: u32 = 1 << 4 | 1 << 6;
/// A transmitter that stays full this long is broken or stopped by flow control.
const PATIENCE: u32 = 1_000_000;

/// A PL011.
#[derive(Clone, Copy, Debug)]
pub struct Pl011 {
    registers: MmioWindow,
}

impl Pl011 {
    /// Takes over the UART: its interrupts are masked.
    pub fn new(registers: MmioWindow) -> Self {
        registers.write32(IMSC, 0);
        Self { registers }
    }

    /// Sends a byte, waiting while the transmitter is full; a broken one loses it.
    pub fn put(&self, byte: u8) {
        for _ in 0..PATIENCE {
            if self.registers.read32(FR) & FR_TXFF == 0 {
                break;
            }
            cpu::relax();
        }
        self.registers.write32(DR, u32::from(byte));
    }

    /// Returns a received byte, if there is one.
    pub fn get(&self) -> Option<u8> {
        if self.registers.read32(FR) & FR_RXFE != 0 {
            return None;
        }
        u8::try_from(self.registers.read32(DR) & 0xff).ok()
    }

    /// Makes received bytes raise the interrupt.
    pub fn enable_receive_interrupt(&self) {
        self.registers.write32(ICR, 0x7ff);
        self.registers.write32(IMSC, RECEIVE);
    }
}

//! 8250, 16550 and the DesignWare variant, as firmware set it up: line settings are not touched.

use crate::arch::cpu;
use crate::machine::mmio::MmioWindow;
use tock_registers::register_bitfields;

const RBR_THR: usize = 0;
const IER: usize = 1;
const IIR: usize = 2;
const LSR: usize = 5;

register_bitfields! {u32,
    /// Line status.
    STATUS [
        /// A received byte waits.
        DATA_READY OFFSET(0) NUMBITS(1) [],
        /// The transmitter takes a byte.
        THR_EMPTY OFFSET(5) NUMBITS(1) []
    ]
}

/// IER: bytes that are received.
const IER_RECEIVE: u8 = 1 << 0;
/// As for the PL011.
const PATIENCE: u32 = 1_000_000;

/// An 8250.
#[derive(Clone, Copy, Debug)]
pub struct Ns16550 {
    registers: MmioWindow,
    shift: u32,
}

impl Ns16550 {
    /// Takes over the UART: its interrupts are masked.
    pub fn new(registers: MmioWindow, shift: u32) -> Self {
        let uart = Self { registers, shift };
        uart.write(IER, 0);
        uart
    }

    fn read(&self, register: usize) -> u32 {
        let offset = register << self.shift;
        if self.shift == 0 {
            u32::from(self.registers.read8(offset))
        } else {
            self.registers.read32(offset) & 0xff
        }
    }

    fn write(&self, register: usize, value: u8) {
        let offset = register << self.shift;
        if self.shift == 0 {
            self.registers.write8(offset, value);
        } else {
            self.registers.write32(offset, u32::from(value));
        }
    }

    /// Sends a byte, waiting while the transmitter is full; a broken one loses it.
    pub fn put(&self, byte: u8) {
        for _ in 0..PATIENCE {
            if STATUS::THR_EMPTY.is_set(self.read(LSR)) {
                break;
            }
            cpu::relax();
        }
        self.write(RBR_THR, byte);
    }

    /// Returns a received byte, if there is one.
    pub fn get(&self) -> Option<u8> {
        if !STATUS::DATA_READY.is_set(self.read(LSR)) {
            return None;
        }
        u8::try_from(self.read(RBR_THR)).ok()
    }

    /// Makes received bytes raise the interrupt; reading IIR clears DesignWare's busy-detect.
    pub fn enable_receive_interrupt(&self) {
        let _ = self.read(IIR);
        self.write(IER, IER_RECEIVE);
    }
}

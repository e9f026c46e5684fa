//! 8250, 16550 and the DesignWare variant, as firmware set it up: line settings are not touched.

use super::Interrupts;
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
    ],
    /// What interrupts.
    IDENTITY [
        /// Both bits: the FIFOs are on.
        FIFO OFFSET(6) NUMBITS(2) []
    ]
}

/// IER: bytes that are received.
const IER_RECEIVE: u8 = 1 << 0;
/// IER: room for bytes to send.
const IER_TRANSMIT: u8 = 1 << 1;
/// [`IDENTITY::FIFO`] of a 16550A whose FIFOs are on.
const FIFO_ON: u32 = 0b11;
/// Bytes of a 16550A's FIFO.
const FIFO_BYTES: usize = 16;

/// An 8250.
#[derive(Clone, Copy, Debug)]
pub struct Ns16550 {
    registers: MmioWindow,
    shift: u32,
    /// Bytes that can follow each other once the transmitter is empty.
    fifo_bytes: usize,
}

impl Ns16550 {
    /// Takes over the UART: its interrupts are masked.
    pub fn new(registers: MmioWindow, shift: u32) -> Self {
        let mut uart = Self { registers, shift, fifo_bytes: 1 };
        uart.write(IER, 0);
        if IDENTITY::FIFO.read(uart.read(IIR)) == FIFO_ON {
            uart.fifo_bytes = FIFO_BYTES;
        }
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

    /// Returns how many bytes can be sent now without waiting: a FIFO's, if it is empty.
    pub fn room(&self) -> usize {
        if STATUS::THR_EMPTY.is_set(self.read(LSR)) { self.fifo_bytes } else { 0 }
    }

    /// Sends a byte; there is room for it.
    pub fn put(&self, byte: u8) {
        self.write(RBR_THR, byte);
    }

    /// Returns a received byte, if there is one.
    pub fn get(&self) -> Option<u8> {
        if !STATUS::DATA_READY.is_set(self.read(LSR)) {
            return None;
        }
        u8::try_from(self.read(RBR_THR)).ok()
    }

    /// Chooses what raises the interrupt; reading IIR clears DesignWare's busy-detect.
    pub fn set_interrupts(&self, wanted: Interrupts) {
        let _ = self.read(IIR);
        let mask = match wanted {
            Interrupts::Receive => IER_RECEIVE,
            Interrupts::Both => IER_RECEIVE | IER_TRANSMIT,
        };
        self.write(IER, mask);
    }
}

//! Arm PL011 (DDI 0183G), as firmware set it up: line settings are not touched.

use super::Interrupts;
use crate::machine::mmio::MmioWindow;
use tock_registers::register_bitfields;

/// Offsets of the registers (table 3-1).
const UARTDR: usize = 0x00;
const UARTFR: usize = 0x18;
const UARTLCR_H: usize = 0x2c;
const UARTIMSC: usize = 0x38;
const UARTICR: usize = 0x44;

register_bitfields! {u32,
    /// Flags.
    FR [
        /// The receiver is empty.
        RXFE OFFSET(4) NUMBITS(1) [],
        /// The transmitter is full.
        TXFF OFFSET(5) NUMBITS(1) [],
        /// The transmitter is empty.
        TXFE OFFSET(7) NUMBITS(1) []
    ],
    /// Line control.
    LCR_H [
        /// The FIFOs are enabled.
        FEN OFFSET(4) NUMBITS(1) []
    ],
    /// Interrupts, in the registers that mask and clear them.
    INT [
        /// Bytes were received.
        RX OFFSET(4) NUMBITS(1) [],
        /// The transmitter has room again.
        TX OFFSET(5) NUMBITS(1) [],
        /// Received bytes wait below the FIFO's trigger level.
        RT OFFSET(6) NUMBITS(1) [],
        /// Every interrupt there is.
        ALL OFFSET(0) NUMBITS(11) []
    ]
}

/// A PL011.
#[derive(Clone, Copy, Debug)]
pub struct Pl011 {
    registers: MmioWindow,
    /// Bytes that an empty transmitter takes.
    depth: usize,
}

/// The depth of the FIFOs before r1p5, which doubled it (2.4.2); an SBSA UART does not tell that it has any.
const FIFO_BYTES: usize = 16;

impl Pl011 {
    /// Takes over the UART: its interrupts are masked.
    pub fn new(registers: MmioWindow) -> Self {
        registers.write32(UARTIMSC, 0);
        registers.write32(UARTICR, INT::ALL::SET.value);
        let depth = if LCR_H::FEN.is_set(registers.read32(UARTLCR_H)) { FIFO_BYTES } else { 1 };
        Self { registers, depth }
    }

    /// Returns how many bytes can be sent now without waiting; 1 may stand for more.
    #[inline]
    pub fn room(&self) -> usize {
        let flags = self.registers.read32(UARTFR);
        if FR::TXFE.is_set(flags) { self.depth } else { usize::from(!FR::TXFF.is_set(flags)) }
    }

    /// Sends a byte; there is room for it.
    #[inline]
    pub fn put(&self, byte: u8) {
        self.registers.write32(UARTDR, u32::from(byte));
    }

    /// Returns a received byte, if there is one.
    pub fn get(&self) -> Option<u8> {
        if FR::RXFE.is_set(self.registers.read32(UARTFR)) {
            return None;
        }
        u8::try_from(self.registers.read32(UARTDR) & 0xff).ok()
    }

    /// Chooses what raises the interrupt. The transmit interrupt comes when the FIFO falls below its
    /// mark, so it is asked for while the FIFO is full.
    pub fn set_interrupts(&self, wanted: Interrupts) {
        let receive = INT::RX::SET + INT::RT::SET;
        let mask = match wanted {
            Interrupts::Receive => receive,
            Interrupts::Both => receive + INT::TX::SET,
        };
        self.registers.write32(UARTIMSC, mask.value);
    }
}

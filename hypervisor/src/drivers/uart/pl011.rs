//! Arm PL011 (DDI 0183G), as firmware set it up: line settings are not touched.

use crate::arch::cpu;
use crate::machine::mmio::MmioWindow;
use tock_registers::register_bitfields;

/// Offsets of the registers (table 3-1).
const UARTDR: usize = 0x00;
const UARTFR: usize = 0x18;
const UARTIMSC: usize = 0x38;
const UARTICR: usize = 0x44;

register_bitfields! {u32,
    /// Flags.
    FR [
        /// The receiver is empty.
        RXFE OFFSET(4) NUMBITS(1) [],
        /// The transmitter is full.
        TXFF OFFSET(5) NUMBITS(1) []
    ],
    /// Interrupts, in the registers that mask and clear them.
    INT [
        /// Bytes were received.
        RX OFFSET(4) NUMBITS(1) [],
        /// Received bytes wait below the FIFO's trigger level.
        RT OFFSET(6) NUMBITS(1) [],
        /// Every interrupt there is.
        ALL OFFSET(0) NUMBITS(11) []
    ]
}

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
        registers.write32(UARTIMSC, 0);
        Self { registers }
    }

    /// Sends a byte, waiting while the transmitter is full; a broken one loses it.
    pub fn put(&self, byte: u8) {
        for _ in 0..PATIENCE {
            if !FR::TXFF.is_set(self.registers.read32(UARTFR)) {
                break;
            }
            cpu::relax();
        }
        self.registers.write32(UARTDR, u32::from(byte));
    }

    /// Returns a received byte, if there is one.
    pub fn get(&self) -> Option<u8> {
        if FR::RXFE.is_set(self.registers.read32(UARTFR)) {
            return None;
        }
        u8::try_from(self.registers.read32(UARTDR) & 0xff).ok()
    }

    /// Makes received bytes raise the interrupt.
    pub fn enable_receive_interrupt(&self) {
        self.registers.write32(UARTICR, INT::ALL::SET.value);
        self.registers.write32(UARTIMSC, (INT::RX::SET + INT::RT::SET).value);
    }
}

//! The console's UART: a closed set of kinds, chosen by the device tree.

mod ns16550;
mod pl011;

use crate::machine::mmio::MmioWindow;

pub use ns16550::Ns16550;
pub use pl011::Pl011;

/// Compatible strings of the UARTs that are driven, with their kinds.
pub const COMPATIBLE: &[(&str, Kind)] = &[
    ("arm,pl011", Kind::Pl011),
    ("arm,sbsa-uart", Kind::Pl011),
    ("ns16550a", Kind::Ns16550),
    ("ns16550", Kind::Ns16550),
    ("snps,dw-apb-uart", Kind::Ns16550),
    ("brcm,bcm2835-aux-uart", Kind::Ns16550),
];

/// A kind of UART.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Arm PL011 and the SBSA generic UART.
    Pl011,
    /// 8250 and its family.
    Ns16550,
}

/// What raises a UART's interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupts {
    /// Received bytes.
    Receive,
    /// Received bytes, and room for bytes to send.
    Both,
}

/// A UART that is mapped.
#[derive(Clone, Copy, Debug)]
pub enum Uart {
    /// PL011.
    Pl011(Pl011),
    /// 8250.
    Ns16550(Ns16550),
}

impl Uart {
    /// Takes over the UART behind `registers`; registers are `1 << shift` bytes apart on an 8250.
    pub fn new(kind: Kind, registers: MmioWindow, shift: u32) -> Self {
        match kind {
            Kind::Pl011 => Self::Pl011(Pl011::new(registers)),
            Kind::Ns16550 => Self::Ns16550(Ns16550::new(registers, shift)),
        }
    }

    /// Returns how many bytes can be sent now without waiting; 1 may stand for more.
    pub fn room(&self) -> usize {
        match self {
            Self::Pl011(uart) => uart.room(),
            Self::Ns16550(uart) => uart.room(),
        }
    }

    /// Sends a byte; there is room for it.
    pub fn put(&self, byte: u8) {
        match self {
            Self::Pl011(uart) => uart.put(byte),
            Self::Ns16550(uart) => uart.put(byte),
        }
    }

    /// Returns a received byte, if there is one.
    pub fn get(&self) -> Option<u8> {
        match self {
            Self::Pl011(uart) => uart.get(),
            Self::Ns16550(uart) => uart.get(),
        }
    }

    /// Chooses what raises the interrupt.
    pub fn set_interrupts(&self, wanted: Interrupts) {
        match self {
            Self::Pl011(uart) => uart.set_interrupts(wanted),
            Self::Ns16550(uart) => uart.set_interrupts(wanted),
        }
    }
}

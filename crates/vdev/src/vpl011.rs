//! The emulated UART of a domain: the subset of Arm's PL011 that the SBSA calls a generic UART.
//!
//! Arm DDI 0183G 3.3 (registers), Arm DEN 0029 (Server Base System Architecture) appendix "Generic
//! UART". Line settings do not exist; what else a PL011 has reads as zero and ignores writes. Its line
//! is the console ring of [`xen_abi::console::XenconsInterface`]: bytes that the daemon has put are
//! received, and the FIFOs are 32 bytes at the rings' ends (see [`Vpl011::levels`]).
//!
//! Guest and daemon can write the whole page at any time. The two indices that are this side's are kept
//! here and only shown there; the other two may say anything: a ring that would hold more than it has
//! room for is taken to be empty towards the guest and full towards the daemon, so nothing is read that
//! was not put and nothing is overwritten.

mod ring;
#[cfg(test)]
mod tests;

pub use crate::timer::Level;
pub use ring::{ConsolePage, Index};

use ring::{IN_BYTES, OUT_BYTES};

/// UARTDR.
const DR: u64 = 0x00;
/// UARTFR.
const FR: u64 = 0x18;
/// UARTIMSC.
const IMSC: u64 = 0x38;
/// UARTRIS.
const RIS: u64 = 0x3c;
/// UARTMIS.
const MIS: u64 = 0x40;
/// UARTICR.
const ICR: u64 = 0x44;

/// UARTFR.BUSY: bytes are on their way.
pub const FR_BUSY: u32 = 1 << 3;
/// UARTFR.RXFE: nothing was received.
pub const FR_RXFE: u32 = 1 << 4;
/// UARTFR.TXFF: there is no room.
pub const FR_TXFF: u32 = 1 << 5;
/// UARTFR.RXFF: the receive FIFO is full.
pub const FR_RXFF: u32 = 1 << 6;
/// UARTFR.TXFE: the transmit FIFO is empty.
pub const FR_TXFE: u32 = 1 << 7;

/// Interrupt: the receive FIFO is half full.
pub const INT_RX: u32 = 1 << 4;
/// Interrupt: the transmit FIFO is at most half full.
pub const INT_TX: u32 = 1 << 5;
/// Interrupt: received bytes wait.
pub const INT_RT: u32 = 1 << 6;
/// The interrupts of the registers.
const INT_ALL: u32 = 0x7ff;

/// Bytes of each FIFO (DEN 0029: 32 entries).
const FIFO_BYTES: u32 = 32;
/// Where the FIFOs' interrupts come: at one half, as a PL011 is at reset (DDI 0183G 3.3.10).
const TRIGGER: u32 = FIFO_BYTES / 2;

/// How much an access reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// 1 byte.
    Byte,
    /// 2 bytes.
    Half,
    /// 4 bytes.
    Word,
}

impl Width {
    /// Returns the bits that are read or written, from bit 0 on.
    const fn mask(self) -> u32 {
        match self {
            Self::Byte => 0xff,
            Self::Half => 0xffff,
            Self::Word => 0xffff_ffff,
        }
    }
}

/// Where an access goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Bytes from the start of the registers.
    pub offset: u64,
    /// How much.
    pub width: Width,
}

impl Access {
    /// Returns the register.
    const fn register(self) -> u64 {
        self.offset & !3
    }

    /// Returns how many bits the access lies above the register's start.
    const fn shift(self) -> u32 {
        ((self.offset & 3) as u32) << 3
    }
}

/// Who is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Notify {
    /// Nobody.
    Nobody,
    /// The console daemon: a ring has changed.
    Daemon,
}

/// A UART.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vpl011 {
    /// The next byte that the guest takes.
    in_cons: u32,
    /// The next byte that the guest puts.
    out_prod: u32,
    /// UARTRIS.
    raw: u32,
    /// UARTIMSC.
    mask: u32,
}

/// How many bytes the FIFOs hold.
struct Levels {
    received: u32,
    unsent: u32,
}

impl Vpl011 {
    /// Makes a UART whose interrupts are masked; its indices go on from where the page has them.
    pub fn new<P: ConsolePage>(page: &P) -> Self {
        let (in_cons, out_prod) = (page.load(Index::InCons), page.load(Index::OutProd));
        let mut uart = Self { in_cons, out_prod, raw: 0, mask: 0 };
        uart.update(page);
        uart
    }

    /// Reads a register, and says who is to be told; afterwards the level is to be looked at again.
    pub fn read<P: ConsolePage>(&mut self, at: Access, page: &P) -> (u32, Notify) {
        let mut notify = Notify::Nobody;
        let value = match at.register() {
            // The byte is taken by the access that reads it, not by one of the error flags above.
            DR if at.shift() == 0 => {
                let byte = self.receive(page);
                notify = if byte.is_some() { Notify::Daemon } else { Notify::Nobody };
                byte.map_or(0, u32::from)
            }
            FR => self.flags(page),
            IMSC => self.mask,
            RIS => self.raw,
            MIS => self.raw & self.mask,
            _ => 0,
        };
        (value >> at.shift() & at.width.mask(), notify)
    }

    /// Writes a register, and says who is to be told; afterwards the level is to be looked at again.
    pub fn write<P: ConsolePage>(&mut self, at: Access, value: u32, page: &P) -> Notify {
        let (lanes, value) = (at.width.mask() << at.shift(), value << at.shift());
        match at.register() {
            DR if at.shift() == 0 => {
                let [byte, ..] = value.to_le_bytes();
                return self.send(byte, page);
            }
            IMSC => self.mask = (self.mask & !lanes | value & lanes) & INT_ALL,
            ICR => self.raw &= !value,
            _ => {}
        }
        Notify::Nobody
    }

    /// Looks at the rings again, as the daemon has told that they changed; afterwards the level is to be
    /// looked at again.
    pub fn update<P: ConsolePage>(&mut self, page: &P) {
        let Levels { received, unsent } = self.levels(page);
        let bit = |met, bit| if met { bit } else { 0 };
        self.raw =
            bit(received >= TRIGGER, INT_RX) | bit(received != 0, INT_RT) | bit(unsent <= TRIGGER, INT_TX);
    }

    /// Returns the level of the interrupt.
    pub const fn level(&self) -> Level {
        if self.raw & self.mask != 0 { Level::High } else { Level::Low }
    }

    /// Takes a received byte.
    fn receive<P: ConsolePage>(&mut self, page: &P) -> Option<u8> {
        let byte = (self.received(page) != 0).then(|| page.take(self.in_cons));
        if byte.is_some() {
            self.in_cons = self.in_cons.wrapping_add(1);
            page.store(Index::InCons, self.in_cons);
        }
        self.update(page);
        byte
    }

    /// Sends a byte, which is lost if there is no room.
    fn send<P: ConsolePage>(&mut self, byte: u8, page: &P) -> Notify {
        let notify = if self.queued(page) < OUT_BYTES {
            page.put(self.out_prod, byte);
            self.out_prod = self.out_prod.wrapping_add(1);
            page.store(Index::OutProd, self.out_prod);
            Notify::Daemon
        } else {
            Notify::Nobody
        };
        self.update(page);
        notify
    }

    fn flags<P: ConsolePage>(&self, page: &P) -> u32 {
        let Levels { received, unsent } = self.levels(page);
        let receive = match received {
            0 => FR_RXFE,
            FIFO_BYTES.. => FR_RXFF,
            _ => 0,
        };
        receive
            | match unsent {
                0 => FR_TXFE,
                FIFO_BYTES.. => FR_BUSY | FR_TXFF,
                _ => FR_BUSY,
            }
    }

    /// Returns how full the FIFOs are: the first bytes of what was received, and the last ones for which
    /// the ring has room. What is in the ring before those is sent, whether the daemon reads it or not:
    /// a guest that waits until it is no longer busy does not wait for another domain.
    fn levels<P: ConsolePage>(&self, page: &P) -> Levels {
        Levels {
            received: self.received(page).min(FIFO_BYTES),
            unsent: self.queued(page).saturating_sub(OUT_BYTES - FIFO_BYTES),
        }
    }

    /// Returns how many bytes the daemon has put that were not taken.
    fn received<P: ConsolePage>(&self, page: &P) -> u32 {
        match page.load(Index::InProd).wrapping_sub(self.in_cons) {
            held @ 0..=IN_BYTES => held,
            _ => 0,
        }
    }

    /// Returns how many bytes were sent that the daemon has not taken; more than the ring holds if it lies.
    fn queued<P: ConsolePage>(&self, page: &P) -> u32 {
        self.out_prod.wrapping_sub(page.load(Index::OutCons))
    }
}

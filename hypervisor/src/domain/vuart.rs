//! The emulated UART of a guest: what crates/vdev needs to be one, a ring, an event channel, an interrupt.
//!
//! The ring is a page of the guest's memory that the console daemon maps as well: it is referenced, and
//! whatever is in it only ever makes bytes of the console. Lock rank: VUART; the interrupt's line is set
//! under it, so that the changes of two CPUs come in order.

use super::events::{self, FrameWords};
use super::{Domain, vgic};
use crate::machine::frame_window;
use crate::machine::sync::{Lock, rank};
use crate::mm::reference::Reference;
use core::sync::atomic::Ordering;
use types::{DomId, Gfn, IntId, Ipa, Port};
use vdev::vpl011::{Access, ConsolePage, Index, Level, Notify, Vpl011};
use xen_abi::XenErrno;
use xen_abi::guest_layout::{PL011_BASE, PL011_SIZE, VPL011_SPI};

/// Where a guest has its UART, if it has one.
pub struct Slot(Lock<Option<Uart>, { rank::VUART }>);

impl Default for Slot {
    fn default() -> Self {
        Self(Lock::new(None))
    }
}

/// A UART.
pub struct Uart {
    device: Vpl011,
    ring: Ring,
    /// The guest's end of the daemon's event channel, which EL2 holds.
    port: Port,
    /// The interrupt's line.
    line: Level,
}

/// The page of the ring.
struct Ring(Reference);

impl Ring {
    fn word<R>(&self, offset: usize, f: impl FnOnce(&core::sync::atomic::AtomicU32) -> R) -> R {
        frame_window::with_held_word(self.0.mfn(), offset / 4, f)
    }
}

impl ConsolePage for Ring {
    fn load(&self, index: Index) -> u32 {
        self.word(index.offset(), |word| word.load(Ordering::SeqCst))
    }

    fn store(&self, index: Index, value: u32) {
        self.word(index.offset(), |word| word.store(value, Ordering::SeqCst));
    }

    fn byte(&self, offset: usize) -> u8 {
        let bytes = self.word(offset, |word| word.load(Ordering::Relaxed)).to_le_bytes();
        bytes.get(offset % 4).copied().unwrap_or(0)
    }

    fn set_byte(&self, offset: usize, byte: u8) {
        self.word(offset, |word| {
            // Nobody else writes the bytes beside it, unless to spoil his own console.
            let mut bytes = word.load(Ordering::Relaxed).to_le_bytes();
            if let Some(slot) = bytes.get_mut(offset % 4) {
                *slot = byte;
            }
            word.store(u32::from_le_bytes(bytes), Ordering::Relaxed);
        });
    }
}

/// The UART's interrupt.
const SPI: IntId = IntId::new(VPL011_SPI);

/// Returns the offset of an address in the UART's registers.
pub fn offset_of(ipa: Ipa) -> Option<u64> {
    ipa.raw().checked_sub(PL011_BASE).filter(|offset| *offset < PL011_SIZE)
}

impl Uart {
    /// Sets the interrupt's line to the device's level.
    fn settle(&mut self, domain: &Domain) {
        let level = self.device.level();
        if level == self.line {
            return;
        }
        self.line = level;
        let line = match level {
            Level::High => vgic::Level::High,
            Level::Low => vgic::Level::Low,
        };
        vgic::set_spi_line(domain, SPI, line);
    }
}

impl Domain {
    /// Gives a guest that has not run yet its UART, whose ring is at `gfn` and whose daemon is in domain
    /// `console`; returns the port that the daemon binds to (XEN_DOMCTL_VUART_OP_INIT).
    ///
    /// # Errors
    /// EINVAL if it has one, no such page or interrupt, or is being destroyed; ENOSPC and ENOMEM.
    pub fn make_vuart(&self, gfn: Gfn, console: DomId) -> Result<Port, XenErrno> {
        let mut slot = self.vuart.0.lock();
        if slot.is_some() || self.life.is_dying() || !self.vgic.has_free(SPI) {
            return Err(XenErrno::Einval);
        }
        let ring = Ring(Reference::adopt(events::hold_frame(self, gfn)?));
        let port = self.events.bind(|channels| channels.alloc_held(console, &FrameWords))?;
        let device = Vpl011::new(&ring);
        *slot = Some(Uart { device, ring, port, line: Level::Low });
        Ok(port)
    }

    /// Tells whether the guest has a UART.
    pub fn has_vuart(&self) -> bool {
        self.vuart.0.lock().is_some()
    }

    /// Reads a register of the UART; `None` if there is no UART.
    pub fn read_vuart(&self, at: Access) -> Option<u32> {
        let mut slot = self.vuart.0.lock();
        let uart = slot.as_mut()?;
        let (value, notify) = uart.device.read(at, &uart.ring);
        uart.settle(self);
        let port = uart.port;
        drop(slot);
        self.tell_daemon(port, notify);
        Some(value)
    }

    /// Writes a register of the UART; `None` if there is no UART.
    pub fn write_vuart(&self, at: Access, value: u32) -> Option<()> {
        let mut slot = self.vuart.0.lock();
        let uart = slot.as_mut()?;
        let notify = uart.device.write(at, value, &uart.ring);
        uart.settle(self);
        let port = uart.port;
        drop(slot);
        self.tell_daemon(port, notify);
        Some(())
    }

    fn tell_daemon(&self, port: Port, notify: Notify) {
        if notify == Notify::Daemon {
            events::send_held(self, port);
        }
    }

    /// Hears from the daemon that the rings changed.
    pub fn update_vuart(&self) {
        if let Some(uart) = self.vuart.0.lock().as_mut() {
            uart.device.update(&uart.ring);
            uart.settle(self);
        }
    }

    /// Takes the UART of a guest that ends away: its daemon's end waits again, its page is let go.
    pub fn release_vuart(&self) {
        let uart = self.vuart.0.lock().take();
        if let Some(uart) = uart {
            events::close_held(self, uart.port);
        }
    }
}

//! The log in RAM: what the console said, where a debugger or a dump of memory finds it.
//!
//! It is there from the first instruction on, when no UART is known yet, and after the end. The ELF
//! names it `ram_log`; in a dump it is found by its magic, at an 8-byte boundary:
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 16 | `XENOLITH RAM LOG` |
//! | 16 | 4 | bytes of the ring, a power of two, little endian |
//! | 20 | 4 | bytes ever written, modulo 2^32, little endian |
//! | 24 | .. | the ring |
//!
//! In gdb: `x/s (char *)&ram_log + 24`. The entry code writes here too (boot/*/head.S). The console's
//! lock orders writers; readers see bytes, whatever they are.

use crate::arch::cache;
use core::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use types::VirtAddr;

/// Bytes of the ring (Xen's `conring_size` default).
pub const RING_BYTES: usize = 16 * 1024;
/// [`RING_BYTES`] for the counters, which have 32 bits in a dump.
pub const RING_BYTES_U32: u32 = 16 * 1024;

/// The log, as it lies in memory.
#[repr(C, align(8))]
pub struct RamLog {
    magic: [AtomicU32; 4],
    ring_bytes: AtomicU32,
    written: AtomicU32,
    ring: [AtomicU8; RING_BYTES],
}

// SAFETY: the name is unique in the image: nothing else exports it.
#[unsafe(export_name = "ram_log")]
pub static RAM_LOG: RamLog = RamLog {
    magic: [const { AtomicU32::new(0) }; 4],
    ring_bytes: AtomicU32::new(0),
    written: AtomicU32::new(0),
    ring: [const { AtomicU8::new(0) }; RING_BYTES],
};

impl RamLog {
    /// Makes the log one that can be found: .bss is zero.
    pub fn init(&self) {
        let words = [*b"XENO", *b"LITH", *b" RAM", *b" LOG"].map(u32::from_le_bytes);
        for (word, value) in self.magic.iter().zip(words) {
            word.store(value, Ordering::Relaxed);
        }
        self.ring_bytes.store(RING_BYTES_U32, Ordering::Relaxed);
    }

    /// Appends a byte; the oldest one falls out of a full ring.
    pub fn put(&self, byte: u8) {
        let written = self.written.load(Ordering::Relaxed);
        if let Some(slot) = self.ring.get(written as usize % RING_BYTES) {
            slot.store(byte, Ordering::Relaxed);
        }
        self.written.store(written.wrapping_add(1), Ordering::Relaxed);
    }

    /// Returns the byte that was written `distance` bytes before the next one.
    pub fn back(&self, distance: usize) -> u8 {
        let written = self.written.load(Ordering::Relaxed) as usize;
        self.ring
            .get(written.wrapping_sub(distance) % RING_BYTES)
            .map_or(b' ', |slot| slot.load(Ordering::Relaxed))
    }

    /// Returns the bytes ever written, modulo 2^32.
    pub fn written(&self) -> u32 {
        self.written.load(Ordering::Relaxed)
    }

    /// Returns how many of them are kept.
    pub fn kept(&self) -> u32 {
        // What wrapped around has filled the ring long before.
        self.written().min(RING_BYTES_U32)
    }

    /// Returns the byte that was written as number `index`, if it is kept; otherwise a later one.
    pub fn at(&self, index: u32) -> u8 {
        self.ring.get(index as usize % RING_BYTES).map_or(b' ', |slot| slot.load(Ordering::Relaxed))
    }

    /// Iterates over the last bytes, at most `most`, oldest first.
    pub fn last(&self, most: usize) -> impl Iterator<Item = u8> + '_ {
        let written = self.written.load(Ordering::Relaxed) as usize;
        let kept = written.min(RING_BYTES).min(most);
        (written.wrapping_sub(kept)..written)
            .filter_map(|at| self.ring.get(at % RING_BYTES).map(|slot| slot.load(Ordering::Relaxed)))
    }

    /// Writes the log out of the caches: after the end, memory is all that is left.
    pub fn clean(&self) {
        cache::clean_invalidate(VirtAddr::new(core::ptr::from_ref(self) as usize), size_of::<Self>());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> RamLog {
        RamLog {
            magic: [const { AtomicU32::new(0) }; 4],
            ring_bytes: AtomicU32::new(0),
            written: AtomicU32::new(0),
            ring: [const { AtomicU8::new(0) }; RING_BYTES],
        }
    }

    #[test]
    fn keeps_the_last_bytes_in_order() {
        let log = log();
        assert_eq!(log.last(10).count(), 0);
        for byte in (0..=250u8).cycle().take(RING_BYTES + 300) {
            log.put(byte);
        }
        let all: Vec<u8> = log.last(usize::MAX).collect();
        assert_eq!(all.len(), RING_BYTES);
        assert_eq!(all[0], (300 % 251) as u8);
        let two: Vec<u8> = log.last(2).collect();
        assert_eq!(two, all[RING_BYTES - 2..]);
    }

    #[test]
    fn lies_in_memory_as_documented() {
        assert_eq!(core::mem::offset_of!(RamLog, ring_bytes), 16);
        assert_eq!(core::mem::offset_of!(RamLog, written), 20);
        assert_eq!(core::mem::offset_of!(RamLog, ring), 24);
        let log = log();
        log.init();
        let magic: Vec<u8> =
            log.magic.iter().flat_map(|word| word.load(Ordering::Relaxed).to_le_bytes()).collect();
        assert_eq!(magic, b"XENOLITH RAM LOG");
    }
}

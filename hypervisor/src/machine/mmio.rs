//! Device registers.

use crate::mm::hyp_space;
#[cfg(any(target_arch = "aarch64", target_arch = "arm"))]
use core::arch::asm;
use types::{PAGE_BYTES, PhysRange, VirtAddr};

/// A mapped range of device registers.
///
/// Accesses are single load and store instructions of the width named, never anything that a
/// compiler could merge, split or give a write-back form.
#[derive(Clone, Copy, Debug)]
pub struct MmioWindow {
    base: VirtAddr,
    bytes: usize,
}

/// A mapped page of device registers, in which no offset is out of reach: a check less than a
/// [`MmioWindow`]'s, where every instruction counts.
#[derive(Clone, Copy, Debug)]
pub struct MmioPage {
    base: VirtAddr,
}

macro_rules! accessors {
    ($read:ident, $write:ident, $raw:ty, $load64:literal, $store64:literal, $load32:literal, $store32:literal) => {
        /// Reads the register at `offset` bytes; what lies outside the window reads as zero.
        #[inline]
        pub fn $read(&self, offset: usize) -> $raw {
            let Some(address) = self.at(offset, size_of::<$raw>()) else { return 0 };
            #[cfg(target_arch = "aarch64")]
            {
                let value: $raw;
                // SAFETY: the address lies in device memory that this window maps.
                unsafe { asm!($load64, in(reg) address, out(reg) value, options(nostack, preserves_flags)) }
                value
            }
            #[cfg(target_arch = "arm")]
            {
                let value: $raw;
                // SAFETY: as above.
                unsafe { asm!($load32, in(reg) address, out(reg) value, options(nostack, preserves_flags)) }
                value
            }
            #[cfg(not(any(target_arch = "aarch64", target_arch = "arm")))]
            {
                // SAFETY: on the host a window is a buffer of the test's.
                unsafe { (address as *const $raw).read_volatile() }
            }
        }

        /// Writes the register at `offset` bytes; outside the window nothing happens.
        #[inline]
        pub fn $write(&self, offset: usize, value: $raw) {
            let Some(address) = self.at(offset, size_of::<$raw>()) else { return };
            #[cfg(target_arch = "aarch64")]
            // SAFETY: the address lies in device memory that this window maps; the drivers know what
            // the device does then.
            unsafe {
                asm!($store64, in(reg) address, in(reg) value, options(nostack, preserves_flags))
            }
            #[cfg(target_arch = "arm")]
            // SAFETY: as above.
            unsafe {
                asm!($store32, in(reg) address, in(reg) value, options(nostack, preserves_flags))
            }
            #[cfg(not(any(target_arch = "aarch64", target_arch = "arm")))]
            // SAFETY: on the host a window is a buffer of the test's.
            unsafe {
                (address as *mut $raw).write_volatile(value)
            }
        }
    };
}

impl MmioWindow {
    /// Maps a range of registers.
    ///
    /// # Errors
    /// If EL2 has no address space or tables left.
    pub fn map(range: PhysRange) -> Result<Self, hyp_space::Error> {
        #[cfg(target_os = "none")]
        let base = hyp_space::map_device(range)?;
        // On the host a device is a piece of the simulated RAM.
        #[cfg(not(target_os = "none"))]
        let base = crate::arch::window::permanent(range.start()).ok_or(hyp_space::Error::BadRange)?;
        Ok(Self { base, bytes: arch_usize(range.len_bytes()) })
    }

    /// Makes a window over a device that a test plays.
    #[cfg(test)]
    pub fn over<const N: usize>(registers: &'static [core::sync::atomic::AtomicU32; N]) -> Self {
        Self { base: VirtAddr::new(registers.as_ptr() as usize), bytes: 4 * N }
    }

    /// Returns the window's first page, if it has as much.
    pub fn first_page(&self) -> Option<MmioPage> {
        (self.bytes as u64 >= PAGE_BYTES).then_some(MmioPage { base: self.base })
    }

    #[inline]
    fn at(&self, offset: usize, width: usize) -> Option<usize> {
        let end = offset.checked_add(width)?;
        if end > self.bytes {
            return None;
        }
        Some(self.base.raw().wrapping_add(offset))
    }

    accessors!(
        read8,
        write8,
        u8,
        "ldrb {1:w}, [{0}]",
        "strb {1:w}, [{0}]",
        "ldrb {1}, [{0}]",
        "strb {1}, [{0}]"
    );
    accessors!(
        read32,
        write32,
        u32,
        "ldr {1:w}, [{0}]",
        "str {1:w}, [{0}]",
        "ldr {1}, [{0}]",
        "str {1}, [{0}]"
    );

    /// Reads the 64-bit register at `offset`, as two words on ARMv7.
    #[inline]
    pub fn read64(&self, offset: usize) -> u64 {
        #[cfg(target_arch = "aarch64")]
        {
            let Some(address) = self.at(offset, 8) else { return 0 };
            let value: u64;
            // SAFETY: as in the 32-bit accessors.
            unsafe {
                asm!("ldr {1}, [{0}]", in(reg) address, out(reg) value, options(nostack, preserves_flags))
            }
            value
        }
        #[cfg(not(target_arch = "aarch64"))]
        {
            u64::from(self.read32(offset)) | u64::from(self.read32(offset.wrapping_add(4))) << 32
        }
    }

    /// Writes the 64-bit register at `offset`, as two words on ARMv7.
    #[inline]
    pub fn write64(&self, offset: usize, value: u64) {
        #[cfg(target_arch = "aarch64")]
        {
            let Some(address) = self.at(offset, 8) else { return };
            // SAFETY: as in the 32-bit accessors.
            unsafe {
                asm!("str {1}, [{0}]", in(reg) address, in(reg) value, options(nostack, preserves_flags))
            }
        }
        #[cfg(not(target_arch = "aarch64"))]
        {
            self.write32(offset, (value & 0xffff_ffff) as u32);
            self.write32(offset.wrapping_add(4), (value >> 32) as u32);
        }
    }
}

impl MmioPage {
    /// Returns the address of an offset, modulo the page.
    #[inline]
    fn at(&self, offset: usize, width: usize) -> Option<usize> {
        let inside = offset & (arch_usize(PAGE_BYTES) - width);
        Some(self.base.raw().wrapping_add(inside))
    }

    accessors!(
        read32,
        write32,
        u32,
        "ldr {1:w}, [{0}]",
        "str {1:w}, [{0}]",
        "ldr {1}, [{0}]",
        "str {1}, [{0}]"
    );
}

fn arch_usize(bytes: u64) -> usize {
    crate::arch::to_usize(bytes)
}

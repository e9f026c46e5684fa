//! The page of the console ring, as the UART reaches it.

use core::mem::offset_of;
use xen_abi::console::XenconsInterface;

/// Bytes of the ring towards the guest.
pub(super) const IN_BYTES: u32 = 1024;
/// Bytes of the ring from the guest.
pub(super) const OUT_BYTES: u32 = 2048;

/// An index of the page, which counts bytes from the beginning of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// What the guest has taken.
    InCons,
    /// What the daemon has put.
    InProd,
    /// What the daemon has taken.
    OutCons,
    /// What the guest has put.
    OutProd,
}

impl Index {
    /// Returns where it is in the page, in bytes.
    pub const fn offset(self) -> usize {
        match self {
            Self::InCons => offset_of!(XenconsInterface, in_cons),
            Self::InProd => offset_of!(XenconsInterface, in_prod),
            Self::OutCons => offset_of!(XenconsInterface, out_cons),
            Self::OutProd => offset_of!(XenconsInterface, out_prod),
        }
    }
}

/// The page (`xen/include/public/io/console.h`), which others write at the same time.
pub trait ConsolePage {
    /// Reads an index; what is read of the rings afterwards is at least as new.
    fn load(&self, index: Index) -> u32;

    /// Writes an index; what was read or written of the rings before is done when it can be seen.
    fn store(&self, index: Index, value: u32);

    /// Reads the byte at an offset into the page below [`Index::InCons`]'s.
    fn byte(&self, offset: usize) -> u8;

    /// Writes the byte at an offset into the page below [`Index::InCons`]'s.
    fn set_byte(&self, offset: usize, byte: u8);

    /// Reads the byte of the ring towards the guest that an index means.
    fn take(&self, index: u32) -> u8 {
        let at = index % IN_BYTES;
        self.byte(offset_of!(XenconsInterface, input).wrapping_add(at as usize))
    }

    /// Writes the byte of the ring from the guest that an index means.
    fn put(&self, index: u32, byte: u8) {
        let at = index % OUT_BYTES;
        self.set_byte(offset_of!(XenconsInterface, out).wrapping_add(at as usize), byte);
    }
}

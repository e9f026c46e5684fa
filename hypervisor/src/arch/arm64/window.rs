//! How EL2 reaches a frame: the direct map, where every byte of RAM has its address.

use super::layout;
use types::{PhysAddr, VirtAddr};

/// Bytes from an address on that one window reaches: all of them.
pub const REACH_BYTES: u64 = u64::MAX;

/// Returns where RAM at `pa` is mapped for good, or `None` where a mapping must be made.
#[inline]
pub const fn permanent(pa: PhysAddr) -> Option<VirtAddr> {
    Some(VirtAddr::new(layout::DIRECT_MAP.raw() + super::to_usize(pa.raw())))
}

/// Returns a pointer to a frame, by its number, if that is known to be RAM without asking: never here.
#[inline]
pub const fn shown(_frame: usize) -> Option<*mut u8> {
    None
}

/// Tells whether windows to these two can be open at once: all can.
#[inline]
pub const fn are_apart(_a: PhysAddr, _b: PhysAddr) -> bool {
    true
}

/// Runs `f` with a pointer to the byte at `pa`, which must be in RAM that the direct map covers.
#[inline]
pub fn with<R>(pa: PhysAddr, f: impl FnOnce(*mut u8) -> R) -> R {
    f((layout::DIRECT_MAP.raw() + super::to_usize(pa.raw())) as *mut u8)
}

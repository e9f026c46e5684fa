//! RAM: one run of host memory, shared by all threads, zero at first.

use std::alloc::{Layout, alloc_zeroed};
use std::sync::LazyLock;
use types::{PhysAddr, VirtAddr};

/// Bytes from an address on that one window reaches: all of them.
pub const REACH_BYTES: u64 = u64::MAX;
/// The first byte of RAM.
pub const RAM_START: u64 = 0x4000_0000;
/// Bytes of RAM; the host commits a page when it is first touched.
pub const RAM_BYTES: usize = 256 << 20;

/// Where the host keeps it, aligned as a 2 MiB block.
static RAM: LazyLock<usize> = LazyLock::new(|| {
    let layout = Layout::from_size_align(RAM_BYTES, 2 << 20).unwrap_or(Layout::new::<u8>());
    // SAFETY: the layout's size is not zero.
    unsafe { alloc_zeroed(layout) as usize }
});

/// Returns where RAM at `pa` is in the host's memory.
#[inline]
pub fn permanent(pa: PhysAddr) -> Option<VirtAddr> {
    let offset = pa.raw().checked_sub(RAM_START).filter(|offset| *offset < RAM_BYTES as u64)?;
    Some(VirtAddr::new(*RAM + super::to_usize(offset)))
}

/// Returns a pointer to a frame, by its number, if that is known to be RAM without asking: never here.
#[inline]
pub const fn shown(_frame: usize) -> Option<*mut u8> {
    None
}

/// Tells whether windows to these two can be open at once: all but those that fall to one of sixteen
/// slots, as on A32.
#[inline]
pub const fn are_apart(a: PhysAddr, b: PhysAddr) -> bool {
    (a.raw() ^ b.raw()) >> 12 & 0xf != 0
}

/// Runs `f` with a pointer to the byte at `pa`, which must be in RAM.
///
/// # Panics
/// If it is not.
#[inline]
pub fn with<R>(pa: PhysAddr, f: impl FnOnce(*mut u8) -> R) -> R {
    let Some(va) = permanent(pa) else { unreachable!("{pa} is not RAM") };
    f(va.raw() as *mut u8)
}

//! Where dom0's memory lies, and its kernel, RAM disk and device tree in it.
//!
//! What can stay where the boot loader put it stays: dom0's banks are laid around it. The rest is
//! moved into the banks. The rules of staying are [`placement`]'s, the banks are [`banks`]'.

mod banks;
mod placement;

use crate::{Kernel, LayoutError};
use types::{PAGE_BYTES, PhysAddr, PhysRange, PhysSet};

/// The most banks that dom0 is given.
pub const MAX_BANKS: usize = 32;

/// Pieces of free memory that are looked at.
const MAX_FREE: usize = 128;

/// What dom0 is to be laid out from.
#[derive(Clone, Copy)]
pub struct Dom0<'a> {
    /// Whole pages that dom0 may own, ascending, those of its own modules included; nothing in them
    /// is shared with what stays EL2's.
    pub free: &'a [PhysRange],
    /// dom0_mem; rounded up to whole pages.
    pub memory_bytes: u64,
    /// Below here dom0 has at least 128 MiB, or all its memory.
    pub dma_limit: PhysAddr,
    /// The kernel.
    pub kernel: &'a Kernel,
    /// The module that holds it.
    pub kernel_module: PhysRange,
    /// The module with the RAM disk.
    pub ramdisk: Option<PhysRange>,
    /// The most bytes that the device tree will have.
    pub tree_bytes: u64,
}

/// Where something comes to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Used where the boot loader put it.
    Stays(PhysRange),
    /// Copied, or unpacked, to this range.
    Moves(PhysRange),
}

/// How dom0 is laid out.
#[derive(Clone)]
pub struct Layout {
    /// dom0's memory.
    pub banks: PhysSet<MAX_BANKS>,
    /// The kernel, its bss included.
    pub kernel: Place,
    /// Where the kernel is entered.
    pub entry: PhysAddr,
    /// The RAM disk.
    pub ramdisk: Option<Place>,
    /// The room of the device tree.
    pub tree: PhysRange,
}

impl Place {
    /// Returns the range.
    pub const fn range(&self) -> PhysRange {
        match *self {
            Self::Stays(range) | Self::Moves(range) => range,
        }
    }
}

/// What is tried to be used in place.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Keep {
    kernel: bool,
    ramdisk: bool,
}

/// Lays dom0 out, moving as little as possible.
///
/// # Errors
/// Any [`LayoutError`], of the attempt that moves everything.
pub fn plan_dom0(request: &Dom0<'_>) -> Result<Layout, LayoutError> {
    let mut free = PhysSet::<MAX_FREE>::new();
    for range in request.free.iter().filter_map(PhysRange::pages_inside) {
        free.add(range).map_err(|_| LayoutError::Fragmented)?;
    }
    let memory_bytes = request.memory_bytes.checked_next_multiple_of(PAGE_BYTES).unwrap_or(u64::MAX);
    let request = &Dom0 { memory_bytes, ..*request };
    check_sizes(request, free.total_bytes())?;
    // The kernel first: it is the larger one to unpack and the harder one to place.
    let attempts = [(true, true), (true, false), (false, true)];
    for (kernel, ramdisk) in attempts {
        if let Ok(layout) = attempt(request, &free, Keep { kernel, ramdisk }) {
            return Ok(layout);
        }
    }
    let moved = Keep { kernel: false, ramdisk: false };
    attempt(request, &free, moved).or_else(|error| {
        // The modules may lie where the kernel must go: then dom0 is laid out without their pages.
        let mut rest = free.clone();
        for module in [Some(request.kernel_module), request.ramdisk].into_iter().flatten() {
            rest.subtract(module.pages_touched().unwrap_or(module)).map_err(|_| error)?;
        }
        attempt(request, &rest, moved).map_err(|_| error)
    })
}

fn attempt(request: &Dom0<'_>, free: &PhysSet<MAX_FREE>, keep: Keep) -> Result<Layout, LayoutError> {
    let kept = placement::kept(request, free, keep)?;
    let banks = banks::plan(request, free, &kept)?;
    placement::place(request, banks, &kept)
}

fn check_sizes(request: &Dom0<'_>, free: u64) -> Result<(), LayoutError> {
    let asked = request.memory_bytes;
    if asked > free {
        return Err(LayoutError::TooMuch { asked, free });
    }
    let ramdisk = request.ramdisk.map_or(0, |r| r.len_bytes());
    let needed = placement::kernel_room_bytes(request.kernel)
        .saturating_add(ramdisk)
        .saturating_add(request.tree_bytes);
    if needed > asked { Err(LayoutError::TooSmall { asked, needed }) } else { Ok(()) }
}

#[cfg(test)]
mod tests;

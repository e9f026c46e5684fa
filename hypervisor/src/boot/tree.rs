//! Finding the device tree that the boot loader left.

use super::fatal;
use crate::machine::frame_window;
use crate::mm::hyp_space;
use devicetree::{Header, Tree};
use spin::Once;
use types::{PhysAddr, PhysRange};

/// Bytes of a tree's header.
const HEADER_BYTES: u64 = 40;
/// No boot loader makes a larger tree; a larger size is a corrupt header.
const MAX_BYTES: u64 = 16 << 20;

/// Where the tree is.
static ADDRESS: Once<PhysAddr> = Once::new();

/// Returns where the tree is, once it is found.
pub fn address() -> Option<PhysAddr> {
    ADDRESS.get().copied()
}

/// Maps and validates the tree at `dtb`.
pub fn find(dtb: PhysAddr) -> Tree<'static> {
    if dtb.raw() == 0 || !dtb.is_aligned(4) {
        fatal(format_args!(
            "No device tree: the boot loader passed {dtb}. Pass the tree's address in x0 (arm64) or r2 (arm32)."
        ));
    }
    ADDRESS.call_once(|| dtb);
    let header = map(dtb, HEADER_BYTES);
    let header = Header::read(header).unwrap_or_else(|error| fatal(format_args!("{error}")));
    let bytes = header.total_bytes() as u64;
    if bytes > MAX_BYTES {
        fatal(format_args!("device tree: its header says {bytes} bytes, which cannot be"));
    }
    devicetree::validate(map(dtb, bytes)).unwrap_or_else(|error| fatal(format_args!("{error}")))
}

fn map(pa: PhysAddr, bytes: u64) -> &'static [u8] {
    let mapped = PhysRange::new(pa, bytes).ok().and_then(|range| hyp_space::map_read_only(range).ok());
    match mapped {
        Some(va) => frame_window::static_bytes(va, crate::arch::to_usize(bytes)),
        None => fatal(format_args!("device tree: {bytes} bytes at {pa} cannot be mapped")),
    }
}

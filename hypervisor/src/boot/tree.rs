//! Finding the device tree that the boot loader left.

use super::blame::{self, Culprit};
use super::fatal;
use crate::machine::frame_window;
use crate::machine::sync::Once;
use crate::mm::hyp_space;
use devicetree::{Header, Tree};
use types::{PhysAddr, PhysRange};

/// Bytes of a tree's header.
const HEADER_BYTES: u64 = 40;

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
    let wrong =
        |error| -> ! { fatal(format_args!("{error}. The boot loader passed {dtb} as the tree's address.")) };
    blame::during(Culprit::Tree, dtb, || {
        let header = Header::read(map(dtb, HEADER_BYTES)).unwrap_or_else(|error| wrong(error));
        devicetree::validate(map(dtb, header.total_bytes() as u64)).unwrap_or_else(|error| wrong(error))
    })
}

fn map(pa: PhysAddr, bytes: u64) -> &'static [u8] {
    let mapped = PhysRange::new(pa, bytes).ok().and_then(|range| hyp_space::map_read_only(range).ok());
    match mapped {
        Some(va) => frame_window::static_bytes(va, crate::arch::to_usize(bytes)),
        None => fatal(format_args!(
            "Device tree at {pa}: {bytes} bytes there cannot be mapped. Load it into RAM."
        )),
    }
}

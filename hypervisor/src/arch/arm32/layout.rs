//! Where Hyp mode maps what: 32 bits of virtual addresses from HTTBR.
//!
//! | from | size | what |
//! |---|---|---|
//! | `0x0020_0000` | 2 MiB | the image, by pages |
//! | `0x0040_0000` | 4 MiB | windows: sixteen pages for each CPU |
//! | `0x1000_0000` | 256 MiB | stacks, a guard page under each |
//! | `0x2000_0000` | 512 MiB | heap |
//! | `0x4000_0000` | 1 GiB | frame table: 512 GiB of RAM |
//! | `0x8000_0000` | 2 GiB | devices, the device tree, pages shared with guests |
//!
//! No physical address is mapped at itself, but for one page while the MMU is turned on, in tables of
//! their own: the map need not care where a board's RAM is.

use crate::mm::p2m::Shape;
use arm_spec::lpae;
use pagetable::Geometry;
use types::VirtAddr;

/// Where the image is linked, as in linker/arm32.ld.
pub const IMAGE: VirtAddr = VirtAddr::new(0x0020_0000);
/// The windows through which frames are reached, as in boot/arm32/tables.S.
pub const WINDOWS: VirtAddr = VirtAddr::new(0x0040_0000);
/// Per-CPU stacks.
pub const STACKS: VirtAddr = VirtAddr::new(0x1000_0000);
/// The byte heap.
pub const HEAP: VirtAddr = VirtAddr::new(0x2000_0000);
/// The frame table's sections.
pub const FRAME_TABLE: VirtAddr = VirtAddr::new(0x4000_0000);
/// Device registers and other small mappings.
pub const DEVICES: VirtAddr = VirtAddr::new(0x8000_0000);
/// Bytes of [`DEVICES`].
pub const DEVICES_BYTES: usize = 0x7fff_f000;
/// First physical address that Hyp mode cannot reach: long descriptors hold 40 bits.
pub const PA_LIMIT: u64 = 1 << 40;
/// Bytes of a block that a table entry above the last level maps.
pub const BLOCK_BYTES: u64 = 2 << 20;
/// The most vCPUs of a domain.
pub const MAX_VCPUS: u16 = 8;
/// Bytes of a stack, without its guard page.
pub const STACK_BYTES: usize = 16 * 1024;
/// Bytes of the first CPU's stack, which boot and the laying out of dom0 need.
pub const BOOT_STACK_BYTES: usize = 64 * 1024;

/// The shape of Hyp mode's own tables.
pub const GEOMETRY: Geometry = Geometry::EL2_ARM32;

/// Returns the shape of stage 2, 40 bits from two level-1 tables, and its control word (VTCR).
pub fn stage2_shape() -> Shape {
    let geometry = Geometry::STAGE2_ARM32;
    Shape { geometry, vtcr: lpae::vtcr(geometry.input_bits(), geometry.start_level()) }
}

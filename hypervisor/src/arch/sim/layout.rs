//! Where EL2 maps what: nothing is mapped, the addresses are only told apart.

use crate::mm::p2m::Shape;
use arm_spec::lpae::{self, VmidBits};
use pagetable::Geometry;
use types::VirtAddr;

/// Where the process's own memory starts, above the simulated RAM.
pub const IMAGE: VirtAddr = VirtAddr::new(1 << 32);
/// The frame table's sections.
pub const FRAME_TABLE: VirtAddr = VirtAddr::new(0x7f90_0000_0000);
/// Per-CPU stacks.
pub const STACKS: VirtAddr = VirtAddr::new(0x7fa0_0000_0000);
/// Device registers and other small mappings.
pub const DEVICES: VirtAddr = VirtAddr::new(0x7fb0_0000_0000);
/// Bytes of [`DEVICES`].
pub const DEVICES_BYTES: usize = 1 << 36;
/// The byte heap.
pub const HEAP: VirtAddr = VirtAddr::new(0x7fc0_0000_0000);
/// First physical address that EL2 cannot reach.
pub const PA_LIMIT: u64 = 1 << 32;
/// Bytes of a block that a table entry above the last level maps.
pub const BLOCK_BYTES: u64 = 2 << 20;
/// The most vCPUs of a domain.
pub const MAX_VCPUS: u16 = 128;
/// Bytes of a stack, without its guard page.
pub const STACK_BYTES: usize = 16 * 1024;
/// Bytes of the first CPU's stack, which boot and the laying out of dom0 need.
pub const BOOT_STACK_BYTES: usize = 64 * 1024;

/// The shape of EL2's own tables.
pub const GEOMETRY: Geometry = Geometry::EL2_ARM64;

/// Returns the shape of stage 2, and its control word.
pub fn stage2_shape() -> Shape {
    let geometry = Geometry::stage2_arm64(40);
    let vtcr = lpae::vtcr_el2(geometry.input_bits(), geometry.start_level(), 2, VmidBits::Eight);
    Shape { geometry, vtcr }
}

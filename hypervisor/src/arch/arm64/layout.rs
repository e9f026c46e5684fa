//! Where EL2 maps what: 48 bits of virtual addresses from TTBR0_EL2.
//!
//! | from | size | what |
//! |---|---|---|
//! | `0x4000_0000_0000` | 63.5 TiB | direct map: RAM at its physical address plus the base |
//! | `0x7f80_0020_0000` | 2 MiB | the image, by pages |
//! | `0x7f90_0000_0000` | 64 GiB | frame table |
//! | `0x7fa0_0000_0000` | 64 GiB | stacks, a guard page under each |
//! | `0x7fb0_0000_0000` | 64 GiB | devices and the device tree |
//! | `0x7fc0_0000_0000` | 64 GiB | heap |

use crate::mm::p2m::Shape;
use arm_spec::lpae::{self, VmidBits};
use pagetable::Geometry;
use types::VirtAddr;

/// Where the image is linked, as in linker/arm64.ld.
pub const IMAGE: VirtAddr = VirtAddr::new(0x7f80_0020_0000);
/// RAM at its physical address plus this.
pub const DIRECT_MAP: VirtAddr = VirtAddr::new(0x4000_0000_0000);
/// First address that the direct map cannot hold.
pub const DIRECT_MAP_LIMIT: u64 = 0x3f80_0000_0000;
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
pub const PA_LIMIT: u64 = DIRECT_MAP_LIMIT;
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

/// Returns the shape of stage 2 that this CPU supports, and its control word.
pub fn stage2_shape() -> Shape {
    let bits = super::sysreg::pa_bits();
    let geometry = Geometry::stage2_arm64(u8::try_from(bits).unwrap_or(48));
    let vmid = if super::sysreg::has_vmid16() { VmidBits::Sixteen } else { VmidBits::Eight };
    let size = match bits {
        32 => 0,
        36 => 1,
        40 => 2,
        42 => 3,
        44 => 4,
        _ => 5,
    };
    let vtcr = lpae::vtcr_el2(geometry.input_bits(), geometry.start_level(), size, vmid);
    Shape { geometry, vtcr }
}

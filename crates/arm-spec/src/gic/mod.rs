//! The generic interrupt controller, versions 2 and 3, as data: register maps, identification
//! values and the list registers' layouts.
//!
//! One submodule per register frame, named as the manuals name it. Offsets are in bytes from the
//! start of the frame. [`Lr`] is a list register without its encoding, so that what decides on
//! interrupts (the vgic) and what writes registers (the kernel) need not agree on a version.
//! Sources: GIC IHI 0048B.b (version 2), GIC IHI 0069H (version 3).

pub mod gicc;
pub mod gicd;
pub mod gich;
pub mod gicr;
pub mod ich;
mod lr;

pub use lr::{Lr, LrState, Origin};

/// Software-generated interrupts: 0-15 (GIC IHI 0069H 2.2.1).
pub const SGIS: u32 = 16;
/// Interrupts private to a CPU: SGIs and PPIs, 0-31 (GIC IHI 0069H 2.2.1).
pub const PRIVATE: u32 = 32;
/// The first identifier that is no SPI any more (GIC IHI 0069H 2.2.1).
pub const SPI_END: u32 = 1020;
/// The identifier that says that no interrupt is pending (GIC IHI 0069H 2.2.1).
pub const SPURIOUS: u32 = 1023;
/// Size of a GICD, RD_base or SGI_base frame of version 3 (GIC IHI 0069H 12.10).
pub const FRAME_BYTES_V3: u64 = 0x1_0000;
/// Size of the GICD frame of version 2 (GIC IHI 0048B.b 4.1).
pub const GICD_BYTES_V2: u64 = 0x1000;

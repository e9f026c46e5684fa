//! A redistributor's frames, RD_base and SGI_base (GIC IHI 0069H 12.10, 12.11).
//!
//! Offsets of the second frame are from its own start; in a redistributor's range it lies
//! [`SGI_BASE`] bytes on. The registers shared with GICD's layout have GICD's offsets.

/// Distance from RD_base to SGI_base.
pub const SGI_BASE: u32 = 0x1_0000;
/// Bytes of a redistributor without virtual LPIs: RD_base and SGI_base.
pub const STRIDE_BYTES: u64 = 0x2_0000;

/// Redistributor control.
pub const CTLR: u32 = 0x0000;
/// Who implemented it.
pub const IIDR: u32 = 0x0004;
/// What it implements and whose it is, 64 bits.
pub const TYPER: u32 = 0x0008;
/// Error status (optional).
pub const STATUSR: u32 = 0x0010;
/// Power state.
pub const WAKER: u32 = 0x0014;
/// LPI configuration table, 64 bits.
pub const PROPBASER: u32 = 0x0070;
/// LPI pending table, 64 bits.
pub const PENDBASER: u32 = 0x0078;
/// Whether writes are still under way.
pub const SYNCR: u32 = 0x00c0;
/// Identification registers, PIDR4 first.
pub const IDREGS: u32 = 0xffd0;

/// SGI_base: trigger of the SGIs.
pub const ICFGR0: u32 = 0x0c00;
/// SGI_base: trigger of the PPIs.
pub const ICFGR1: u32 = 0x0c04;

/// TYPER: the last redistributor of a contiguous range.
pub const TYPER_LAST: u64 = 1 << 4;
/// TYPER: position of the processor number.
pub const TYPER_NUMBER_SHIFT: u32 = 8;
/// TYPER: position of the affinity value.
pub const TYPER_AFFINITY_SHIFT: u32 = 32;

/// WAKER: the CPU asks for, or has, the sleep state.
pub const WAKER_PROCESSOR_SLEEP: u32 = 1 << 1;
/// WAKER: the interface to the CPU is quiet.
pub const WAKER_CHILDREN_ASLEEP: u32 = 1 << 2;

//! The CPU interface's frame of version 2, GICC, and its virtual twin, GICV
//! (GIC IHI 0048B.b 4.4, 5.5).

/// CPU interface control.
pub const CTLR: u32 = 0x0000;
/// Priority mask.
pub const PMR: u32 = 0x0004;
/// Binary point.
pub const BPR: u32 = 0x0008;
/// Interrupt acknowledge.
pub const IAR: u32 = 0x000c;
/// End of interrupt.
pub const EOIR: u32 = 0x0010;
/// Running priority.
pub const RPR: u32 = 0x0014;
/// Highest priority pending interrupt.
pub const HPPIR: u32 = 0x0018;
/// Binary point, group 1.
pub const ABPR: u32 = 0x001c;
/// Acknowledge, group 1.
pub const AIAR: u32 = 0x0020;
/// End of interrupt, group 1.
pub const AEOIR: u32 = 0x0024;
/// Highest priority pending interrupt, group 1.
pub const AHPPIR: u32 = 0x0028;
/// Active priorities, first of four.
pub const APR0: u32 = 0x00d0;
/// Group 1 active priorities as the non-secure side sees them, first of four.
pub const NSAPR0: u32 = 0x00e0;
/// Who implemented it.
pub const IIDR: u32 = 0x00fc;
/// Deactivate interrupt.
pub const DIR: u32 = 0x1000;

/// CTLR: signal group 0, or group 1 in the non-secure view.
pub const CTLR_ENABLE_GRP0: u32 = 1 << 0;
/// CTLR: signal group 1.
pub const CTLR_ENABLE_GRP1: u32 = 1 << 1;
/// CTLR: acknowledge of a group 1 interrupt through IAR.
pub const CTLR_ACK_CTL: u32 = 1 << 2;
/// CTLR: group 0 is signalled by FIQ.
pub const CTLR_FIQ_EN: u32 = 1 << 3;
/// CTLR: EOIR drops the priority, DIR deactivates.
pub const CTLR_EOI_MODE: u32 = 1 << 9;
/// CTLR, the non-secure view: position of the same bit is the same.
pub const CTLR_EOI_MODE_NS: u32 = 1 << 9;

/// IAR and EOIR: position of the source CPU of an SGI.
pub const IAR_SOURCE_SHIFT: u32 = 10;
/// IAR and EOIR: the interrupt identifier.
pub const IAR_INTID_MASK: u32 = 0x3ff;

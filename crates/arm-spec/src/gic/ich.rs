//! The virtual interface control registers of version 3, ICH_* (GIC IHI 0069H 12.4).
//!
//! The same bits at the same places as [`gich`](super::gich) are not repeated: EN to VGRP1DIE.

/// ICH_HCR_EL2: trap the guest's accesses to registers common to both groups.
pub const HCR_TC: u32 = 1 << 10;
/// ICH_HCR_EL2: trap the guest's accesses to group 0 registers.
pub const HCR_TALL0: u32 = 1 << 11;
/// ICH_HCR_EL2: trap the guest's accesses to group 1 registers.
pub const HCR_TALL1: u32 = 1 << 12;
/// ICH_HCR_EL2: trap the guest's writes to ICC_DIR_EL1.
pub const HCR_TDIR: u32 = 1 << 14;
/// ICH_HCR_EL2: position of the count of EOIs that found no list register.
pub const HCR_EOI_COUNT_SHIFT: u32 = 27;

/// ICH_VTR_EL2: number of list registers less one.
pub const VTR_LIST_REGS_MASK: u32 = 0x1f;
/// ICH_VTR_EL2: ICC_DIR_EL1 can be trapped alone.
pub const VTR_TDS: u32 = 1 << 19;
/// ICH_VTR_EL2: affinity level 3 is used.
pub const VTR_A3V: u32 = 1 << 21;
/// ICH_VTR_EL2: position of the priority bits less one.
pub const VTR_PRI_BITS_SHIFT: u32 = 29;

/// ICH_VMCR_EL2: group 0 enabled.
pub const VMCR_ENABLE_GRP0: u32 = 1 << 0;
/// ICH_VMCR_EL2: group 1 enabled.
pub const VMCR_ENABLE_GRP1: u32 = 1 << 1;
/// ICH_VMCR_EL2: EOIR drops the priority, DIR deactivates.
pub const VMCR_EOI_MODE: u32 = 1 << 9;
/// ICH_VMCR_EL2: position of the priority mask.
pub const VMCR_PMR_SHIFT: u32 = 24;

//! The virtual interface control frame of version 2, GICH (GIC IHI 0048B.b 5.3).

/// Hypervisor control.
pub const HCR: u32 = 0x0000;
/// What the interface implements.
pub const VTR: u32 = 0x0004;
/// The guest's view of the CPU interface's control registers.
pub const VMCR: u32 = 0x0008;
/// Maintenance interrupt status.
pub const MISR: u32 = 0x0010;
/// List registers that ask for an end-of-interrupt maintenance, 0-31.
pub const EISR0: u32 = 0x0020;
/// The same, 32-63.
pub const EISR1: u32 = 0x0024;
/// Empty list registers, 0-31.
pub const ELRSR0: u32 = 0x0030;
/// The same, 32-63.
pub const ELRSR1: u32 = 0x0034;
/// Active priorities.
pub const APR: u32 = 0x00f0;
/// First list register.
pub const LR0: u32 = 0x0100;

/// HCR: the virtual interface works.
pub const HCR_EN: u32 = 1 << 0;
/// HCR: maintenance when at most one list register is occupied.
pub const HCR_UIE: u32 = 1 << 1;
/// HCR: maintenance when an EOI found no list register.
pub const HCR_LRENPIE: u32 = 1 << 2;
/// HCR: maintenance when no list register is pending.
pub const HCR_NPIE: u32 = 1 << 3;
/// HCR: maintenance when the guest enables group 0.
pub const HCR_VGRP0EIE: u32 = 1 << 4;
/// HCR: maintenance when the guest disables group 0.
pub const HCR_VGRP0DIE: u32 = 1 << 5;
/// HCR: maintenance when the guest enables group 1.
pub const HCR_VGRP1EIE: u32 = 1 << 6;
/// HCR: maintenance when the guest disables group 1.
pub const HCR_VGRP1DIE: u32 = 1 << 7;
/// HCR: position of the count of EOIs that found no list register.
pub const HCR_EOI_COUNT_SHIFT: u32 = 27;

/// VTR: number of list registers less one.
pub const VTR_LIST_REGS_MASK: u32 = 0x3f;

/// VMCR: group 0 enabled.
pub const VMCR_ENABLE_GRP0: u32 = 1 << 0;
/// VMCR: group 1 enabled.
pub const VMCR_ENABLE_GRP1: u32 = 1 << 1;
/// VMCR: position of the priority mask's upper five bits.
pub const VMCR_PMR_SHIFT: u32 = 27;

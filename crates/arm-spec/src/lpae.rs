//! The long-descriptor translation-table format with the 4 KiB granule, shared by A64 and A32 (LPAE).
//!
//! Bits of descriptors, of MAIR and of the translation control registers, as data. `pagetable`
//! builds descriptors from them, the kernel's `arch` rooms build register values. Nothing here
//! reads or writes a register.
//!
//! Sources: Arm ARM DDI 0487J D8.3 (descriptor formats), D17.2 (TCR_EL2, VTCR_EL2, MAIR_EL2);
//! Arm ARM DDI 0406C B3.6 (long-descriptor format), B4.1 (HTCR, VTCR, HMAIR0/1).

/// Entries of one table page.
pub const ENTRIES: usize = 512;
/// The level whose leaves are pages.
pub const LAST_LEVEL: u8 = 3;

/// Returns log2 of the bytes that one entry of a table at `level` (0 to 3) translates.
#[inline]
pub const fn level_shift(level: u8) -> u32 {
    39 - 9 * level as u32
}

/// Bit 0: the entry is valid (D8.3.1).
pub const VALID: u64 = 1 << 0;
/// Bit 1: a table at levels 0 to 2, a page at level 3; clear for a block.
pub const TABLE_OR_PAGE: u64 = 1 << 1;
/// Bits 47:12: the output address or the next table's.
pub const ADDRESS: u64 = 0x0000_ffff_ffff_f000;
/// Bits 9:8: shareability.
pub const SH: u64 = 3 << 8;
/// SH: outer shareable.
pub const SH_OUTER: u64 = 2 << 8;
/// SH: inner shareable.
pub const SH_INNER: u64 = 3 << 8;
/// Bit 10: the access flag; a leaf without it faults.
pub const AF: u64 = 1 << 10;
/// Bit 54: not executable, in both stages (without FEAT_XNX, bit 53 is 0).
pub const XN: u64 = 1 << 54;
/// Shift of bits 58:55, which the hardware ignores in a leaf.
pub const SOFTWARE_SHIFT: u32 = 55;
/// Bits 58:55, reserved for software use.
pub const SOFTWARE: u64 = 0xf << SOFTWARE_SHIFT;
/// What is neither address nor type in a leaf: lower (11:2) and upper (63:51) attributes.
pub const LEAF_ATTRIBUTES: u64 = 0xfff8_0000_0000_0ffc;

/// Stage 1, bits 4:2: shift of the index into MAIR.
pub const S1_ATTR_INDEX_SHIFT: u32 = 2;
/// Stage 1, bit 6: AP\[1\], RES1 in a table for EL2 alone.
pub const S1_AP1: u64 = 1 << 6;
/// Stage 1, bit 7: AP\[2\], read-only.
pub const S1_READ_ONLY: u64 = 1 << 7;

/// Stage 2, bits 5:2: MemAttr.
pub const S2_MEM_ATTR: u64 = 0xf << 2;
/// Stage 2, MemAttr 0xf: Normal, inner and outer write-back; stage 1 may weaken it.
pub const S2_NORMAL_WB: u64 = 0xf << 2;
/// Stage 2, MemAttr 0x5: Normal, non-cacheable.
pub const S2_NORMAL_NC: u64 = 0x5 << 2;
/// Stage 2, MemAttr 0x1: Device-nGnRE.
pub const S2_DEVICE_NGNRE: u64 = 0x1 << 2;
/// Stage 2, bit 6: S2AP, readable.
pub const S2_READ: u64 = 1 << 6;
/// Stage 2, bit 7: S2AP, writable.
pub const S2_WRITE: u64 = 1 << 7;

/// MAIR index of Device-nGnRnE (Strongly-ordered).
pub const MAIR_DEVICE_NGNRNE: u64 = 0;
/// MAIR index of Normal non-cacheable.
pub const MAIR_NORMAL_NC: u64 = 1;
/// MAIR index of Device-nGnRE.
pub const MAIR_DEVICE_NGNRE: u64 = 4;
/// MAIR index of Normal write-back, read- and write-allocate.
pub const MAIR_NORMAL_WB: u64 = 7;
/// The value for MAIR_EL2; on A32 its halves are HMAIR0 (low) and HMAIR1 (high).
pub const MAIR: u64 = 0xff00_0004_0000_4400;

/// IRGN0, ORGN0 write-back write-allocate and SH0 inner shareable: bits 13:8 of TCR_EL2, VTCR_EL2, HTCR, VTCR.
const WALK_WB_INNER: u64 = 1 << 8 | 1 << 10 | 3 << 12;

/// Returns TCR_EL2 for `input_bits` of VA and the PA size field `ps` (ID_AA64MMFR0_EL1.PARange, at most 5).
#[inline]
pub const fn tcr_el2(input_bits: u8, ps: u8) -> u64 {
    (64 - input_bits as u64) & 0x3f | WALK_WB_INNER | (ps as u64 & 7) << 16 | 1 << 23 | 1 << 31
}

/// Returns HTCR for the whole 32-bit VA space (T0SZ 0).
#[inline]
pub const fn htcr() -> u64 {
    WALK_WB_INNER | 1 << 23 | 1 << 31
}

/// The width of VMIDs that VTCR_EL2.VS chooses (D17.2.160).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VmidBits {
    /// 8 bits.
    Eight,
    /// 16 bits (ID_AA64MMFR1_EL1.VMIDBits = 2).
    Sixteen,
}

/// Returns VTCR_EL2 for a stage 2 of `input_bits` starting at `start_level` (0 to 2), with PA size field `ps`.
#[inline]
pub const fn vtcr_el2(input_bits: u8, start_level: u8, ps: u8, vmid: VmidBits) -> u64 {
    let vs = match vmid {
        VmidBits::Eight => 0,
        VmidBits::Sixteen => 1 << 19,
    };
    let sl0 = 2u64.wrapping_sub(start_level as u64) & 3;
    (64 - input_bits as u64) & 0x3f | sl0 << 6 | WALK_WB_INNER | (ps as u64 & 7) << 16 | vs | 1 << 31
}

/// Returns the A32 VTCR for a stage 2 of `input_bits` starting at `start_level` (1 or 2).
///
/// T0SZ is a signed four-bit field and S, bit 4, its copied sign (DDI 0406C B4.1.159): 40 bits give 0x18.
#[inline]
pub const fn vtcr(input_bits: u8, start_level: u8) -> u64 {
    let sl0 = 2u64.wrapping_sub(start_level as u64) & 3;
    32u64.wrapping_sub(input_bits as u64) & 0x1f | sl0 << 6 | WALK_WB_INNER | 1 << 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_shifts_and_masks() {
        assert_eq!([0, 1, 2, 3].map(level_shift), [39, 30, 21, 12]);
        assert_eq!(LEAF_ATTRIBUTES & (ADDRESS | VALID | TABLE_OR_PAGE), 0);
        assert_eq!(LEAF_ATTRIBUTES & SOFTWARE, SOFTWARE);
    }

    #[test]
    fn registers() {
        // 40-bit IPA from two concatenated level-1 tables.
        assert_eq!(vtcr(40, 1), 0x8000_3558);
        // 48-bit IPA from level 0, 48-bit PA, 16-bit VMID.
        assert_eq!(vtcr_el2(48, 0, 5, VmidBits::Sixteen), 0x800d_3590);
        assert_eq!(tcr_el2(48, 5), 0x8085_3510);
        assert_eq!(htcr(), 0x8080_3500);
        assert_eq!(MAIR.to_le_bytes(), [0, 0x44, 0, 0, 0x04, 0, 0, 0xff]);
    }
}

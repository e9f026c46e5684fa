//! The port: where table pages come from, how entries are read and written, how the TLB is told.

use arm_spec::lpae::VALID;
use core::ops::Range;
use types::PhysAddr;

/// The translation stage a tree serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Stage 1 of the EL2 (A32: Hyp) regime; input addresses are EL2 virtual.
    El2,
    /// Stage 2 of one VMID; input addresses are intermediate physical.
    Two,
}

/// What a flush must remove from the TLBs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlushScope {
    /// Leaves only (`TLBI VALE2IS`, `TLBI IPAS2LE1IS`).
    Leaves,
    /// Leaves and cached table entries (`TLBI VAE2IS`, `TLBI IPAS2E1IS`).
    Tables,
}

/// What to invalidate: one operation every `stride_bytes` from `start` covers all of it.
///
/// Every leaf and table that changed is at least `stride_bytes` large and aligned, and invalidating
/// one address of a block or table removes it whole (Arm ARM DDI 0487J D8.14.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlushRange {
    /// The translation stage.
    pub stage: Stage,
    /// The first input address, a multiple of `stride_bytes`.
    pub start: u64,
    /// The length, a multiple of `stride_bytes`.
    pub bytes: u64,
    /// The size of the smallest changed leaf: 4 KiB, 2 MiB, 1 GiB or more.
    pub stride_bytes: u64,
    /// Leaves only, or tables too.
    pub scope: FlushScope,
}

impl FlushRange {
    /// Returns how many by-address operations cover the range; beyond some tens, flushing all is cheaper.
    pub const fn operations(&self) -> u64 {
        self.bytes / self.stride_bytes
    }
}

/// What a page table asks of the kernel.
///
/// Indexes are 0 to 511, tables are 4 KiB pages; concatenated root tables are named page by page.
pub trait TableStore {
    /// Allocates a zeroed table page whose zeroes the table walker sees, or `None` if none is left.
    fn alloc(&mut self) -> Option<PhysAddr>;

    /// Takes back a table that no walker can reach any more; its content is arbitrary.
    fn free(&mut self, table: PhysAddr);

    /// Reads an entry.
    fn read(&self, table: PhysAddr, index: usize) -> u64;

    /// Writes an entry by one 64-bit single-copy-atomic store.
    ///
    /// Walkers need not see it before the next [`publish`](Self::publish) or [`flush`](Self::flush).
    fn write(&mut self, table: PhysAddr, index: usize, entry: u64);

    /// Tells whether one of these entries is valid; a store may know a faster way.
    fn has_valid(&self, table: PhysAddr, mut indexes: Range<usize>) -> bool {
        indexes.any(|index| self.read(table, index) & VALID != 0)
    }

    /// Makes every earlier write visible to table walkers: `DSB ISHST` (stage 1 of EL2 also `ISB`).
    fn publish(&mut self);

    /// Publishes every earlier write, invalidates `range` on all CPUs, waits for it.
    ///
    /// `DSB ISHST; TLBI ...IS; DSB ISH`, and `ISB` for EL2. For stage 2 the by-IPA operations remove
    /// only stage-2 entries: combined ones need `DSB ISH; TLBI VMALLE1IS; DSB ISH` after them
    /// (Arm ARM DDI 0487J D8.14.5).
    fn flush(&mut self, range: FlushRange);
}

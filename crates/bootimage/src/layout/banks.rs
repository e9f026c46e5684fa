//! dom0's banks: around what stays in place, few, large and aligned.

use super::placement::Kept;
use super::{Dom0, MAX_BANKS, MAX_FREE};
use crate::{Isa, LayoutError};
use types::{PAGE_BYTES, PhysAddr, PhysRange, PhysSet};

/// What dom0 must have below the DMA limit.
const LOW_BYTES: u64 = 128 << 20;
/// The size of a stage-2 block.
const BLOCK_BYTES: u64 = 2 << 20;
/// arm32 kernels unpack to, and count their memory from, such a boundary.
const A32_BASE_BYTES: u64 = 128 << 20;

/// Banks in the making.
struct Growth<'a> {
    free: PhysSet<MAX_FREE>,
    banks: PhysSet<MAX_BANKS>,
    wanted: u64,
    isa: Isa,
    request: &'a Dom0<'a>,
}

pub(super) fn plan(
    request: &Dom0<'_>,
    free: &PhysSet<MAX_FREE>,
    kept: &Kept,
) -> Result<PhysSet<MAX_BANKS>, LayoutError> {
    let mut growth = Growth {
        free: free.clone(),
        banks: PhysSet::new(),
        wanted: request.memory_bytes,
        isa: request.kernel.isa,
        request,
    };
    for range in kept.ranges() {
        growth.take_kept(range)?;
    }
    let low_bytes = LOW_BYTES.min(request.memory_bytes);
    let has_low = bytes_below(&growth.banks, request.dma_limit);
    growth.grow(low_bytes.saturating_sub(has_low), request.dma_limit)?;
    let wanted = growth.wanted;
    growth.grow(wanted, PhysAddr::new(u64::MAX))?;
    Ok(growth.banks)
}

fn bytes_below<const N: usize>(set: &PhysSet<N>, limit: PhysAddr) -> u64 {
    set.as_slice().iter().filter_map(|r| below(*r, limit)).map(|r| r.len_bytes()).sum()
}

fn below(range: PhysRange, limit: PhysAddr) -> Option<PhysRange> {
    PhysRange::from_bounds(range.start(), range.end().min(limit)).ok()
}

impl Growth<'_> {
    /// Takes what stays in place, widened to whole blocks where those are free.
    fn take_kept(&mut self, range: PhysRange) -> Result<(), LayoutError> {
        let blocks = range
            .end()
            .align_up(BLOCK_BYTES)
            .and_then(|end| PhysRange::from_bounds(range.start().align_down(BLOCK_BYTES), end).ok());
        let range = match (blocks, range.pages_touched()) {
            (Some(blocks), _) if self.free.covers(&blocks) || self.banks.covers(&blocks) => blocks,
            (_, Some(pages)) => pages,
            _ => range,
        };
        // Two kept ranges may share a block: only what is not taken yet is counted.
        while let Some(part) = self.free.as_slice().iter().find_map(|r| overlap(r, &range)) {
            self.take(part)?;
        }
        Ok(())
    }

    /// Adds `bytes` of memory below `limit`.
    fn grow(&mut self, bytes: u64, limit: PhysAddr) -> Result<(), LayoutError> {
        let mut left = bytes;
        while left > 0 {
            let next = match self.isa {
                Isa::A64 => self
                    .above(left, limit)
                    .or_else(|| self.beneath(left, limit))
                    .or_else(|| self.apart(left, limit)),
                // What lies below an arm32 kernel is lost to it: last.
                Isa::A32 => self
                    .above(left, limit)
                    .or_else(|| self.apart(left, limit))
                    .or_else(|| self.beneath(left, limit)),
            };
            let Some(range) = next else {
                let has = bytes_below(&self.banks, limit);
                let free = has.saturating_add(bytes_below(&self.free, limit));
                return Err(LayoutError::LowMemory { needed: has.saturating_add(left), free });
            };
            left = left.saturating_sub(range.len_bytes());
            self.take(range)?;
        }
        Ok(())
    }

    /// Free memory right above a bank.
    fn above(&self, bytes: u64, limit: PhysAddr) -> Option<PhysRange> {
        let touches = |r: &&PhysRange| self.banks.as_slice().iter().any(|b| b.end() == r.start());
        let range = self.free.as_slice().iter().filter(touches).find_map(|r| below(*r, limit))?;
        PhysRange::new(range.start(), bytes.min(range.len_bytes())).ok()
    }

    /// Free memory right below a bank.
    fn beneath(&self, bytes: u64, limit: PhysAddr) -> Option<PhysRange> {
        let touches =
            |r: &&PhysRange| r.end() <= limit && self.banks.as_slice().iter().any(|b| b.start() == r.end());
        let range = self.free.as_slice().iter().rev().find(touches)?;
        let bytes = bytes.min(range.len_bytes());
        PhysRange::new(PhysAddr::new(range.end().raw().checked_sub(bytes)?), bytes).ok()
    }

    /// The lowest free memory that has all that is wanted, or else the largest, aligned as far as can be.
    fn apart(&self, bytes: u64, limit: PhysAddr) -> Option<PhysRange> {
        let first = self.banks.as_slice().is_empty();
        let base = if first && self.isa == Isa::A32 { A32_BASE_BYTES } else { BLOCK_BYTES };
        let range = [base, BLOCK_BYTES, PAGE_BYTES].into_iter().find_map(|align| {
            let aligned = |r: &PhysRange| {
                let start = r.start().align_up(align)?;
                below(PhysRange::from_bounds(start, r.end()).ok()?, limit)
            };
            let candidates = || self.free.as_slice().iter().filter_map(aligned);
            let wanted = self.wanted.min(self.request.memory_bytes);
            let largest = || candidates().rev().max_by_key(PhysRange::len_bytes);
            candidates().find(|r| r.len_bytes() >= wanted).or_else(largest)
        })?;
        PhysRange::new(range.start(), bytes.min(range.len_bytes())).ok()
    }

    fn take(&mut self, range: PhysRange) -> Result<(), LayoutError> {
        let asked = self.request.memory_bytes;
        self.wanted = self.wanted.checked_sub(range.len_bytes()).ok_or(LayoutError::TooSmall {
            asked,
            needed: self.banks.total_bytes().saturating_add(range.len_bytes()),
        })?;
        let full = |_| LayoutError::Fragmented;
        self.free.subtract(range).map_err(full)?;
        self.banks.add(range).map_err(full)
    }
}

/// What both ranges have.
fn overlap(a: &PhysRange, b: &PhysRange) -> Option<PhysRange> {
    PhysRange::from_bounds(a.start().max(b.start()), a.end().min(b.end())).ok()
}

//! A small set of physical addresses that needs no memory of its own.
//!
//! Boot keeps free memory in one: banks are added, what is reserved or occupied is subtracted, and
//! what EL2 and dom0 need is found and subtracted too.

use crate::{PhysAddr, PhysRange};

/// A set of addresses as at most `N` sorted ranges that neither overlap nor touch.
#[derive(Clone)]
pub struct PhysSet<const N: usize> {
    ranges: [PhysRange; N],
    len: usize,
}

/// The set would need more ranges than it has room for; it is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// Which end of memory to look from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefer {
    /// The lowest place that fits.
    Lowest,
    /// The highest place that fits.
    Highest,
}

/// Fills slots that are not in use.
const UNUSED: PhysRange = match PhysRange::new(PhysAddr::new(0), 1) {
    Ok(range) => range,
    Err(_) => unreachable!(),
};

impl<const N: usize> PhysSet<N> {
    /// Makes the empty set.
    pub const fn new() -> Self {
        Self { ranges: [UNUSED; N], len: 0 }
    }

    /// Returns the ranges in ascending order.
    pub fn as_slice(&self) -> &[PhysRange] {
        &self.ranges[..self.len]
    }

    /// Returns the number of bytes in the set.
    pub fn total_bytes(&self) -> u64 {
        self.as_slice().iter().map(PhysRange::len_bytes).sum()
    }

    /// Tells whether all of `range` is in the set.
    pub fn covers(&self, range: &PhysRange) -> bool {
        self.as_slice().iter().any(|r| r.covers(range))
    }

    /// Tells whether any byte of `range` is in the set.
    pub fn overlaps(&self, range: &PhysRange) -> bool {
        self.as_slice().iter().any(|r| r.overlaps(range))
    }

    /// Adds `range`, merging it with what it overlaps or touches.
    ///
    /// # Errors
    /// [`Full`] if it needs a slot and none is left.
    pub fn add(&mut self, range: PhysRange) -> Result<(), Full> {
        let first = self.position(|r| r.end() >= range.start());
        let after = self.position(|r| r.start() > range.end());
        let (mut start, mut end) = (range.start(), range.end());
        if first < after {
            start = start.min(self.ranges[first].start());
            end = end.max(self.ranges[after - 1].end());
        }
        self.replace(first, after, [PhysRange::from_bounds(start, end).ok(), None])
    }

    /// Removes `range`, or what of it is in the set.
    ///
    /// # Errors
    /// [`Full`] if it splits a range in two and no slot is left.
    pub fn subtract(&mut self, range: PhysRange) -> Result<(), Full> {
        let first = self.position(|r| r.end() > range.start());
        let after = self.position(|r| r.start() >= range.end());
        if first == after {
            return Ok(());
        }
        let below = PhysRange::from_bounds(self.ranges[first].start(), range.start()).ok();
        let above = PhysRange::from_bounds(range.end(), self.ranges[after - 1].end()).ok();
        self.replace(first, after, [below, above])
    }

    /// Finds `bytes` at a multiple of `align`, a power of two, that end at or below `limit`.
    pub fn find(&self, bytes: u64, align: u64, limit: PhysAddr, prefer: Prefer) -> Option<PhysRange> {
        let fit = |r: &PhysRange| {
            let end = r.end().min(limit);
            let start = match prefer {
                Prefer::Lowest => r.start().align_up(align)?,
                Prefer::Highest => PhysAddr::new(end.raw().checked_sub(bytes)?).align_down(align),
            };
            let found = PhysRange::new(start, bytes).ok()?;
            (start >= r.start() && found.end() <= end).then_some(found)
        };
        match prefer {
            Prefer::Lowest => self.as_slice().iter().find_map(fit),
            Prefer::Highest => self.as_slice().iter().rev().find_map(fit),
        }
    }

    fn position(&self, holds: impl Fn(&PhysRange) -> bool) -> usize {
        self.as_slice().iter().position(holds).unwrap_or(self.len)
    }

    /// Puts the given ranges where `first..after` were.
    fn replace(&mut self, first: usize, after: usize, new: [Option<PhysRange>; 2]) -> Result<(), Full> {
        let count = new.iter().flatten().count();
        let len = self.len - (after - first) + count;
        if len > N {
            return Err(Full);
        }
        self.ranges.copy_within(after..self.len, first + count);
        for (slot, range) in self.ranges[first..].iter_mut().zip(new.into_iter().flatten()) {
            *slot = range;
        }
        self.len = len;
        Ok(())
    }
}

impl<const N: usize> Default for PhysSet<N> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;

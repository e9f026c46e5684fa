//! The pages whose registers the hypervisor keeps.

use crate::{Full, List};
use types::PhysRange;

/// Most separate ranges of kept pages.
const MAX_RANGES: usize = 64;

/// A set of whole pages.
#[derive(Clone, Copy, Default)]
pub(super) struct KeptPages {
    ranges: List<PhysRange, MAX_RANGES>,
}

impl KeptPages {
    /// Adds the pages that `registers` touch.
    pub(super) fn add(&mut self, registers: PhysRange) -> Result<(), Full> {
        let Some(pages) = registers.pages_touched() else { return Ok(()) };
        if self.ranges.iter().any(|known| known.covers(&pages)) {
            return Ok(());
        }
        self.ranges.push(pages)
    }

    /// Tells whether all pages that `registers` touch are kept, as seen from their first and last.
    pub(super) fn cover(&self, registers: PhysRange) -> bool {
        registers.pages_touched().is_some_and(|pages| {
            let mut rest = Some(pages);
            self.subtract(pages, |_| rest = None);
            rest.is_some()
        })
    }

    /// Calls `visit` with each part of `range` that is not kept, in order.
    pub(super) fn subtract(&self, range: PhysRange, mut visit: impl FnMut(PhysRange)) {
        let mut rest = Some(range);
        while let Some(left) = rest {
            let first = self.ranges.iter().filter(|kept| kept.overlaps(&left)).min_by_key(PhysRange::start);
            let Some(kept) = first else { return visit(left) };
            if let Ok(part) = PhysRange::from_bounds(left.start(), kept.start()) {
                visit(part);
            }
            rest = PhysRange::from_bounds(kept.end(), left.end()).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::PhysAddr;

    fn range(start: u64, len: u64) -> PhysRange {
        PhysRange::new(PhysAddr::new(start), len).unwrap()
    }

    #[test]
    fn subtracts_whole_pages_in_order() {
        let mut kept = KeptPages::default();
        kept.add(range(0x3040, 0x10)).unwrap();
        kept.add(range(0x1000, 0x1000)).unwrap();
        let mut parts = Vec::new();
        kept.subtract(range(0x800, 0x4000), |part| parts.push(part));
        assert_eq!(parts, [range(0x800, 0x800), range(0x2000, 0x1000), range(0x4000, 0x800)]);
        assert!(kept.cover(range(0x3ff0, 0x10)));
        assert!(!kept.cover(range(0x3ff0, 0x11)));
        assert!(!kept.cover(range(0x2ff0, 0x20)));
    }
}

//! Checked address ranges.

use crate::{Ipa, PAGE_BYTES, PhysAddr};
use core::fmt;

/// Why a range was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeError {
    /// The range has no byte.
    Empty,
    /// Its end is beyond the address type's last address.
    Wraps,
}

/// A non-empty range of addresses whose end does not wrap.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range<A> {
    start: A,
    len: u64,
}

/// A range of physical addresses.
pub type PhysRange = Range<PhysAddr>;
/// A range of intermediate physical addresses.
pub type IpaRange = Range<Ipa>;

macro_rules! range {
    ($addr:ident) => {
        impl Range<$addr> {
            /// Makes a range of `len` bytes.
            ///
            /// # Errors
            /// If it is empty or its end (exclusive) is not an address.
            pub const fn new(start: $addr, len: u64) -> Result<Self, RangeError> {
                if len == 0 {
                    return Err(RangeError::Empty);
                }
                if start.raw().checked_add(len).is_none() {
                    return Err(RangeError::Wraps);
                }
                Ok(Self { start, len })
            }

            /// Makes the range from `start` up to `end`, exclusive.
            ///
            /// # Errors
            /// If it is empty.
            pub const fn from_bounds(start: $addr, end: $addr) -> Result<Self, RangeError> {
                match end.raw().checked_sub(start.raw()) {
                    Some(len) => Self::new(start, len),
                    None => Err(RangeError::Empty),
                }
            }

            /// Returns the first address.
            #[inline]
            pub const fn start(&self) -> $addr {
                self.start
            }

            /// Returns the first address after the range.
            #[inline]
            pub const fn end(&self) -> $addr {
                $addr::new(self.start.raw().wrapping_add(self.len))
            }

            /// Returns the length in bytes.
            #[inline]
            pub const fn len_bytes(&self) -> u64 {
                self.len
            }

            /// Tells whether `addr` is in the range.
            #[inline]
            pub const fn contains(&self, addr: $addr) -> bool {
                addr.raw() >= self.start.raw() && addr.raw().wrapping_sub(self.start.raw()) < self.len
            }

            /// Tells whether all of `other` is in the range.
            #[inline]
            pub const fn covers(&self, other: &Self) -> bool {
                other.start.raw() >= self.start.raw() && other.end().raw() <= self.end().raw()
            }

            /// Tells whether the two share a byte.
            #[inline]
            pub const fn overlaps(&self, other: &Self) -> bool {
                self.start.raw() < other.end().raw() && other.start.raw() < self.end().raw()
            }

            /// Returns the whole pages that lie inside, or `None` if there is none.
            pub const fn pages_inside(&self) -> Option<Self> {
                let Some(start) = self.start.align_up(PAGE_BYTES) else { return None };
                match Self::from_bounds(start, self.end().align_down(PAGE_BYTES)) {
                    Ok(range) => Some(range),
                    Err(_) => None,
                }
            }

            /// Returns the whole pages that the range touches, or `None` if the end would wrap.
            pub const fn pages_touched(&self) -> Option<Self> {
                let Some(end) = self.end().align_up(PAGE_BYTES) else { return None };
                match Self::from_bounds(self.start.align_down(PAGE_BYTES), end) {
                    Ok(range) => Some(range),
                    Err(_) => None,
                }
            }
        }

        impl fmt::Debug for Range<$addr> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}..{:#x}", self.start, self.end().raw())
            }
        }

        impl fmt::Display for Range<$addr> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:#x}-{:#x}", self.start.raw(), self.end().raw().wrapping_sub(1))
            }
        }
    };
}

range!(PhysAddr);
range!(Ipa);

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: u64, len: u64) -> PhysRange {
        PhysRange::new(PhysAddr::new(start), len).unwrap()
    }

    #[test]
    fn refuses_empty_and_wrapping_ranges() {
        assert_eq!(PhysRange::new(PhysAddr::new(4), 0), Err(RangeError::Empty));
        assert_eq!(PhysRange::new(PhysAddr::new(u64::MAX), 2), Err(RangeError::Wraps));
        assert_eq!(PhysRange::from_bounds(PhysAddr::new(5), PhysAddr::new(4)), Err(RangeError::Empty));
    }

    #[test]
    fn overlap_excludes_neighbours() {
        assert!(range(0, 0x1000).overlaps(&range(0xfff, 1)));
        assert!(!range(0, 0x1000).overlaps(&range(0x1000, 1)));
        assert!(range(0, 0x1000).covers(&range(0, 0x1000)));
        assert!(!range(0, 0x1000).covers(&range(1, 0x1000)));
    }

    #[test]
    fn whole_pages() {
        assert_eq!(range(0x1001, 0x2fff).pages_inside(), Some(range(0x2000, 0x2000)));
        assert_eq!(range(0x1001, 0x2ffe).pages_touched(), Some(range(0x1000, 0x3000)));
        assert_eq!(range(0x1001, 0xff).pages_inside(), None);
    }
}

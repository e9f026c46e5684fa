//! Sets of physical CPUs.

use types::CpuId;

/// A set of CPUs, one for each bit of a word: 0 to 63, or 0 to 31.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuSet(usize);

impl CpuSet {
    /// No CPU.
    pub const EMPTY: Self = Self(0);
    /// Every CPU that there may be.
    pub const ALL: Self = Self(usize::MAX);
    /// The most CPUs that a set distinguishes.
    pub const CPUS: usize = usize::BITS as usize;

    /// Makes a set of bits: bit n is CPU n. Those that a set does not distinguish are left out.
    #[expect(clippy::cast_possible_truncation, reason = "what is left out is no CPU's")]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits as usize)
    }

    /// Returns the bits.
    pub const fn bits(self) -> u64 {
        self.0 as u64
    }

    /// Makes the set of one CPU, or the empty set if its number is too high.
    #[inline]
    pub const fn of(cpu: CpuId) -> Self {
        if cpu.index() < Self::CPUS { Self(1 << cpu.index()) } else { Self(0) }
    }

    /// Tells whether there is none in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Tells whether a CPU is in it.
    #[inline]
    pub const fn contains(self, cpu: CpuId) -> bool {
        self.0 & Self::of(cpu).0 != 0
    }

    /// Tells whether one of `other` is in it.
    #[inline]
    pub const fn contains_any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Returns the CPUs in both.
    #[inline]
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns the CPUs in either.
    #[inline]
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the CPUs that are not in `other`.
    #[inline]
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Returns the CPU of the lowest number.
    #[inline]
    pub fn first(self) -> Option<CpuId> {
        if self.0 == 0 { None } else { u16::try_from(self.0.trailing_zeros()).ok().map(CpuId::new) }
    }

    /// Lists the CPUs by number.
    pub fn iter(self) -> impl Iterator<Item = CpuId> {
        let mut rest = self;
        core::iter::from_fn(move || {
            let first = rest.first()?;
            rest.0 &= rest.0.wrapping_sub(1);
            Some(first)
        })
    }
}

impl FromIterator<CpuId> for CpuSet {
    fn from_iter<I: IntoIterator<Item = CpuId>>(cpus: I) -> Self {
        cpus.into_iter().fold(Self::EMPTY, |set, cpu| set.or(Self::of(cpu)))
    }
}

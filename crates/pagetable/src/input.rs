//! Input addresses: what a tree translates.

use crate::Stage;
use types::{Ipa, IpaRange, VirtAddr};

/// An address that a tree translates; its type says which stage.
pub trait InputAddr: Copy {
    /// The stage that translates such addresses.
    const STAGE: Stage;

    /// Returns the address as 64 bits.
    fn to_input(self) -> u64;

    /// Makes the address from 64 bits that a tree of this stage can translate.
    fn from_input(raw: u64) -> Self;
}

impl InputAddr for VirtAddr {
    const STAGE: Stage = Stage::El2;

    #[inline]
    fn to_input(self) -> u64 {
        self.raw() as u64
    }

    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a tree of this stage has at most usize::BITS input bits"
    )]
    fn from_input(raw: u64) -> Self {
        Self::new(raw as usize)
    }
}

impl InputAddr for Ipa {
    const STAGE: Stage = Stage::Two;

    #[inline]
    fn to_input(self) -> u64 {
        self.raw()
    }

    #[inline]
    fn from_input(raw: u64) -> Self {
        Self::new(raw)
    }
}

/// A run of input addresses; checked when an operation uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span<A> {
    /// The first address.
    pub start: A,
    /// The length.
    pub bytes: u64,
}

impl<A> Span<A> {
    /// Makes the run of `bytes` from `start`.
    pub const fn new(start: A, bytes: u64) -> Self {
        Self { start, bytes }
    }
}

impl From<IpaRange> for Span<Ipa> {
    fn from(range: IpaRange) -> Self {
        Self { start: range.start(), bytes: range.len_bytes() }
    }
}

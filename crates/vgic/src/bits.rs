//! Bits of words: the loops and conversions that the rest shares.

/// Iterates over the positions of the set bits of a word, lowest first.
#[derive(Clone, Copy)]
pub(crate) struct Bits(pub(crate) u32);

impl Iterator for Bits {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.0 == 0 {
            return None;
        }
        let bit = self.0.trailing_zeros();
        self.0 &= self.0.wrapping_sub(1);
        Some(bit)
    }
}

/// Returns the word with bit `n` modulo 32 set.
#[inline]
pub(crate) const fn bit(n: u32) -> u32 {
    1u32.wrapping_shl(n)
}

/// Returns the lowest byte.
#[inline]
pub(crate) const fn low8(value: u32) -> u8 {
    value.to_le_bytes()[0]
}

/// Returns the lower half.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
pub(crate) const fn low32(value: u64) -> u32 {
    value as u32
}

/// Spreads bits 0-15 to bits 1, 3, .. 31, where ICFGR has them (GIC IHI 0069H 12.9.9).
#[inline]
pub(crate) fn spread(half: u32) -> u32 {
    Bits(half & 0xffff).fold(0, |all, n| all | bit(n.wrapping_mul(2).wrapping_add(1)))
}

/// Gathers bits 1, 3, .. 31 to bits 0-15.
#[inline]
pub(crate) fn gather(word: u32) -> u32 {
    Bits(word & 0xaaaa_aaaa).fold(0, |all, n| all | bit(n >> 1))
}

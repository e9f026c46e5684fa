//! Sets of small numbers as [`XenctlBitmap`] passes them.
//!
//! The caller says how many bits its bytes hold; number `n` is bit `n % 8` of byte `n / 8`
//! (`xen/include/public/xen.h`, `struct xenctl_bitmap`). Bits of the last byte past that count are
//! ignored on the way in and zero on the way out, and so are numbers that a set here cannot hold: a
//! longer map of the caller's is cut on the way in and filled with zeroes on the way out.

use crate::domctl::vcpu::XenctlBitmap;

impl XenctlBitmap {
    /// Returns how many bytes the caller's map takes.
    pub const fn bytes(&self) -> u64 {
        (self.nr_bits as u64).div_ceil(8)
    }
}

/// A set of the numbers 0 to `8 * BYTES - 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bitmap<const BYTES: usize>([u8; BYTES]);

/// The largest set that a caller's numbers need: 4096 of them.
pub type LargeBitmap = Bitmap<512>;

impl<const BYTES: usize> Bitmap<BYTES> {
    /// The empty set.
    pub const EMPTY: Self = Self([0; BYTES]);

    /// Reads a set from the start of a caller's map of `nr_bits` bits; bytes that are missing count as
    /// zero.
    pub fn decode(map: &[u8], nr_bits: u32) -> Self {
        let mut set = Self::EMPTY;
        for ((to, from), index) in set.0.iter_mut().zip(map).zip(0..) {
            *to = from & valid(index, nr_bits);
        }
        set
    }

    /// Writes the set as a part of a caller's map of `nr_bits` bits, from its byte `first` on.
    pub fn encode(&self, nr_bits: u32, first: u32, part: &mut [u8]) {
        for (to, index) in part.iter_mut().zip(u64::from(first)..) {
            let held = usize::try_from(index).ok().and_then(|index| self.0.get(index)).copied();
            *to = held.unwrap_or(0) & valid(index, nr_bits);
        }
    }

    /// Puts a number into the set, unless it is too large, and tells whether it is in it now.
    pub fn insert(&mut self, number: u32) -> bool {
        let (byte, bit) = place(number);
        self.0.get_mut(byte).map(|held| *held |= bit).is_some()
    }

    /// Tells whether a number is in the set.
    pub fn contains(&self, number: u32) -> bool {
        let (byte, bit) = place(number);
        self.0.get(byte).is_some_and(|held| held & bit != 0)
    }

    /// Lists the numbers, lowest first.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let bytes = self.0.iter().zip((0u32..).step_by(8)).filter(|(held, _)| **held != 0);
        bytes.flat_map(|(_, first)| first..=(first | 7)).filter(|number| self.contains(*number))
    }

    /// Tells whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|held| *held == 0)
    }
}

impl Bitmap<8> {
    /// Makes the set of the bits of a number.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits.to_le_bytes())
    }

    /// Returns the set as the bits of a number.
    pub const fn bits(self) -> u64 {
        u64::from_le_bytes(self.0)
    }
}

/// Returns which bits of a byte are among the first `nr_bits` of the map.
fn valid(byte: u64, nr_bits: u32) -> u8 {
    match u64::from(nr_bits).saturating_sub(byte.saturating_mul(8)) {
        rest @ 0..8 => (1_u8 << rest).wrapping_sub(1),
        _ => u8::MAX,
    }
}

/// Returns a number's byte and its bit in it.
const fn place(number: u32) -> (usize, u8) {
    ((number >> 3) as usize, 1 << (number & 7))
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::vec::Vec;
    use types::GuestVa;

    #[test]
    fn a_map_takes_whole_bytes() {
        let bytes = |nr_bits| XenctlBitmap { bitmap: GuestVa::new(0), nr_bits, _pad: [0; 4] }.bytes();
        assert_eq!([0, 1, 8, 9, 4096, u32::MAX].map(bytes), [0, 1, 1, 2, 512, 0x2000_0000]);
    }

    #[test]
    fn bits_past_the_count_are_ignored() {
        let all = |nr_bits| Bitmap::<8>::decode(&[0xff; 8], nr_bits).bits();
        for nr_bits in 0..64 {
            assert_eq!(all(nr_bits), (1 << nr_bits) - 1, "{nr_bits} bits");
        }
        assert_eq!(all(64), u64::MAX);
        assert_eq!(all(u32::MAX), u64::MAX);
    }

    #[test]
    fn a_short_map_is_zero_and_a_long_one_is_cut() {
        assert_eq!(Bitmap::<8>::decode(&[0x81], 64).bits(), 0x81);
        assert_eq!(Bitmap::<8>::decode(&[0xff; 512], 4096).bits(), u64::MAX);
    }

    #[test]
    fn what_is_written_ends_with_zeroes() {
        let set = Bitmap::<8>::from_bits(u64::MAX);
        let mut map = [0x55; 12];
        set.encode(96, 0, &mut map);
        assert_eq!(map, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
        let mut map = [0x55; 3];
        set.encode(13, 0, &mut map);
        assert_eq!(map, [0xff, 0x1f, 0]);
    }

    #[test]
    fn a_map_is_written_in_parts() {
        let mut set = LargeBitmap::EMPTY;
        assert!(set.insert(0) && set.insert(4095) && !set.insert(4096) && !set.insert(u32::MAX));
        let mut map = [0x55; 4];
        set.encode(4096, 510, &mut map);
        assert_eq!(map, [0, 0x80, 0, 0]);
        set.encode(u32::MAX, u32::MAX - 1, &mut map);
        assert_eq!(map[..2], [0, 0]);
    }

    #[test]
    fn members_are_listed_in_order() {
        let set = Bitmap::<8>::from_bits(1 << 63 | 1 << 17 | 1 << 16 | 1);
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 16, 17, 63]);
        assert!(set.contains(17) && !set.contains(18) && !set.contains(64) && !set.is_empty());
        assert_eq!(LargeBitmap::EMPTY.iter().next(), None);
    }

    #[test]
    fn every_set_comes_back() {
        for nr_bits in [1, 7, 8, 63, 64] {
            let set = Bitmap::<8>::decode(&0x8421_a5c3_0ff0_9669_u64.to_le_bytes(), nr_bits);
            let mut map = [0; 8];
            set.encode(nr_bits, 0, &mut map);
            assert_eq!(Bitmap::<8>::decode(&map, nr_bits), set);
        }
    }
}

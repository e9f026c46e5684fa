//! Who has which VMID: the tag of a domain's translations in the TLB. Lock rank: VMIDS.
//!
//! Whoever gives one back has made the TLBs forget all that it tagged, with tables loaded that translate
//! nothing ([`P2m`](super::p2m::P2m)'s drop). None free means that no domain can be made.

use crate::machine::sync::{Lock, rank};
use types::Vmid;

/// Words of 64 VMIDs: 8 bits, which all CPUs have (Arm ARM DDI 0487J D8.14.1).
const WORDS: usize = 4;

/// The ones that are somebody's; 0 is nobody's to take.
static USED: Lock<[u64; WORDS], { rank::VMIDS }> = Lock::new([1, 0, 0, 0]);

/// A VMID that is somebody's; given back when it is dropped.
#[derive(Debug)]
pub struct Owned(Vmid);

impl Owned {
    /// Takes a free one, or returns `None`.
    pub fn take() -> Option<Self> {
        let mut used = USED.lock();
        let (first, word) = (0u16..).step_by(64).zip(used.iter_mut()).find(|(_, word)| **word != u64::MAX)?;
        let bit = word.trailing_ones();
        *word |= 1 << bit;
        Some(Self(Vmid::new(first + u16::try_from(bit).ok()?)))
    }

    /// Returns the number.
    pub fn id(&self) -> Vmid {
        self.0
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(word) = USED.lock().get_mut(self.0.index() / 64) {
            *word &= !(1 << (self.0.index() % 64));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_taken_once_until_it_is_given_back() {
        let (first, second) = (Owned::take().unwrap(), Owned::take().unwrap());
        assert!(first.id() != second.id() && first.id().raw() != 0);
    }
}

//! Ticks and virtual time.
//!
//! Virtual time runs 256 units a tick for a vCPU of the default weight, the slower the heavier it is.

/// How long things last, in ticks of the clock that [`crate::Scheduler`] is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How long a vCPU usually runs while another of its weight waits.
    pub slice: u64,
    /// How long it runs at least; 0 is no minimum (`ratelimit_us`).
    pub ratelimit: u64,
    /// After which caps are filled up.
    pub period: u64,
}

/// log2 of the virtual time of a tick at the weight that this is the rate of.
const UNIT_SHIFT: u32 = 8;
/// The rate at the default weight.
const UNIT_RATE: u32 = 1 << 16;

/// Returns the virtual time of 256 ticks at a weight.
pub(crate) const fn rate(weight: u16) -> u32 {
    let weight = if weight == 0 { 1 } else { weight as u32 };
    (UNIT_RATE << UNIT_SHIFT) / weight
}

/// Returns the virtual time of `ticks` at a rate.
#[inline]
pub(crate) fn charge(ticks: u64, rate: u32) -> u64 {
    // Nobody runs longer at a time; so 32 bits times 32 do.
    let ticks = u32::try_from(ticks).unwrap_or(u32::MAX);
    (u64::from(ticks) * u64::from(rate)) >> UNIT_SHIFT
}

impl Timing {
    /// Returns how far a vCPU of a rate may be ahead of one that waits, in virtual time: half a slice.
    pub(crate) fn margin(&self, rate: u32) -> u64 {
        charge(self.slice, rate) >> 1
    }

    /// Returns how far a vCPU of a rate may be off from the others, in virtual time: four slices.
    pub(crate) fn slack(&self, rate: u32) -> u64 {
        charge(self.slice.saturating_mul(4), rate)
    }

    /// Returns in how many ticks a vCPU of a weight is `distance` further in virtual time, between a
    /// sixteenth of a slice and a slice.
    pub(crate) fn ticks_to(&self, distance: u64, weight: u32) -> u64 {
        let ticks = (distance.min(1 << 46) * u64::from(weight)) >> (2 * UNIT_SHIFT);
        ticks.clamp(self.shortest(), self.slice)
    }

    /// Returns the shortest time for which a timer is set.
    pub(crate) const fn shortest(&self) -> u64 {
        self.slice >> 4
    }
}

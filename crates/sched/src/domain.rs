//! What the scheduler keeps of one domain: its weight, its cap and what is left of it.

use types::DomId;

/// How much of the CPUs a domain gets (`xen/include/public/domctl.h`, xen_domctl_sched_credit2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Each of its vCPUs gets time in proportion to it.
    pub weight: u16,
    /// All of them together get at most so many hundredths of a CPU; 0 is no limit.
    pub cap: u16,
}

impl Share {
    /// What a domain gets of which nothing is said.
    pub const DEFAULT: Self = Self { weight: 256, cap: 0 };
}

/// A place in the table of domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(u16);

impl Place {
    pub(crate) const FIRST: Self = Self(0);

    pub(crate) fn at(index: usize) -> Option<Self> {
        u16::try_from(index).ok().map(Self)
    }

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// One domain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Domain {
    pub(crate) id: DomId,
    pub(crate) share: Share,
    /// Number of its vCPUs.
    pub(crate) members: u32,
    /// What is left of its cap, in ticks; negative if it took more.
    pub(crate) budget: i64,
    /// The period that it was last filled up in.
    pub(crate) period: u64,
    /// What it gets in a period.
    pub(crate) allotment: u64,
    /// The most that one of its vCPUs takes at once.
    pub(crate) portion: u64,
}

impl Domain {
    pub(crate) const fn new(id: DomId) -> Self {
        Self { id, share: Share::DEFAULT, members: 0, budget: 0, period: 0, allotment: 0, portion: 0 }
    }

    /// Fills the budget up for the periods that went by; what was not used in one is lost.
    pub(crate) fn refill(&mut self, period: u64) {
        let passed = period.saturating_sub(self.period);
        if passed > 0 {
            self.period = period;
            let full = i64::try_from(self.allotment).unwrap_or(i64::MAX);
            let gained = full.saturating_mul(i64::try_from(passed).unwrap_or(i64::MAX));
            self.budget = self.budget.saturating_add(gained).min(full);
        }
    }
}

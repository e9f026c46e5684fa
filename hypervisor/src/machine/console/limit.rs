//! Messages that a guest can cause: at most so many in a time, and a count of the rest.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Nanoseconds between two messages.
pub const INTERVAL_NS: u64 = 1_000_000_000;

/// One source of messages.
#[derive(Debug, Default)]
pub struct Limit {
    /// From when on the next message is let through.
    next_ns: AtomicU64,
    /// Messages since the last one that was.
    dropped: AtomicU32,
}

impl Limit {
    /// Makes a limit that lets the next message through.
    pub const fn new() -> Self {
        Self { next_ns: AtomicU64::new(0), dropped: AtomicU32::new(0) }
    }

    /// Lets a message through or counts it; for one that goes through returns how many did not
    /// before it.
    pub fn admit(&self, now_ns: u64) -> Option<u32> {
        let next = self.next_ns.load(Ordering::Relaxed);
        let after = now_ns.saturating_add(INTERVAL_NS);
        let won = now_ns >= next
            && self.next_ns.compare_exchange(next, after, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if won {
            return Some(self.dropped.swap(0, Ordering::Relaxed));
        }
        self.dropped.fetch_add(1, Ordering::Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_message_a_second_and_the_rest_counted() {
        let limit = Limit::new();
        assert_eq!(limit.admit(5), Some(0));
        assert!((0..7).all(|n| limit.admit(6 + n).is_none()));
        assert_eq!(limit.admit(5 + INTERVAL_NS - 1), None);
        assert_eq!(limit.admit(5 + INTERVAL_NS), Some(8));
        assert_eq!(limit.admit(6 + 2 * INTERVAL_NS), Some(0));
    }
}

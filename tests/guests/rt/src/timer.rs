//! The counter as a clock with bounded waits. Every wait says what it waited for when it gives up.

use crate::arch::{self, sysreg};

/// Ticks per second.
pub fn frequency() -> u64 {
    sysreg::cntfrq_el0()
}

/// The virtual counter, not read early.
pub fn now() -> u64 {
    arch::isb();
    sysreg::cntvct_el0()
}

/// Milliseconds in ticks.
pub fn ticks(ms: u64) -> u64 {
    frequency() * ms / 1000
}

/// Waits, relaxing, until `done` or until `ms` have passed; the answer is the last `done`.
pub fn wait_ms(what: &str, ms: u64, mut done: impl FnMut() -> bool) -> bool {
    let start = now();
    let limit = ticks(ms).max(1);
    while !done() {
        if now().wrapping_sub(start) > limit {
            let last = done();
            if !last {
                crate::println!("waited {ms} ms in vain for {what}");
            }
            return last;
        }
        arch::relax();
    }
    true
}

/// Spins for some milliseconds.
pub fn delay_ms(ms: u64) {
    let start = now();
    let limit = ticks(ms);
    while now().wrapping_sub(start) < limit {
        arch::relax();
    }
}

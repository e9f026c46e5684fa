//! The generic timer's rate, and time in units that people use.

use crate::arch;
use core::sync::atomic::{AtomicU32, Ordering};

/// A number that is set while one CPU runs and only read afterwards: by halves, as an atomic access to 64 bits
/// takes exclusives on ARMv7.
struct Settled([AtomicU32; 2]);

impl Settled {
    const fn new() -> Self {
        Self([const { AtomicU32::new(0) }; 2])
    }

    fn set(&self, value: u64) {
        let [low, high] = &self.0;
        low.store((value & 0xffff_ffff) as u32, Ordering::Relaxed);
        high.store((value >> 32) as u32, Ordering::Relaxed);
    }

    #[inline]
    fn get(&self) -> u64 {
        let [low, high] = &self.0;
        u64::from(low.load(Ordering::Relaxed)) | u64::from(high.load(Ordering::Relaxed)) << 32
    }
}

/// Ticks a second: the device tree's `clock-frequency`, else CNTFRQ.
static FREQUENCY_HZ: Settled = Settled::new();
/// Nanoseconds of a tick, in units of 2^-32: no division where guests are switched.
static TICK_NS: Settled = Settled::new();
/// Count at boot, from which system time runs.
static BOOT_COUNT: Settled = Settled::new();

/// Sets the rate; `None` takes CNTFRQ's. Returns the rate, or `None` if nobody knows it.
pub fn init(clock_frequency_hz: Option<u64>) -> Option<u64> {
    let hz = clock_frequency_hz.unwrap_or_else(arch::timer::frequency_hz);
    if hz == 0 {
        return None;
    }
    FREQUENCY_HZ.set(hz);
    TICK_NS.set((SECOND_NS << 32) / hz);
    BOOT_COUNT.set(arch::timer::counter());
    Some(hz)
}

/// Returns ticks a second.
pub fn frequency_hz() -> u64 {
    FREQUENCY_HZ.get()
}

const SECOND_NS: u64 = 1_000_000_000;

/// Converts nanoseconds to ticks, rounded up. It divides: not for paths that guests take often.
#[inline(never)]
pub fn ns_to_ticks(ns: u64) -> u64 {
    // Whole seconds apart, so that 64 bits do.
    let (seconds, rest) = (ns / SECOND_NS, ns % SECOND_NS);
    let hz = frequency_hz();
    seconds.saturating_mul(hz).saturating_add(rest.saturating_mul(hz).div_ceil(SECOND_NS))
}

/// Converts ticks to nanoseconds.
pub fn ticks_to_ns(ticks: u64) -> u64 {
    let ns = (u128::from(ticks) * u128::from(TICK_NS.get())) >> 32;
    u64::try_from(ns).unwrap_or(u64::MAX)
}

/// Returns the count at boot: what a guest's time starts from.
pub fn boot_count() -> u64 {
    BOOT_COUNT.get()
}

/// Returns the count at which so many nanoseconds since boot have passed.
pub fn system_time_to_count(ns: u64) -> u64 {
    boot_count().wrapping_add(ns_to_ticks(ns))
}

/// Returns nanoseconds since boot.
pub fn system_time_ns() -> u64 {
    ticks_to_ns(arch::timer::counter().wrapping_sub(boot_count()))
}

//! Hints and barriers.

use super::state;
use core::sync::atomic::{AtomicU64, Ordering, fence};

/// Lets another thread run.
#[inline]
pub fn relax() {
    std::thread::yield_now();
}

/// Waits for an interrupt: lets time pass until a timer of the CPU fires.
///
/// # Panics
/// If none ever will: nothing else can wake this CPU.
pub fn wait_for_interrupt() {
    let woken = state::with(state::Cpu::wait);
    assert!(woken, "the CPU sleeps for ever");
}

/// Tells whether a physical interrupt is pending: tests say when one comes.
pub fn has_interrupt() -> bool {
    false
}

/// Stops this CPU for ever: the test fails.
pub fn park() -> ! {
    std::process::abort()
}

/// Synchronises the context.
#[inline]
pub fn isb() {}

/// Completes all earlier memory accesses, inner shareable.
#[inline]
pub fn dsb_ish() {
    fence(Ordering::SeqCst);
}

/// Completes all earlier memory accesses, full system.
#[inline]
pub fn dsb_sy() {
    fence(Ordering::SeqCst);
}

/// Wakes CPUs that wait in WFE.
#[inline]
pub fn send_event() {}

/// Loads a table's entry in one access.
#[inline]
pub fn load_entry(entry: &AtomicU64) -> u64 {
    entry.load(Ordering::Relaxed)
}

/// Stores a table's entry in one access.
#[inline]
pub fn store_entry(entry: &AtomicU64, value: u64) {
    entry.store(value, Ordering::Relaxed);
}

//! Measured windows: rounds of a loop between two reads of the counter, and the marks that tell an
//! emulator's plugin where a window is.
//!
//! Under QEMU's instruction counting with `shift=0` one instruction is one nanosecond, so a window's ticks
//! count instructions to within one tick. What runs in the loop is inlined into it.

use core::sync::atomic::{AtomicBool, Ordering};

use crate::arch::{self, sysreg};

static MARKED: AtomicBool = AtomicBool::new(false);

/// Whether the windows that follow are marked, by hints that do nothing (arm64 `hint #0x70` and `#0x71`,
/// A32 the same NOP-compatible hints).
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Marks {
    /// No hints.
    Off,
    /// A hint before and one after each window.
    On,
}

/// Chooses for the windows that follow.
pub fn set_marks(marks: Marks) {
    MARKED.store(marks == Marks::On, Ordering::Relaxed);
}

/// Marks the beginning of a window, if marks are on.
#[inline(always)]
pub fn begin() {
    if MARKED.load(Ordering::Relaxed) {
        arch::window_begins();
    }
}

/// Marks the end of a window, if marks are on.
#[inline(always)]
pub fn end() {
    if MARKED.load(Ordering::Relaxed) {
        arch::window_ends();
    }
}

/// The virtual counter, read neither early nor late.
#[inline(always)]
pub fn counter() -> u64 {
    arch::isb();
    sysreg::cntvct_el0()
}

/// Runs `body` `loops` times, at least once; gives the ticks it took.
#[inline(always)]
pub fn timed(loops: u32, mut body: impl FnMut()) -> u64 {
    let mut left = loops;
    begin();
    let start = counter();
    loop {
        body();
        left = arch::opaque(left.wrapping_sub(1));
        if left == 0 {
            break;
        }
    }
    let ticks = counter().wrapping_sub(start);
    end();
    ticks
}

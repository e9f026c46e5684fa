//! A value set once by CPU 0 and read by interrupt hooks and other CPUs.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};

/// The value, once it is there.
pub struct Lent<T> {
    there: AtomicBool,
    value: UnsafeCell<Option<T>>,
}

// SAFETY: `lend` writes once, before `there` is released; afterwards the value is only read.
unsafe impl<T: Sync + Send> Sync for Lent<T> {}

impl<T> Lent<T> {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self { there: AtomicBool::new(false), value: UnsafeCell::new(None) }
    }

    /// Sets the value, the first time; CPU 0 only.
    pub fn lend(&self, value: T) {
        if crate::arch::cpu_index() == 0 && !self.there.load(Ordering::Acquire) {
            // SAFETY: Only CPU 0 comes here, and nobody reads before the release below.
            unsafe { *self.value.get() = Some(value) }
            self.there.store(true, Ordering::Release);
        }
    }

    /// The value.
    pub fn get(&self) -> Option<&T> {
        // SAFETY: Once `there` is set nobody writes any more.
        self.there.load(Ordering::Acquire).then(|| unsafe { (*self.value.get()).as_ref() }).flatten()
    }
}

impl<T> Default for Lent<T> {
    fn default() -> Self {
        Self::new()
    }
}

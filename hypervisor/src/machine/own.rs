//! Data that only one CPU touches at a time, by the rules of scheduling rather than by a lock.

use core::cell::UnsafeCell;

/// A value of the CPU that runs its vCPU (or of one physical CPU).
///
/// Whoever calls [`Own::with`] runs on the owning
/// CPU, and EL2 does not nest, so a short closure is the only access.
pub struct Own<T>(UnsafeCell<T>);

// SAFETY: (1) access is through `with`, whose callers are on the CPU that owns the value: the vCPU is
// current there, or nowhere and the scheduler has just handed it over (its lock orders the hand-over);
// (2) EL2 runs with interrupts masked and does not nest, so two closures never overlap on one CPU.
unsafe impl<T: Send> Sync for Own<T> {}

impl<T> Own<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Runs `f` on the value.
    ///
    /// The caller is on the CPU that owns it, and `f` reaches no other `with` of the same value.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: see the impl of Sync; `f` gets the only reference.
        f(unsafe { &mut *self.0.get() })
    }

    /// Returns the value's address, for the vectors.
    pub fn as_ptr(&self) -> *mut T {
        self.0.get()
    }
}

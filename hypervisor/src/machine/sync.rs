//! Locks: ticket locks that yield while they wait, each with a rank.
//!
//! Ranks are taken in rising order; docs/LOCKING.md is made from the table below. A guard does not
//! leave its CPU (`!Send`), and EL2 is not interrupted, so a lock's holder never waits for an
//! interrupt handler. Builds with debug assertions keep the ranks each CPU holds and stop at an
//! inversion.

pub use super::shared_lock::{ReadGuard, SharedLock, WriteGuard};
use crate::arch;
use crate::machine::percpu;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
pub use spin::Once;
use spin::mutex::{SpinMutex, SpinMutexGuard, TicketMutex, TicketMutexGuard};

/// The ranks, lowest (taken first) to highest.
pub mod rank {
    /// The time of day that domains are told.
    pub const WALL_CLOCK: u8 = 8;
    /// The list of domains.
    pub const DOMAINS: u8 = 10;
    /// What of the machine's devices is lent to guests.
    pub const LENDING: u8 = 11;
    /// Whether a domain may run.
    pub const LIFE: u8 = 12;
    /// What a domain has of the machine's devices.
    pub const DEVICES: u8 = 13;
    /// What the toolstack sets for a domain.
    pub const SETTINGS: u8 = 14;
    /// A domain's emulated UART.
    pub const VUART: u8 = 15;
    /// The extent that is being given to a domain.
    pub const POPULATE: u8 = 16;
    /// What a domain maps of others' grants.
    pub const MAPTRACK: u8 = 17;
    /// A domain's grant table.
    pub const GNTTAB: u8 = 18;
    /// A domain's stage 2.
    pub const P2M: u8 = 20;
    /// A domain's event channels.
    pub const EVTCHN: u8 = 30;
    /// A domain's virtual distributor.
    pub const VGIC_DIST: u8 = 40;
    /// A vCPU's virtual CPU interface.
    pub const VGIC_CPU: u8 = 42;
    /// A vCPU's state word and small fields.
    pub const VCPU: u8 = 44;
    /// The timers of vCPUs that do not run.
    pub const TIMERS: u8 = 46;
    /// The scheduler.
    pub const SCHED: u8 = 50;
    /// Routing of physical interrupts.
    pub const IRQ: u8 = 60;
    /// The physical interrupt controller's distributor.
    pub const GIC: u8 = 62;
    /// EL2's own address space.
    pub const HYP_SPACE: u8 = 70;
    /// Memory promised to domains.
    pub const CLAIMS: u8 = 76;
    /// Identifiers of stage 2.
    pub const VMIDS: u8 = 78;
    /// Frames and their owners.
    pub const FRAMES: u8 = 80;
    /// The byte heap.
    pub const HEAP: u8 = 82;
    /// Typed bytes.
    pub const INPUT: u8 = 86;
    /// Debug keys that wait, and the registers that one CPU shows another.
    pub const KEYS: u8 = 88;
    /// The console's ring and UART.
    pub const CONSOLE: u8 = 90;
}

/// Waits by YIELD, so that an emulator under instruction counting runs the other CPUs.
pub struct Relax;

impl spin::RelaxStrategy for Relax {
    #[inline]
    fn relax() {
        arch::cpu::relax();
        super::panic::stop_if_panicking();
    }
}

/// Mutual exclusion with rank `R`.
pub struct Lock<T, const R: u8> {
    inner: TicketMutex<T, Relax>,
}

/// Access to what a [`Lock`] protects.
pub struct Guard<'a, T, const R: u8> {
    inner: TicketMutexGuard<'a, T, Relax>,
    _not_send: PhantomData<*const ()>,
}

impl<T, const R: u8> Lock<T, R> {
    /// Makes a lock.
    pub const fn new(value: T) -> Self {
        Self { inner: TicketMutex::new(value) }
    }

    /// Takes the lock, waiting for its holder.
    #[inline]
    pub fn lock(&self) -> Guard<'_, T, R> {
        percpu::rank_taken(R);
        Guard { inner: self.inner.lock(), _not_send: PhantomData }
    }

    /// Takes this lock and another of its rank, which is not the same one, in an order that all agree on.
    pub fn lock_both<'a>(&'a self, other: &'a Self) -> (Guard<'a, T, R>, Guard<'a, T, R>) {
        debug_assert!(!core::ptr::eq(self, other), "a lock taken twice");
        percpu::rank_taken(R);
        let guard = |lock: &'a Self| Guard { inner: lock.inner.lock(), _not_send: PhantomData };
        if core::ptr::from_ref(self) < core::ptr::from_ref(other) {
            let first = guard(self);
            (first, guard(other))
        } else {
            let first = guard(other);
            (guard(self), first)
        }
    }

    /// Takes the lock if it is free.
    #[inline]
    pub fn try_lock(&self) -> Option<Guard<'_, T, R>> {
        let inner = self.inner.try_lock()?;
        percpu::rank_taken(R);
        Some(Guard { inner, _not_send: PhantomData })
    }
}

impl<T, const R: u8> Lock<T, R> {
    /// Takes the lock from whoever has it or waits for it.
    ///
    /// # Safety
    /// Those CPUs have stopped for good, and this one does not go back to what it did with the lock.
    pub unsafe fn seize(&self) -> Guard<'_, T, R> {
        loop {
            if let Some(inner) = self.inner.try_lock() {
                return Guard { inner, _not_send: PhantomData };
            }
            // SAFETY: by the contract nobody uses the lock's guard any more; each turn passes over the
            // holder or one CPU that waited.
            unsafe { self.inner.force_unlock() }
        }
    }
}

impl<T, const R: u8> Deref for Guard<'_, T, R> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T, const R: u8> DerefMut for Guard<'_, T, R> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T, const R: u8> Drop for Guard<'_, T, R> {
    #[inline]
    fn drop(&mut self) {
        percpu::rank_released(R);
    }
}

/// Mutual exclusion with rank `R` for what one CPU nearly always takes: nobody queues, so that taking it
/// is one exclusive pair and letting it go one store.
pub struct OwnerLock<T, const R: u8>(SpinMutex<T, Relax>);

/// Access to what an [`OwnerLock`] protects.
pub struct OwnerGuard<'a, T, const R: u8> {
    inner: SpinMutexGuard<'a, T, Relax>,
    _not_send: PhantomData<*const ()>,
}

impl<T, const R: u8> OwnerLock<T, R> {
    /// Makes a lock.
    pub const fn new(value: T) -> Self {
        Self(SpinMutex::new(value))
    }

    /// Takes the lock, waiting for its holder.
    #[inline]
    pub fn lock(&self) -> OwnerGuard<'_, T, R> {
        percpu::rank_taken(R);
        let inner = match self.0.try_lock_weak() {
            Some(inner) => inner,
            None => self.wait(),
        };
        OwnerGuard { inner, _not_send: PhantomData }
    }

    /// Waits for the holder.
    #[cold]
    #[inline(never)]
    fn wait(&self) -> SpinMutexGuard<'_, T, Relax> {
        self.0.lock()
    }
}

impl<T, const R: u8> Deref for OwnerGuard<'_, T, R> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T, const R: u8> DerefMut for OwnerGuard<'_, T, R> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T, const R: u8> Drop for OwnerGuard<'_, T, R> {
    #[inline]
    fn drop(&mut self) {
        percpu::rank_released(R);
    }
}

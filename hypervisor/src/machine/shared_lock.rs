//! A lock for readers and writers that serves them in the order in which they came.
//!
//! Everybody draws a ticket. `readable` is the ticket whose owner may read: a reader lets the next in at
//! once. `writable` is the ticket whose owner may write: it counts the readers and writers who left. So
//! readers who come and go keep no writer waiting, and taking and leaving is one atomic addition each.

use super::sync::Relax;
use crate::machine::percpu;
use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicU32, Ordering};
use spin::RelaxStrategy;

/// Shared or exclusive access with rank `R`.
pub struct SharedLock<T, const R: u8> {
    /// The ticket that is drawn next.
    next: AtomicU32,
    readable: AtomicU32,
    writable: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: readers share `&T` and a writer has `&mut T` on whatever CPU they run; guards stay there.
unsafe impl<T: Send + Sync, const R: u8> Sync for SharedLock<T, R> {}

/// Shared access.
pub struct ReadGuard<'a, T, const R: u8> {
    lock: &'a SharedLock<T, R>,
    _not_send: PhantomData<*const ()>,
}

/// Exclusive access.
pub struct WriteGuard<'a, T, const R: u8> {
    lock: &'a SharedLock<T, R>,
    ticket: u32,
    _not_send: PhantomData<*const ()>,
}

/// Waits until it is `ticket`'s turn.
#[inline]
fn wait(turn: &AtomicU32, ticket: u32) {
    if turn.load(Ordering::Acquire) != ticket {
        wait_long(turn, ticket);
    }
}

/// Apart, so that who need not wait keeps no registers for it.
#[cold]
#[inline(never)]
fn wait_long(turn: &AtomicU32, ticket: u32) {
    while turn.load(Ordering::Acquire) != ticket {
        Relax::relax();
    }
}

impl<T, const R: u8> SharedLock<T, R> {
    /// Makes a lock.
    pub const fn new(value: T) -> Self {
        let (next, readable, writable) = (AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0));
        Self { next, readable, writable, value: UnsafeCell::new(value) }
    }

    /// Takes the lock for reading.
    #[inline]
    pub fn read(&self) -> ReadGuard<'_, T, R> {
        percpu::rank_taken(R);
        let ticket = self.next.fetch_add(1, Ordering::Relaxed);
        wait(&self.readable, ticket);
        self.admit(ticket)
    }

    /// Takes the lock for reading if nobody writes or waits.
    pub fn try_read(&self) -> Option<ReadGuard<'_, T, R>> {
        let ticket = self.readable.load(Ordering::Acquire);
        let drawn = ticket.wrapping_add(1);
        self.next.compare_exchange(ticket, drawn, Ordering::Relaxed, Ordering::Relaxed).ok()?;
        percpu::rank_taken(R);
        Some(self.admit(ticket))
    }

    /// Reads, and lets the next one do so, who sees what this one has seen.
    #[inline]
    fn admit(&self, ticket: u32) -> ReadGuard<'_, T, R> {
        self.readable.store(ticket.wrapping_add(1), Ordering::Release);
        ReadGuard { lock: self, _not_send: PhantomData }
    }

    /// Takes the lock for writing.
    #[inline]
    pub fn write(&self) -> WriteGuard<'_, T, R> {
        percpu::rank_taken(R);
        let ticket = self.next.fetch_add(1, Ordering::Relaxed);
        wait(&self.writable, ticket);
        WriteGuard { lock: self, ticket, _not_send: PhantomData }
    }
}

impl<T, const R: u8> Deref for ReadGuard<'_, T, R> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: nobody's ticket is writable before this guard is dropped.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T, const R: u8> Drop for ReadGuard<'_, T, R> {
    #[inline]
    fn drop(&mut self) {
        self.lock.writable.fetch_add(1, Ordering::Release);
        percpu::rank_released(R);
    }
}

impl<T, const R: u8> Deref for WriteGuard<'_, T, R> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: no ticket but this guard's is readable or writable before it is dropped.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T, const R: u8> DerefMut for WriteGuard<'_, T, R> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T, const R: u8> Drop for WriteGuard<'_, T, R> {
    #[inline]
    fn drop(&mut self) {
        self.lock.readable.store(self.ticket.wrapping_add(1), Ordering::Release);
        // An addition: a reader who was let in by the store above may have left already, and been counted.
        self.lock.writable.fetch_add(1, Ordering::Release);
        percpu::rank_released(R);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::sync::rank;
    use std::sync::Arc;
    use std::thread;

    type Pair = SharedLock<(u64, u64), { rank::P2M }>;

    #[test]
    fn readers_share_and_a_writer_does_not() {
        let lock = Pair::new((0, 0));
        let first = lock.read();
        let second = lock.try_read().unwrap();
        assert_eq!(*first, *second);
        drop((first, second));
        let mut writer = lock.write();
        assert!(lock.try_read().is_none());
        writer.0 = 1;
        drop(writer);
        assert_eq!(lock.try_read().unwrap().0, 1);
    }

    #[test]
    fn nobody_sees_half_a_change() {
        let lock = Arc::new(Pair::new((0, 0)));
        let work = |writes: bool, lock: Arc<Pair>| {
            move || {
                for _ in 0..2000 {
                    if writes {
                        let mut pair = lock.write();
                        pair.0 += 1;
                        pair.1 += 1;
                    } else {
                        let pair = lock.read();
                        assert_eq!(pair.0, pair.1);
                    }
                }
            }
        };
        let threads: Vec<_> = (0..4).map(|n| thread::spawn(work(n % 2 == 0, lock.clone()))).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(*lock.read(), (4000, 4000));
    }
}

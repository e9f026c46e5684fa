//! Keys that wait their turn: pure, no locks.

use super::Dump;
use crate::console::report::Cursor;

/// Keys that can wait; further ones are lost.
const KEYS: usize = 32;

/// A dump that is being written.
#[derive(Clone, Copy)]
pub struct Job {
    /// What is called next.
    pub dump: Dump,
    /// Where it is.
    pub cursor: Cursor,
}

/// The dump that is being written and the keys after it.
pub struct Queue {
    current: Option<Job>,
    keys: [u8; KEYS],
    first: usize,
    waiting: usize,
}

impl Queue {
    /// Makes an empty queue.
    pub const fn new() -> Self {
        Self { current: None, keys: [0; KEYS], first: 0, waiting: 0 }
    }

    /// Adds a key; one too many is lost.
    pub fn push(&mut self, key: u8) {
        if self.waiting == KEYS {
            return;
        }
        if let Some(slot) = self.keys.get_mut((self.first + self.waiting) % KEYS) {
            *slot = key;
            self.waiting += 1;
        }
    }

    /// Takes the next key, unless a dump is being written.
    pub fn pop(&mut self) -> Option<u8> {
        if self.waiting == 0 || self.current.is_some() {
            return None;
        }
        let key = self.keys.get(self.first).copied();
        self.first = (self.first + 1) % KEYS;
        self.waiting -= 1;
        key
    }

    /// Takes the dump that is being written.
    pub fn take(&mut self) -> Option<Job> {
        self.current.take()
    }

    /// Goes on with a dump at the next step.
    pub fn resume(&mut self, job: Job) {
        self.current = Some(job);
    }

    /// Tells whether nothing is left to do.
    pub fn is_empty(&self) -> bool {
        self.current.is_none() && self.waiting == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::report::{Report, Step};

    fn nothing(_: &mut Cursor, _: &mut Report) -> Step {
        Step::Done
    }

    #[test]
    fn keys_come_in_order_and_one_dump_at_a_time() {
        let mut queue = Queue::new();
        queue.push(b'd');
        queue.push(b'q');
        assert_eq!(queue.pop(), Some(b'd'));
        queue.resume(Job { dump: nothing, cursor: Cursor::default() });
        assert_eq!(queue.pop(), None);
        assert!(!queue.is_empty() && queue.take().is_some());
        assert_eq!(queue.pop(), Some(b'q'));
        assert_eq!(queue.pop(), None);
        assert!(queue.is_empty());
    }

    #[test]
    fn too_many_keys_are_lost() {
        let mut queue = Queue::new();
        (0..100).for_each(|key| queue.push(key));
        let mut count = 0;
        while let Some(key) = queue.pop() {
            assert_eq!(key, count);
            count += 1;
        }
        assert_eq!(usize::from(count), KEYS);
    }
}

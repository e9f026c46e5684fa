//! How much of the log no UART has got yet: counters over the RAM log's ring, pure.

/// What is to be sent.
#[derive(Debug)]
pub struct Backlog {
    capacity: usize,
    unsent: usize,
    lost: usize,
}

impl Backlog {
    /// Makes an empty backlog over a ring of `capacity` bytes.
    pub const fn new(capacity: usize) -> Self {
        Self { capacity, unsent: 0, lost: 0 }
    }

    /// Notes a byte that is written to the ring; the oldest goes.
    pub fn add(&mut self) {
        if self.unsent == self.capacity {
            self.lost += 1;
        } else {
            self.unsent += 1;
        }
    }

    /// Returns how many bytes are unsent: the ring's last ones.
    pub fn unsent(&self) -> usize {
        self.unsent
    }

    /// Tells whether everything is sent.
    pub fn is_empty(&self) -> bool {
        self.unsent == 0
    }

    /// Returns how many bytes can be written before an unsent one is lost.
    pub fn room(&self) -> usize {
        self.capacity - self.unsent
    }

    /// Notes that the oldest unsent byte is sent.
    pub fn sent(&mut self) {
        self.unsent = self.unsent.saturating_sub(1);
    }

    /// Takes everything as lost.
    pub fn give_up(&mut self) {
        self.lost += core::mem::take(&mut self.unsent);
    }

    /// Returns how many bytes were lost since the last call.
    pub fn take_lost(&mut self) -> usize {
        core::mem::take(&mut self.lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_sent_once() {
        let mut backlog = Backlog::new(8);
        (0..5).for_each(|_| backlog.add());
        assert_eq!((backlog.unsent(), backlog.room(), backlog.is_empty()), (5, 3, false));
        (0..5).for_each(|_| backlog.sent());
        assert_eq!((backlog.unsent(), backlog.take_lost(), backlog.is_empty()), (0, 0, true));
        backlog.sent();
        assert_eq!(backlog.unsent(), 0);
    }

    #[test]
    fn an_overrun_loses_the_oldest_and_counts_them() {
        let mut backlog = Backlog::new(8);
        (0..11).for_each(|_| backlog.add());
        assert_eq!((backlog.unsent(), backlog.room()), (8, 0));
        assert_eq!((backlog.take_lost(), backlog.take_lost()), (3, 0));
        backlog.sent();
        backlog.give_up();
        assert_eq!((backlog.unsent(), backlog.take_lost()), (0, 7));
    }
}

//! Which messages are said: `loglvl=` for the hypervisor's, `guest_loglvl=` for those that guests cause.

use core::sync::atomic::{AtomicU8, Ordering};
use log::{Level, LevelFilter};

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is said.
    Said,
    /// It is said as far as the rate allows.
    Limited,
    /// It is not said.
    Dropped,
}

/// A pair of levels.
#[derive(Debug)]
pub struct Levels {
    always: AtomicU8,
    limited: AtomicU8,
}

impl Levels {
    /// Makes the levels that hold until an option says otherwise.
    pub const fn new(always: LevelFilter, limited: LevelFilter) -> Self {
        Self { always: AtomicU8::new(always as u8), limited: AtomicU8::new(limited as u8) }
    }

    /// Sets both.
    pub fn set(&self, always: LevelFilter, limited: LevelFilter) {
        self.always.store(always as u8, Ordering::Relaxed);
        self.limited.store(limited as u8, Ordering::Relaxed);
    }

    /// Returns both.
    pub fn get(&self) -> (LevelFilter, LevelFilter) {
        let filter = |level: &AtomicU8| {
            let level = level.load(Ordering::Relaxed);
            LevelFilter::iter().find(|filter| *filter as u8 == level).unwrap_or(LevelFilter::Off)
        };
        (filter(&self.always), filter(&self.limited))
    }

    /// Tells what becomes of a message.
    pub fn fate(&self, level: Level) -> Fate {
        let level = level as u8;
        if level <= self.always.load(Ordering::Relaxed) {
            Fate::Said
        } else if level <= self.limited.load(Ordering::Relaxed) {
            Fate::Limited
        } else {
            Fate::Dropped
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered() {
        let levels = Levels::new(LevelFilter::Off, LevelFilter::Warn);
        assert_eq!(levels.fate(Level::Error), Fate::Limited);
        assert_eq!(levels.fate(Level::Warn), Fate::Limited);
        assert_eq!(levels.fate(Level::Info), Fate::Dropped);
        levels.set(LevelFilter::Info, LevelFilter::Trace);
        assert_eq!(levels.fate(Level::Info), Fate::Said);
        assert_eq!(levels.fate(Level::Trace), Fate::Limited);
    }
}

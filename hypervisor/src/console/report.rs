//! What a dump writes, a few lines at a time.

use crate::machine::console::print;
use core::fmt;

/// Lines of one step, after which the guest runs: a line of registers takes 10,000 instructions.
const LINES: u32 = 3;

/// How far a dump got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is more to say.
    More,
    /// Another CPU has not answered yet.
    Wait,
    /// That was all.
    Done,
}

/// A dump's place: it is called with the numbers it left here until it is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// What it is at: a domain, a CPU, a port.
    pub item: usize,
    /// What it is at there: a vCPU, a row.
    pub part: usize,
    /// How often it waited there.
    pub waits: u32,
}

impl Cursor {
    /// Goes on to the next item.
    pub fn next_item(&mut self) {
        *self = Self { item: self.item + 1, ..Self::default() };
    }

    /// Goes on to the next part.
    pub fn next_part(&mut self) {
        *self = Self { item: self.item, part: self.part + 1, waits: 0 };
    }
}

/// Where a dump writes.
#[derive(Debug, Default)]
pub struct Report {
    lines: u32,
}

impl Report {
    /// Writes a line.
    pub fn line(&mut self, text: fmt::Arguments<'_>) {
        print(format_args!("{text}\n"));
        self.lines += 1;
    }

    /// Tells whether the step has said enough.
    pub fn is_full(&self) -> bool {
        self.lines >= LINES
    }
}

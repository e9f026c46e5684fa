//! Properties and the forms their values take (Devicetree Specification v0.4, 2.2.4).

use crate::bytes::{be32, be64, text};

/// A property: a name and raw bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Property<'a> {
    /// The name.
    pub name: &'a str,
    /// The value.
    pub value: &'a [u8],
}

impl<'a> Property<'a> {
    /// Returns the value as one 32-bit cell, or `None` if it is not exactly that.
    pub fn as_u32(&self) -> Option<u32> {
        if self.value.len() == 4 { be32(self.value, 0) } else { None }
    }

    /// Returns the value as a number of one or two cells.
    pub fn as_u64(&self) -> Option<u64> {
        match self.value.len() {
            4 => be32(self.value, 0).map(u64::from),
            8 => be64(self.value, 0),
            _ => None,
        }
    }

    /// Returns the first string of the value; it must be terminated and UTF-8.
    pub fn as_str(&self) -> Option<&'a str> {
        core::str::from_utf8(text(self.value, 0)?).ok()
    }

    /// Iterates over the strings of a string list; stops at one that is not terminated.
    pub fn strings(&self) -> Strings<'a> {
        Strings { rest: self.value }
    }

    /// Returns a reader of the value's cells.
    pub fn cells(&self) -> Cells<'a> {
        Cells { rest: self.value }
    }
}

/// Iterator over a string list.
#[derive(Clone)]
pub struct Strings<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Strings<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let string = text(self.rest, 0)?;
        self.rest = self.rest.get(string.len().checked_add(1)?..)?;
        core::str::from_utf8(string).ok()
    }
}

/// A reader of 32-bit cells from the front of a value.
#[derive(Clone, Copy, Debug)]
pub struct Cells<'a> {
    rest: &'a [u8],
}

impl<'a> Cells<'a> {
    /// Reads from raw bytes.
    pub const fn new(value: &'a [u8]) -> Self {
        Self { rest: value }
    }

    /// Tells whether nothing is left.
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes the bytes of `count` cells.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(count.checked_mul(4)?)?;
        self.rest = rest;
        Some(head)
    }

    /// Takes a number of `count` cells; cells above the last two must be zero.
    pub fn number(&mut self, count: usize) -> Option<u64> {
        number(self.take(count)?)
    }

    /// Takes one cell.
    pub fn cell(&mut self) -> Option<u32> {
        let value = be32(self.rest, 0)?;
        self.rest = self.rest.get(4..)?;
        Some(value)
    }
}

/// Reads big-endian cells as one number, or `None` if it does not fit in 64 bits.
pub(crate) fn number(cells: &[u8]) -> Option<u64> {
    let mut value: u64 = 0;
    for cell in cells.chunks_exact(4) {
        if value >> 32 != 0 {
            return None;
        }
        value = (value << 32) | u64::from(be32(cell, 0)?);
    }
    Some(value)
}

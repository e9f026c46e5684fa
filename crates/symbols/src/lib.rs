//! The compressed function symbol table that `cargo xtask build` appends to an image.
//!
//! Key types: [`Table`], the reader a backtrace uses, and [`Found`], its answer. The writer is xtask's
//! `image::symtab`, which shares the constants below and reads its own output back through this crate.
//!
//! Layout, all numbers little endian:
//! ```text
//! 0   magic "XSYM"
//! 4   u32 length of the body in bytes
//! 8   u32 checksum of the body (FNV-1a, 32 bits)
//! 12  u32 number of entries
//! 16  body: u8 number of tokens, then each token as u8 length and its bytes;
//!           then the entries, sorted by address:
//!           LEB128 distance in bytes from the previous entry's address (the first: from the image's base),
//!           u8 bytes of the previous entry's name that this one begins with,
//!           u8 length of what follows, then that many codes: below 0x80 an ASCII character,
//!           0x80 + n the bytes of token n
//! ```
//! An entry with an empty name ends the range of the one before it: nothing is known from there on.
//!
//! Invariants: any bytes at all give an answer or an [`Error`], never a panic, for the reader runs while a
//! hypervisor that has already failed prints why. Nothing is allocated; a lookup walks the entries in order.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation
    )
)]

mod cursor;
mod name;
#[cfg(test)]
mod tests;

use cursor::Cursor;
use name::Tokens;

pub use name::{NAME_BYTES_MAX, NameBuffer};

/// First four bytes of a table.
pub const MAGIC: [u8; 4] = *b"XSYM";
/// Bytes before the body.
pub const HEADER_BYTES: usize = 16;
/// Codes from here on name a token instead of a character.
pub const FIRST_TOKEN: u8 = 0x80;

/// Why a region holds no usable table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The region does not begin with [`MAGIC`]: the image was made without a table.
    NoMagic,
    /// The header asks for more bytes than the region has.
    Truncated,
    /// The body does not match its checksum.
    Checksum,
}

/// A validated view of a table in memory.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    tokens: Tokens<'a>,
    entries: Cursor<'a>,
    count: u32,
}

/// A function found by [`Table::lookup`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'n> {
    /// The function's demangled name.
    pub name: &'n str,
    /// Bytes from the function's first instruction to the address asked for.
    pub offset: u64,
}

impl<'a> Table<'a> {
    /// Reads the table at the start of `region`; bytes after it are ignored.
    ///
    /// # Errors
    /// [`Error`], when there is no table or it is damaged.
    pub fn parse(region: &'a [u8]) -> Result<Self, Error> {
        let mut header = Cursor::new(region);
        if header.take(MAGIC.len()) != Some(MAGIC.as_slice()) {
            return Err(Error::NoMagic);
        }
        let length = header.read_u32().ok_or(Error::Truncated)?;
        let sum = header.read_u32().ok_or(Error::Truncated)?;
        let count = header.read_u32().ok_or(Error::Truncated)?;
        let length = usize::try_from(length).map_err(|_| Error::Truncated)?;
        let body = header.take(length).ok_or(Error::Truncated)?;
        if checksum(body) != sum {
            return Err(Error::Checksum);
        }
        let mut entries = Cursor::new(body);
        let tokens = Tokens::parse(&mut entries).ok_or(Error::Truncated)?;
        Ok(Self { tokens, entries, count })
    }

    /// Finds the function that holds the byte `offset` bytes from the image's base.
    ///
    /// `None` before the first entry, after the last one, and where the table is malformed.
    pub fn lookup<'n>(&self, offset: u64, buffer: &'n mut NameBuffer) -> Option<Found<'n>> {
        let mut entries = self.entries;
        let mut start = 0u64;
        buffer.clear();
        for _ in 0..self.count {
            let next = start.checked_add(entries.read_leb128()?)?;
            if next > offset {
                break;
            }
            start = next;
            buffer.read(&mut entries, &self.tokens)?;
        }
        let name = buffer.as_str();
        (!name.is_empty()).then_some(Found { name, offset: offset.checked_sub(start)? })
    }

    /// Tells how many entries the table has.
    pub fn entry_count(&self) -> u32 {
        self.count
    }
}

/// Computes the checksum in a table's header (FNV-1a, 32 bits).
pub fn checksum(body: &[u8]) -> u32 {
    body.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

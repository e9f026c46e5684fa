//! Names: the token list, and the buffer in which one name is made from the one before it.

use crate::FIRST_TOKEN;
use crate::cursor::Cursor;

/// The longest name in a table, in bytes; the writer shortens what is longer.
pub const NAME_BYTES_MAX: usize = 120;

/// The strings that stand behind the codes from [`FIRST_TOKEN`] on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tokens<'a> {
    list: Cursor<'a>,
    count: u8,
}

impl<'a> Tokens<'a> {
    /// Takes the token list from the start of a body.
    pub(crate) fn parse(body: &mut Cursor<'a>) -> Option<Self> {
        let count = body.read_u8()?;
        let list = *body;
        for _ in 0..count {
            let length = body.read_u8()?;
            body.take(usize::from(length))?;
        }
        Some(Self { list, count })
    }

    fn get(&self, index: u8) -> Option<&'a [u8]> {
        let mut list = self.list;
        for current in 0..self.count {
            let length = list.read_u8()?;
            let token = list.take(usize::from(length))?;
            if current == index {
                return Some(token);
            }
        }
        None
    }
}

/// Room for one name; holds the last one read.
#[derive(Clone, Debug)]
pub struct NameBuffer {
    bytes: [u8; NAME_BYTES_MAX],
    used: usize,
}

impl NameBuffer {
    /// Makes an empty buffer.
    pub const fn new() -> Self {
        Self { bytes: [0; NAME_BYTES_MAX], used: 0 }
    }

    pub(crate) fn clear(&mut self) {
        self.used = 0;
    }

    /// Reads the next name, which begins with some of the bytes already here.
    pub(crate) fn read(&mut self, entries: &mut Cursor<'_>, tokens: &Tokens<'_>) -> Option<()> {
        let shared = usize::from(entries.read_u8()?);
        if shared > self.used {
            return None;
        }
        self.used = shared;
        let length = entries.read_u8()?;
        for code in entries.take(usize::from(length))? {
            match code.checked_sub(FIRST_TOKEN) {
                Some(index) => self.push(tokens.get(index)?)?,
                None => self.push(&[*code])?,
            }
        }
        Some(())
    }

    /// Gives the name, or nothing when its bytes are no text.
    pub(crate) fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.used).unwrap_or_default();
        core::str::from_utf8(bytes).unwrap_or_default()
    }

    fn push(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.used.checked_add(bytes.len())?;
        self.bytes.get_mut(self.used..end)?.copy_from_slice(bytes);
        self.used = end;
        Some(())
    }
}

impl Default for NameBuffer {
    fn default() -> Self {
        Self::new()
    }
}

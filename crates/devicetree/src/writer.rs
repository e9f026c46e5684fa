//! Writing a flattened tree into a buffer that the caller lends.
//!
//! The structure block grows up from the front; the strings block grows down from the end, so that a
//! name's place is known as its distance from the end and neither needs a size in advance.
//! [`Writer::finish`] moves the strings behind the structure and turns distances into offsets.

use crate::bytes::index;
use crate::header::{COMPATIBLE_VERSION, MAGIC, VERSION};
use crate::token::{self, Token, token};
use crate::{Error, Fault, HEADER_BYTES, MAX_DEPTH, NodeName, Tree};

/// Where the structure block begins: after the header and an empty memory reservation block.
const STRUCTURE: usize = HEADER_BYTES + 16;

/// A tree being written.
pub struct Writer<'b> {
    out: &'b mut [u8],
    /// End of the structure written so far.
    at: usize,
    /// Start of the strings written so far.
    strings: usize,
    depth: usize,
    state: State,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Root,
    Properties,
    Children,
    Finished,
}

impl<'b> Writer<'b> {
    /// Starts an empty tree.
    ///
    /// # Errors
    /// [`Fault::Full`] if not even a header fits.
    pub fn new(out: &'b mut [u8]) -> Result<Self, Error> {
        Self::with_strings(out, &[])
    }

    /// Starts a tree that will hold properties copied from `host`: its names are taken over as a block,
    /// so that no name is searched for each copied property.
    ///
    /// # Errors
    /// [`Fault::Full`].
    pub fn copying(out: &'b mut [u8], host: &Tree<'_>) -> Result<Self, Error> {
        Self::with_strings(out, host.strings)
    }

    fn with_strings(out: &'b mut [u8], names: &[u8]) -> Result<Self, Error> {
        let len = out.len();
        let strings = len.checked_sub(names.len()).ok_or(Error::at(Fault::Full, len))?;
        let writer = Self { out, at: STRUCTURE, strings, depth: 0, state: State::Root };
        writer.room(0)?;
        writer.out.get_mut(strings..).ok_or(Error::at(Fault::Full, len))?.copy_from_slice(names);
        Ok(writer)
    }

    /// Opens a node; the first is the root, whose name is empty.
    ///
    /// # Errors
    /// [`Fault::Full`], [`Fault::BadNodeName`], [`Fault::TooDeep`], [`Fault::BadNesting`].
    pub fn begin_node(&mut self, name: &str) -> Result<(), Error> {
        if name.is_empty() != (self.depth == 0)
            || !name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/')
        {
            return Err(self.error(Fault::BadNodeName, name));
        }
        if self.depth >= MAX_DEPTH {
            return Err(self.error(Fault::TooDeep, name));
        }
        if self.state == State::Finished {
            return Err(self.error(Fault::BadNesting, name));
        }
        self.word(token::BEGIN_NODE)?;
        self.padded(&[name.as_bytes(), &[0]])?;
        self.depth = self.depth.saturating_add(1);
        self.state = State::Properties;
        Ok(())
    }

    /// Closes the innermost node.
    ///
    /// # Errors
    /// [`Fault::Full`], [`Fault::BadNesting`].
    pub fn end_node(&mut self) -> Result<(), Error> {
        let outer = self.depth.checked_sub(1).ok_or(self.error(Fault::BadNesting, ""))?;
        self.word(token::END_NODE)?;
        self.depth = outer;
        self.state = if outer == 0 { State::Finished } else { State::Children };
        Ok(())
    }

    /// Returns the number of open nodes.
    pub const fn depth(&self) -> usize {
        self.depth
    }

    /// Adds a property to the innermost node, before its children.
    ///
    /// # Errors
    /// [`Fault::Full`], [`Fault::BadPropertyName`], [`Fault::BadNesting`].
    pub fn property(&mut self, name: &str, value: &[u8]) -> Result<(), Error> {
        self.parts(name, &[value])
    }

    /// Adds a property of one string.
    ///
    /// # Errors
    /// As [`Self::property`].
    pub fn property_str(&mut self, name: &str, value: &str) -> Result<(), Error> {
        self.parts(name, &[value.as_bytes(), &[0]])
    }

    /// Adds a property of one cell.
    ///
    /// # Errors
    /// As [`Self::property`].
    pub fn property_u32(&mut self, name: &str, value: u32) -> Result<(), Error> {
        self.parts(name, &[&value.to_be_bytes()])
    }

    /// Adds a property of two cells that make one number.
    ///
    /// # Errors
    /// As [`Self::property`].
    pub fn property_u64(&mut self, name: &str, value: u64) -> Result<(), Error> {
        self.parts(name, &[&value.to_be_bytes()])
    }

    /// Adds a property of cells.
    ///
    /// # Errors
    /// As [`Self::property`].
    pub fn property_cells(&mut self, name: &str, cells: impl IntoIterator<Item = u32>) -> Result<(), Error> {
        self.parts(name, &[])?;
        let length = self.at.saturating_sub(8);
        let start = self.at;
        for cell in cells {
            self.word(cell)?;
        }
        let bytes =
            u32::try_from(self.at.saturating_sub(start)).map_err(|_| self.error(Fault::Full, name))?;
        self.store(length, &bytes.to_be_bytes())
    }

    /// Copies a property whose name is at `offset` of the strings block given to [`Self::copying`],
    /// which has `names_bytes` bytes.
    pub(crate) fn copied(&mut self, names_bytes: usize, offset: u32, value: &[u8]) -> Result<(), Error> {
        let distance =
            names_bytes.checked_sub(index(offset)).ok_or(self.error(Fault::BadPropertyName, ""))?;
        self.raw_property(distance, &[value])
    }

    /// Ends the tree and returns the bytes it takes from the start of the buffer.
    ///
    /// # Errors
    /// [`Fault::Full`], [`Fault::BadNesting`] if a node is open or there is no root.
    pub fn finish(mut self) -> Result<usize, Error> {
        if self.state != State::Finished {
            return Err(self.error(Fault::BadNesting, ""));
        }
        self.word(token::END)?;
        let (structure_end, strings_bytes) = (self.at, self.out.len().saturating_sub(self.strings));
        self.fix_names(strings_bytes)?;
        self.out.copy_within(self.strings.., structure_end);
        let total = structure_end.saturating_add(strings_bytes);
        let words = [
            index(MAGIC),
            total,
            STRUCTURE,
            structure_end,
            HEADER_BYTES,
            index(VERSION),
            index(COMPATIBLE_VERSION),
            0,
            strings_bytes,
            structure_end.saturating_sub(STRUCTURE),
        ];
        self.at = 0;
        for word in words {
            self.word(u32::try_from(word).map_err(|_| Error::at(Fault::Full, total))?)?;
        }
        self.store(HEADER_BYTES, &[0; 16])?;
        Ok(total)
    }

    /// Turns each property's distance of its name from the end into an offset from the start.
    fn fix_names(&mut self, strings_bytes: usize) -> Result<(), Error> {
        let mut at = STRUCTURE;
        while at < self.at {
            let (token, next) = token(self.out, at).map_err(|fault| Error::at(fault, at))?;
            if let Token::Property(distance, _) = token {
                let offset = strings_bytes.saturating_sub(index(distance));
                let offset = u32::try_from(offset).map_err(|_| Error::at(Fault::Full, at))?;
                self.store(at.saturating_add(8), &offset.to_be_bytes())?;
            }
            at = next;
        }
        Ok(())
    }

    fn parts(&mut self, name: &str, parts: &[&[u8]]) -> Result<(), Error> {
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(self.error(Fault::BadPropertyName, name));
        }
        let distance = self.intern(name)?;
        self.raw_property(distance, parts)
    }

    fn raw_property(&mut self, distance: usize, parts: &[&[u8]]) -> Result<(), Error> {
        if self.state != State::Properties {
            return Err(self.error(Fault::BadNesting, ""));
        }
        let len = parts.iter().fold(0usize, |sum, part| sum.saturating_add(part.len()));
        let len = u32::try_from(len).map_err(|_| self.error(Fault::Full, ""))?;
        let distance = u32::try_from(distance).map_err(|_| self.error(Fault::Full, ""))?;
        self.word(token::PROPERTY)?;
        self.word(len)?;
        self.word(distance)?;
        self.padded(parts)
    }

    /// Finds a name in the strings, or adds it, and returns its distance from the end. A name may share
    /// the tail of a longer one.
    fn intern(&mut self, name: &str) -> Result<usize, Error> {
        let strings = self.out.get(self.strings..).unwrap_or_default();
        let bytes = name.len().saturating_add(1);
        let found =
            strings.windows(bytes).position(|window| window.strip_prefix(name.as_bytes()) == Some(&[0]));
        if let Some(offset) = found {
            return Ok(strings.len().saturating_sub(offset));
        }
        self.room(bytes)?;
        let start = self.strings.checked_sub(bytes).ok_or(self.error(Fault::Full, name))?;
        self.store(start, name.as_bytes())?;
        self.store(start.saturating_add(name.len()), &[0])?;
        self.strings = start;
        Ok(self.out.len().saturating_sub(start))
    }

    fn word(&mut self, word: u32) -> Result<(), Error> {
        self.padded(&[&word.to_be_bytes()])
    }

    /// Appends bytes to the structure and pads them with zeros to a cell.
    fn padded(&mut self, parts: &[&[u8]]) -> Result<(), Error> {
        for part in parts {
            self.room(part.len())?;
            self.store(self.at, part)?;
            self.at = self.at.saturating_add(part.len());
        }
        while !self.at.is_multiple_of(4) {
            self.room(1)?;
            self.store(self.at, &[0])?;
            self.at = self.at.saturating_add(1);
        }
        Ok(())
    }

    /// Checks that the structure can grow by so many bytes before it meets the strings.
    fn room(&self, bytes: usize) -> Result<(), Error> {
        match self.at.checked_add(bytes) {
            Some(end) if end <= self.strings => Ok(()),
            _ => Err(self.error(Fault::Full, "")),
        }
    }

    fn store(&mut self, at: usize, bytes: &[u8]) -> Result<(), Error> {
        let full = self.error(Fault::Full, "");
        let end = at.checked_add(bytes.len()).ok_or(full)?;
        self.out.get_mut(at..end).ok_or(full)?.copy_from_slice(bytes);
        Ok(())
    }

    fn error(&self, fault: Fault, name: &str) -> Error {
        Error { fault, offset: self.at, node: NodeName::new(name.as_bytes()) }
    }
}

//! The gate: a blob becomes a [`Tree`] only after every byte that a reader may follow was checked.
//!
//! The walk is a loop over tokens with a counter for the depth; it makes progress with each token, so
//! it ends after at most a quarter of the block's bytes.

use crate::bytes::text;
use crate::token::{Token, token};
use crate::tree::{Tree, reserve_entry};
use crate::{Error, Fault, Header, MAX_DEPTH, NodeName};

/// Checks a blob and returns its tree.
///
/// `blob` may be longer than the header's total size. What lies between the last block and the total
/// size (QEMU pads to 1 MiB) is not read.
///
/// # Errors
/// The first fault met, with its offset and node.
pub fn validate(blob: &[u8]) -> Result<Tree<'_>, Error> {
    let header = Header::read(blob)?;
    let data = blob.get(..header.total_bytes()).ok_or(Error::at(Fault::Truncated, blob.len()))?;
    let block = |bytes: Option<_>, name| bytes.ok_or(Error::at(Fault::BadBlock(name), 8));
    let structure = block(header.structure(data), "structure")?;
    let strings = block(header.strings(data), "strings")?;
    let reserve_map = block(header.reserve_map(data), "memory reservation")?;
    let reservations =
        check_reserve_map(reserve_map).ok_or(Error::at(Fault::BadReserveMap, header.reserve_map_offset()))?;
    let mut walk = Walk::new(structure, strings);
    walk.run().map_err(|fault| Error {
        fault,
        offset: header.structure_offset().saturating_add(walk.at),
        node: NodeName::new(walk.name),
    })?;
    Ok(Tree { blob: data, structure, strings, reserve_map: reservations, header, plain: walk.plain })
}

/// Returns the entries of the memory reservation block without its end.
fn check_reserve_map(block: &[u8]) -> Option<&[u8]> {
    let mut at: usize = 0;
    loop {
        let (start, len) = reserve_entry(block, at)?;
        if (start, len) == (0, 0) {
            return block.get(..at);
        }
        start.checked_add(len)?;
        at = at.checked_add(16)?;
    }
}

struct Walk<'a> {
    structure: &'a [u8],
    strings: &'a [u8],
    at: usize,
    depth: usize,
    name: &'a [u8],
    last: Last,
    /// No NOP and not so deep that the `fdt` crate could not follow.
    plain: bool,
}

/// What was met last: properties come before children, and one root before the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Nothing,
    Properties,
    Child,
    Root,
}

impl<'a> Walk<'a> {
    fn new(structure: &'a [u8], strings: &'a [u8]) -> Self {
        Self { structure, strings, at: 0, depth: 0, name: &[], last: Last::Nothing, plain: true }
    }

    fn run(&mut self) -> Result<(), Fault> {
        loop {
            let (token, next) = token(self.structure, self.at)?;
            match token {
                Token::BeginNode(name) => self.begin(name)?,
                Token::EndNode => self.end()?,
                Token::Property(name, _) => self.property(name)?,
                Token::Nop => self.plain = false,
                Token::End if self.last == Last::Root => return Ok(()),
                Token::End => return Err(Fault::MisplacedToken),
            }
            self.at = next;
        }
    }

    fn begin(&mut self, name: &'a [u8]) -> Result<(), Fault> {
        if self.last == Last::Root {
            return Err(Fault::MisplacedToken);
        }
        if name.is_empty() != (self.depth == 0) || !name.iter().all(|&byte| is_name_byte(byte)) {
            return Err(Fault::BadNodeName);
        }
        self.name = name;
        self.depth = self.depth.saturating_add(1);
        if self.depth > MAX_DEPTH {
            return Err(Fault::TooDeep);
        }
        // fdt 0.1.5 keeps 64 parents, the first of them unused.
        self.plain &= self.depth < MAX_DEPTH;
        self.last = Last::Properties;
        Ok(())
    }

    fn end(&mut self) -> Result<(), Fault> {
        self.depth = self.depth.checked_sub(1).ok_or(Fault::MisplacedToken)?;
        self.last = if self.depth == 0 { Last::Root } else { Last::Child };
        Ok(())
    }

    fn property(&mut self, name: u32) -> Result<(), Fault> {
        if self.last != Last::Properties {
            return Err(Fault::MisplacedToken);
        }
        let name = text(self.strings, crate::bytes::index(name)).ok_or(Fault::BadPropertyName)?;
        if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
            return Err(Fault::BadPropertyName);
        }
        Ok(())
    }
}

/// A superset of the specification's characters: real trees use more of ASCII. No `/`, which would
/// make paths ambiguous.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'/'
}

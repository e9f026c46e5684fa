//! What can be wrong with a device tree, and where.
//!
//! [`Fault`] is the closed list of reasons, [`Error`] adds the place: the byte offset in the blob and
//! the node being read. Neither borrows from the blob, so an error can outlive the mapping.

use core::fmt;

/// Why a tree, or a part of it, was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The blob is shorter than a header.
    NoHeader,
    /// The first word is not 0xd00dfeed.
    BadMagic(u32),
    /// The format version is not one that a version-17 reader understands.
    BadVersion(u32),
    /// The header's total size is smaller than a header or above [`crate::MAX_TREE_BYTES`].
    BadTotalSize(u32),
    /// Fewer bytes were given than the header's total size.
    Truncated,
    /// A block is misaligned or reaches out of the blob.
    BadBlock(&'static str),
    /// The memory reservation block has no end, or an entry wraps.
    BadReserveMap,
    /// The structure block ends inside a token.
    UnexpectedEnd,
    /// A word that is no token.
    BadToken(u32),
    /// A token where it may not be: a property after a child, an end without a begin, a second root.
    MisplacedToken,
    /// Nodes are nested deeper than [`crate::MAX_DEPTH`].
    TooDeep,
    /// A node's name is missing, unterminated or not printable ASCII.
    BadNodeName,
    /// A property's name is outside the strings block, unterminated, empty or not printable ASCII.
    BadPropertyName,
    /// A property's value reaches out of the structure block.
    BadPropertyLength(u32),
    /// A property that must be there is not.
    Missing(&'static str),
    /// A property whose value has the wrong form.
    BadProperty(&'static str),
    /// More entries than the fixed list has room for.
    TooMany(&'static str),
    /// An address or a size does not fit in the cells of its parent.
    CellsTooFew(&'static str),
    /// The buffer lent for writing is full.
    Full,
    /// The writer's calls do not nest: an end without a begin, a property after a child, or no root.
    BadNesting,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHeader => f.write_str("too short for a header"),
            Self::BadMagic(word) => write!(f, "magic is {word:#x}, not 0xd00dfeed"),
            Self::BadVersion(version) => write!(f, "version {version} is not supported"),
            Self::BadTotalSize(bytes) => write!(f, "impossible total size {bytes:#x}"),
            Self::Truncated => f.write_str("truncated: shorter than its total size"),
            Self::BadBlock(block) => write!(f, "{block} block is misaligned or out of bounds"),
            Self::BadReserveMap => f.write_str("memory reservation block is unterminated or wraps"),
            Self::UnexpectedEnd => f.write_str("structure block ends inside a token"),
            Self::BadToken(word) => write!(f, "{word:#x} is not a token"),
            Self::MisplacedToken => f.write_str("token out of place"),
            Self::TooDeep => f.write_str("nodes nested too deeply"),
            Self::BadNodeName => f.write_str("bad node name"),
            Self::BadPropertyName => f.write_str("bad property name"),
            Self::BadPropertyLength(bytes) => write!(f, "property length {bytes:#x} is out of bounds"),
            Self::Missing(what) => write!(f, "no {what}"),
            Self::BadProperty(what) => write!(f, "malformed {what}"),
            Self::TooMany(what) => write!(f, "too many {what}"),
            Self::CellsTooFew(what) => write!(f, "{what} does not fit in its cells"),
            Self::Full => f.write_str("buffer for the new tree is full"),
            Self::BadNesting => f.write_str("nodes of the new tree do not nest"),
        }
    }
}

/// A node's name, cut to what an error line needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NodeName {
    bytes: [u8; Self::CAPACITY],
    len: u8,
}

impl NodeName {
    const CAPACITY: usize = 31;
    /// No node.
    pub const NONE: Self = Self { bytes: [0; Self::CAPACITY], len: 0 };

    /// Copies the first 31 bytes of a name; bytes that do not print become `?`.
    pub fn new(name: &[u8]) -> Self {
        let mut copy = Self::NONE;
        for (to, from) in copy.bytes.iter_mut().zip(name) {
            *to = if from.is_ascii_graphic() { *from } else { b'?' };
            copy.len = copy.len.saturating_add(1);
        }
        copy
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        let used = self.bytes.get(..usize::from(self.len)).unwrap_or_default();
        core::str::from_utf8(used).unwrap_or_default()
    }
}

impl fmt::Debug for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// A fault and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub fault: Fault,
    /// Byte offset in the blob.
    pub offset: usize,
    /// The innermost node there, [`NodeName::NONE`] where none was entered.
    pub node: NodeName,
}

impl Error {
    /// A fault at `offset`, in no node.
    pub const fn at(fault: Fault, offset: usize) -> Self {
        Self { fault, offset, node: NodeName::NONE }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "device tree: {} (offset {:#x}", self.fault, self.offset)?;
        if self.node.len != 0 {
            write!(f, ", node {}", self.node.as_str())?;
        }
        f.write_str(")")
    }
}

impl core::error::Error for Error {}

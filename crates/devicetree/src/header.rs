//! The header of a flattened device tree (Devicetree Specification v0.4, 5.2).

use crate::bytes::{be32, index};
use crate::{Error, Fault};

/// Bytes of a version-17 header: all that must be readable to learn a blob's size.
pub const HEADER_BYTES: usize = 40;
/// Largest blob accepted: 2 MiB, as Linux's arm64 boot protocol allows.
pub const MAX_TREE_BYTES: u32 = 2 << 20;
pub(crate) const MAGIC: u32 = 0xd00d_feed;
pub(crate) const VERSION: u32 = 17;
pub(crate) const COMPATIBLE_VERSION: u32 = 16;

/// The header's words, checked against each other but not yet against the blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    total_bytes: u32,
    structure: u32,
    structure_bytes: u32,
    strings: u32,
    strings_bytes: u32,
    reserve_map: u32,
    boot_cpu: u32,
}

impl Header {
    /// Reads the header from the first [`HEADER_BYTES`] bytes of a blob; more may be given.
    ///
    /// # Errors
    /// If the bytes are too few, are no device tree, or describe blocks that cannot be.
    pub fn read(first: &[u8]) -> Result<Self, Error> {
        let word = |at| be32(first, at).ok_or(Error::at(Fault::NoHeader, first.len()));
        let magic = word(0)?;
        if magic != MAGIC {
            return Err(Error::at(Fault::BadMagic(magic), 0));
        }
        let (version, oldest) = (word(20)?, word(24)?);
        let header = Self {
            total_bytes: word(4)?,
            structure: word(8)?,
            strings: word(12)?,
            reserve_map: word(16)?,
            boot_cpu: word(28)?,
            strings_bytes: word(32)?,
            structure_bytes: word(36)?,
        };
        if version < VERSION || oldest > VERSION {
            return Err(Error::at(Fault::BadVersion(version), 20));
        }
        header.check()
    }

    fn check(self) -> Result<Self, Error> {
        if index(self.total_bytes) < HEADER_BYTES || self.total_bytes > MAX_TREE_BYTES {
            return Err(Error::at(Fault::BadTotalSize(self.total_bytes), 4));
        }
        let blocks = [
            ("structure", self.structure, self.structure_bytes, 4, 8),
            ("strings", self.strings, self.strings_bytes, 1, 12),
            ("memory reservation", self.reserve_map, 16, 8, 16),
        ];
        for (name, start, len, align, field) in blocks {
            let inside = start.checked_add(len).is_some_and(|end| end <= self.total_bytes);
            if !inside || !start.is_multiple_of(align) || index(start) < HEADER_BYTES {
                return Err(Error::at(Fault::BadBlock(name), field));
            }
        }
        Ok(self)
    }

    /// Returns the size that the header claims. QEMU pads it to 1 MiB: map it, do not copy it.
    pub const fn total_bytes(&self) -> usize {
        index(self.total_bytes)
    }

    /// Returns the physical id of the CPU that boots.
    pub const fn boot_cpu(&self) -> u32 {
        self.boot_cpu
    }

    pub(crate) const fn structure_offset(&self) -> usize {
        index(self.structure)
    }

    /// The structure block of `blob`.
    pub(crate) fn structure<'a>(&self, blob: &'a [u8]) -> Option<&'a [u8]> {
        blob.get(index(self.structure)..)?.get(..index(self.structure_bytes))
    }

    /// The strings block of `blob`.
    pub(crate) fn strings<'a>(&self, blob: &'a [u8]) -> Option<&'a [u8]> {
        blob.get(index(self.strings)..)?.get(..index(self.strings_bytes))
    }

    /// `blob` from the memory reservation block on.
    pub(crate) fn reserve_map<'a>(&self, blob: &'a [u8]) -> Option<&'a [u8]> {
        blob.get(index(self.reserve_map)..self.total_bytes())
    }

    /// The ends of the blocks; the memory reservation block has `entries_bytes` before its end mark.
    pub(crate) fn last_end(&self, entries_bytes: usize) -> usize {
        let structure = index(self.structure.saturating_add(self.structure_bytes));
        let strings = index(self.strings.saturating_add(self.strings_bytes));
        let reserve_map = index(self.reserve_map).saturating_add(entries_bytes).saturating_add(16);
        structure.max(strings).max(reserve_map)
    }

    pub(crate) const fn reserve_map_offset(&self) -> usize {
        index(self.reserve_map)
    }
}

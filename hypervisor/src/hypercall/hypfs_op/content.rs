//! The contents of an entry, as they go to the caller.

use super::tree::{Entry, Node};
use core::fmt::{self, Write};
use xen_abi::hypfs::{DIRLISTENTRY_NAME, HypfsDirentry, HypfsDirlistentry, HypfsEncoding};
use xen_abi::{Field, GuestStruct};

/// More than any entry has.
const MAX_BYTES: usize = 256;

/// Bytes that are put one behind the other.
pub struct Content {
    bytes: [u8; MAX_BYTES],
    len: usize,
}

impl Default for Content {
    fn default() -> Self {
        Self { bytes: [0; MAX_BYTES], len: 0 }
    }
}

impl Write for Content {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}

/// Returns what is known of a node.
pub fn describe(node: Node) -> HypfsDirentry {
    HypfsDirentry {
        kind: node.kind().raw(),
        encoding: HypfsEncoding::Plain.raw(),
        pad: 0,
        content_len: length(node),
        max_write_len: node.max_write_len(),
    }
}

fn length(node: Node) -> u32 {
    if let Node::Dir(entries) = node {
        return count(entries.iter().map(element_bytes).sum());
    }
    let mut content = Content::default();
    node.read(&mut content);
    count(content.len)
}

/// A few bytes, as a structure has their number.
fn count(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// Bytes of a directory's element: its name is padded to whole words.
fn element_bytes(entry: &Entry) -> usize {
    DIRLISTENTRY_NAME + (entry.name.len() + 1).next_multiple_of(4)
}

impl Content {
    /// Returns the bytes.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    /// Appends bytes.
    pub fn put(&mut self, bytes: &[u8]) {
        let Some(to) = self.bytes.get_mut(self.len..self.len + bytes.len()) else { return };
        to.copy_from_slice(bytes);
        self.len += bytes.len();
    }

    /// Appends text, with a zero at its end.
    pub fn put_text(&mut self, text: fmt::Arguments<'_>) {
        let _ = self.write_fmt(text);
        self.put(&[0]);
    }

    /// Appends a directory's elements.
    pub fn put_entries(&mut self, entries: &[Entry]) {
        for (left, entry) in (0..entries.len()).rev().zip(entries) {
            let bytes = element_bytes(entry);
            let off_next = if left == 0 { 0 } else { u16::try_from(bytes).unwrap_or(0) };
            let element = HypfsDirlistentry { e: describe(entry.node), off_next, ..HypfsDirlistentry::ZERO };
            let start = self.len;
            self.put(element.encode().as_ref().get(..DIRLISTENTRY_NAME).unwrap_or(&[]));
            self.put(entry.name.as_bytes());
            // The padding is zero as all that was not written.
            self.len = (start + bytes).min(MAX_BYTES);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::ROOT;
    use super::*;

    fn read(node: Node) -> Vec<u8> {
        let mut content = Content::default();
        node.read(&mut content);
        content.bytes().to_vec()
    }

    #[test]
    fn everything_fits_and_is_as_long_as_it_says() {
        fn check(node: Node) {
            let bytes = read(node);
            assert_eq!(u32::try_from(bytes.len()).ok(), Some(describe(node).content_len));
            assert!(bytes.len() < MAX_BYTES);
            if let Node::Dir(entries) = node {
                entries.iter().for_each(|entry| check(entry.node));
            }
        }
        check(ROOT);
    }

    #[test]
    fn a_directory_lists_its_entries() {
        let root = read(ROOT);
        // As long as real Xen's.
        assert_eq!(root.len(), 70);
        let (mut at, mut names) = (0, Vec::new());
        loop {
            let name = &root[at + DIRLISTENTRY_NAME..];
            let end = name.iter().position(|byte| *byte == 0).unwrap();
            names.push(String::from_utf8(name[..end].to_vec()).unwrap());
            assert_eq!(root[at], 0, "a directory");
            let next = u16::from_le_bytes([root[at + 12], root[at + 13]]);
            if next == 0 {
                break;
            }
            at += usize::from(next);
        }
        assert_eq!(names, ["buildinfo", "cpupool", "params"]);
    }
}

//! Writes a gzip-compressed cpio archive in the "newc" form that Linux unpacks as its first file system.
//!
//! Linux, Documentation/driver-api/early-userspace/buffer-format.rst. Every entry belongs to root and has time
//! 0, so that equal trees give equal archives.

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Permissions of a regular file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Readable by all.
    Plain,
    /// Readable and executable by all.
    Executable,
}

impl Mode {
    /// Chooses by whether any execute bit is set.
    pub fn of(executable: bool) -> Self {
        if executable { Self::Executable } else { Self::Plain }
    }
}

/// An archive being made in memory.
#[derive(Debug, Default)]
pub struct Archive {
    bytes: Vec<u8>,
    inode: u32,
}

const TYPE_FILE: u32 = 0o100_000;
const TYPE_DIRECTORY: u32 = 0o040_000;
const TYPE_SYMLINK: u32 = 0o120_000;

impl Archive {
    /// Starts an empty archive.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a directory.
    ///
    /// # Errors
    /// A number does not fit the format.
    pub fn directory(&mut self, path: &str) -> Result<()> {
        self.entry(path, TYPE_DIRECTORY | 0o755, &[])
    }

    /// Adds a symbolic link to `target`.
    ///
    /// # Errors
    /// A number does not fit the format.
    pub fn symlink(&mut self, path: &str, target: &str) -> Result<()> {
        self.entry(path, TYPE_SYMLINK | 0o777, target.as_bytes())
    }

    /// Adds a regular file.
    ///
    /// # Errors
    /// The file is too long for the format.
    pub fn file(&mut self, path: &str, content: &[u8], mode: Mode) -> Result<()> {
        let permissions = if mode == Mode::Executable { 0o755 } else { 0o644 };
        self.entry(path, TYPE_FILE | permissions, content)
    }

    /// Ends the archive and writes it, compressed, to `path`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_to(self, path: &Path) -> Result<()> {
        let bytes = self.finish()?;
        let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut encoder = GzEncoder::new(file, Compression::new(5));
        encoder.write_all(&bytes)?;
        encoder.finish()?;
        Ok(())
    }

    /// Ends the archive and gives it as it is: what unpacks it in emulation need not decompress it.
    ///
    /// # Errors
    /// A number does not fit the format.
    pub fn finish(mut self) -> Result<Vec<u8>> {
        self.inode = 0;
        self.entry("TRAILER!!!", 0, &[])?;
        Ok(self.bytes)
    }

    fn entry(&mut self, path: &str, mode: u32, content: &[u8]) -> Result<()> {
        let name_bytes = u32::try_from(path.len() + 1)?;
        let content_bytes = u32::try_from(content.len())?;
        let links = if mode & TYPE_DIRECTORY == TYPE_DIRECTORY && mode & TYPE_FILE == 0 { 2 } else { 1 };
        // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
        let fields = [self.inode, mode, 0, 0, links, 0, content_bytes, 0, 0, 0, 0, name_bytes, 0];
        self.inode += 1;
        self.bytes.extend(b"070701");
        for field in fields {
            self.bytes.extend(format!("{field:08X}").as_bytes());
        }
        self.bytes.extend(path.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend(content);
        self.pad();
        Ok(())
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn entries_are_aligned_and_end_with_the_trailer() {
        let mut archive = Archive::new();
        archive.directory("etc").unwrap();
        archive.file("etc/hostname", b"dom0\n", Mode::Plain).unwrap();
        archive.symlink("bin/sh", "bash").unwrap();
        let path = std::env::temp_dir().join(format!("xenolith-cpio-{}", std::process::id()));
        archive.write_to(&path).unwrap();
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(File::open(&path).unwrap()).read_to_end(&mut bytes).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(bytes.len() % 4, 0);
        let magics: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"070701")).collect();
        assert_eq!(magics.len(), 4);
        assert!(magics.iter().all(|at| at % 4 == 0));
        assert!(bytes[magics[1]..].starts_with(b"07070100000001000081A4"));
        assert!(bytes[magics[3] + 110..].starts_with(b"TRAILER!!!\0"));
    }
}

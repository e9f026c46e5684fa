//! Reads what an image needs from a 32- or 64-bit little-endian ELF: loadable segments and symbols.
//!
//! System V ABI, chapters 4 (object files) and 5 (program headers).

use anyhow::{Context, Result, bail};

const PT_LOAD: u32 = 1;
const SHT_SYMTAB: u32 = 2;
const STT_FUNC: u8 = 2;

/// The parts of an ELF that matter here.
#[derive(Debug)]
pub struct Elf<'a> {
    /// What is loaded, in file order.
    pub segments: Vec<Segment<'a>>,
    /// All named symbols.
    pub symbols: Vec<Symbol<'a>>,
}

/// A PT_LOAD segment.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Where it is linked to run.
    pub address: u64,
    /// Its bytes in the file; memory beyond them is zero.
    pub bytes: &'a [u8],
}

/// A named symbol.
#[derive(Clone, Copy, Debug)]
pub struct Symbol<'a> {
    /// The name as the compiler mangled it.
    pub name: &'a str,
    /// Its address; on A32 bit 0 set would mean T32.
    pub address: u64,
    /// The bytes it covers, 0 if unknown.
    pub size: u64,
    /// Whether it is a function.
    pub is_function: bool,
}

impl Elf<'_> {
    /// Gives the address of the symbol called `name`.
    pub fn address_of(&self, name: &str) -> Option<u64> {
        self.symbols.iter().find(|symbol| symbol.name == name).map(|symbol| symbol.address)
    }
}

/// Parses an ELF.
///
/// # Errors
/// The bytes are no such ELF, or something in it lies outside the file.
pub fn parse(bytes: &[u8]) -> Result<Elf<'_>> {
    let class = match bytes.get(..6) {
        Some([0x7f, b'E', b'L', b'F', 1, 1]) => Class::Elf32,
        Some([0x7f, b'E', b'L', b'F', 2, 1]) => Class::Elf64,
        _ => bail!("this is no little-endian ELF file"),
    };
    let reader = Reader { bytes, class };
    Ok(Elf { segments: segments(&reader)?, symbols: symbols(&reader)? })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Elf32,
    Elf64,
}

#[derive(Clone, Copy, Debug)]
struct Reader<'a> {
    bytes: &'a [u8],
    class: Class,
}

impl<'a> Reader<'a> {
    fn slice(&self, offset: u64, length: u64) -> Result<&'a [u8]> {
        let from = usize::try_from(offset)?;
        let end = usize::try_from(offset.checked_add(length).context("a length overflows")?)?;
        self.bytes.get(from..end).with_context(|| format!("{offset:#x}+{length:#x} is outside the file"))
    }

    fn number(&self, offset: u64, width: u64) -> Result<u64> {
        let bytes = self.slice(offset, width)?;
        Ok(bytes.iter().rev().fold(0, |value, byte| (value << 8) | u64::from(*byte)))
    }

    fn half(&self, offset: u64) -> Result<u64> {
        self.number(offset, 2)
    }

    fn word(&self, offset: u64) -> Result<u32> {
        Ok(u32::try_from(self.number(offset, 4)?)?)
    }

    /// Reads an address-sized field, given its place in each class.
    fn address(&self, base: u64, elf32: u64, elf64: u64) -> Result<u64> {
        match self.class {
            Class::Elf32 => self.number(base + elf32, 4),
            Class::Elf64 => self.number(base + elf64, 8),
        }
    }

    fn pick(&self, elf32: u64, elf64: u64) -> u64 {
        if self.class == Class::Elf32 { elf32 } else { elf64 }
    }
}

fn segments<'a>(elf: &Reader<'a>) -> Result<Vec<Segment<'a>>> {
    let table = elf.address(0, 28, 32)?;
    let entry_size = elf.half(elf.pick(42, 54))?;
    let count = elf.half(elf.pick(44, 56))?;
    let mut found = Vec::new();
    for index in 0..count {
        let header = table + index * entry_size;
        if elf.word(header)? != PT_LOAD {
            continue;
        }
        let offset = elf.address(header, 4, 8)?;
        let address = elf.address(header, 8, 16)?;
        let file_size = elf.address(header, 16, 32)?;
        found.push(Segment { address, bytes: elf.slice(offset, file_size)? });
    }
    Ok(found)
}

fn symbols<'a>(elf: &Reader<'a>) -> Result<Vec<Symbol<'a>>> {
    let table = elf.address(0, 32, 40)?;
    let entry_size = elf.half(elf.pick(46, 58))?;
    let count = elf.half(elf.pick(48, 60))?;
    for index in 0..count {
        let header = table + index * entry_size;
        if elf.word(header + 4)? == SHT_SYMTAB {
            let strings = table + u64::from(elf.word(header + elf.pick(24, 40))?) * entry_size;
            return symbol_table(elf, section(elf, header)?, section(elf, strings)?);
        }
    }
    Ok(Vec::new())
}

/// Gives a section's place and length in the file.
fn section(elf: &Reader<'_>, header: u64) -> Result<(u64, u64)> {
    Ok((elf.address(header, 16, 24)?, elf.address(header, 20, 32)?))
}

fn symbol_table<'a>(elf: &Reader<'a>, table: (u64, u64), strings: (u64, u64)) -> Result<Vec<Symbol<'a>>> {
    let entry_size = elf.pick(16, 24);
    let strings = elf.slice(strings.0, strings.1)?;
    let mut found = Vec::new();
    for index in 0..table.1 / entry_size {
        let entry = table.0 + index * entry_size;
        let name = text_at(strings, elf.word(entry)?)?;
        let info = elf.number(entry + elf.pick(12, 4), 1)?;
        let address = elf.address(entry, 4, 8)?;
        let size = elf.address(entry, 8, 16)?;
        if !name.is_empty() {
            found.push(Symbol { name, address, size, is_function: info & 0xf == u64::from(STT_FUNC) });
        }
    }
    Ok(found)
}

fn text_at(strings: &[u8], offset: u32) -> Result<&str> {
    let rest = strings.get(usize::try_from(offset)?..).context("a name is outside the string table")?;
    let name = rest.split(|byte| *byte == 0).next().unwrap_or_default();
    std::str::from_utf8(name).context("a name is no text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_this_very_program() {
        let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let elf = parse(&bytes).unwrap();
        assert!(elf.segments.iter().any(|segment| segment.bytes.len() > 100_000));
        let main = elf.symbols.iter().find(|symbol| symbol.name == "main").unwrap();
        assert!(main.is_function && main.size > 0);
        assert_eq!(elf.address_of("main"), Some(main.address));
    }

    #[test]
    fn damage_is_an_error() {
        let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(parse(&bytes[..0x1000]).is_err());
        assert!(parse(b"#!/bin/sh").is_err());
    }
}

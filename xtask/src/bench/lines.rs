//! Which function of the source an instruction was made from, where the compiler put it into another one.
//!
//! binutils' addr2line tells; it comes with the C compilers that the ABI's tests need.

use crate::arch::Arch;
use crate::cmd;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

/// Where an instruction comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The innermost function.
    pub function: String,
    /// `file:line` in it.
    pub line: String,
}

/// Looks `addresses` up in an ELF; nothing where there is no addr2line.
///
/// # Errors
/// The program fails.
pub fn origins(arch: Arch, elf: &Path, addresses: &[u64]) -> Result<BTreeMap<u64, Origin>> {
    let program = match arch {
        Arch::Arm64 => "aarch64-linux-gnu-addr2line",
        Arch::Arm32 => "arm-linux-gnueabihf-addr2line",
    };
    if !cmd::exists(program) {
        cmd::progress(&format!("no {program}: inlined functions are counted with those that they are in"));
        return Ok(BTreeMap::new());
    }
    let mut command = Command::new(program);
    command.args(["-a", "-f", "-i", "-C", "-e"]).arg(elf).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start {program}"))?;
    let mut input = child.stdin.take().context("addr2line has no input")?;
    let list: String = addresses.iter().map(|address| format!("{address:#x}\n")).collect();
    // Both pipes fill up: it is written to while it is read.
    let writer = thread::spawn(move || input.write_all(list.as_bytes()));
    let output = child.wait_with_output()?;
    writer.join().ok().context("addr2line's input")??;
    Ok(parse(&String::from_utf8_lossy(&output.stdout)))
}

/// Reads an address, then function and line, innermost first, until the next address.
fn parse(output: &str) -> BTreeMap<u64, Origin> {
    let mut origins = BTreeMap::new();
    let mut lines = output.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(address) = line.strip_prefix("0x").and_then(|hex| u64::from_str_radix(hex, 16).ok()) else {
            continue;
        };
        let (Some(function), Some(line)) = (lines.next(), lines.next()) else { break };
        if function != "??" {
            let line = line.split(" (discriminator").next().unwrap_or(line).trim_start_matches("./");
            origins.insert(address, Origin { function: function.to_owned(), line: line.to_owned() });
        }
    }
    origins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_function_counts() {
        let output = "0x0000000000001000\ninner\n./a.rs:3 (discriminator 2)\nouter\n./b.rs:4\n\
                      0x0000000000001004\n??\n??:0\n0x0000000000001008\nouter\nb.rs:?\n";
        let origins = parse(output);
        assert_eq!(origins.len(), 2);
        assert_eq!(origins[&0x1000], Origin { function: "inner".into(), line: "a.rs:3".into() });
        assert_eq!(origins[&0x1008].line, "b.rs:?");
    }
}

//! How much memory nobody can have: what the hypervisor says of it, and what both device trees say.

use super::{Setting, begin, power, typed};
use crate::cmd;
use crate::paths;
use crate::qemu::boot::Hypervisor;
use crate::qemu::console::Console;
use anyhow::{Context, Result, ensure};
use std::fs;

/// The most that may be lost on a machine of 4 GiB.
const LOST_MAX_MIB: u64 = 24;

/// The hypervisor's line at boot, in MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    ram: u64,
    dom0: u64,
    free: u64,
}

/// Reads the line, then computes it from the host's tree and dom0's.
pub fn run(console: &mut Console, setting: &Setting<'_>) -> Result<()> {
    begin(console)?;
    if setting.hypervisor != Hypervisor::Xenolith {
        return power::off(console);
    }
    let line = parse(console.text()).context("there is no line `(XEN) Memory: ...` as expected")?;
    let host = host_memory(setting)? >> 20;
    let dump = typed(console, "cat /proc/device-tree/memory*/reg | od -An -v -tx1")?;
    let dom0 = sizes(&dump)? >> 20;
    ensure!(host == line.ram, "the host's tree has {host} MiB, the hypervisor says {}", line.ram);
    ensure!(dom0 == line.dom0, "dom0's tree has {dom0} MiB, the hypervisor says {}", line.dom0);
    let lost = host.checked_sub(dom0 + line.free).context("there is more memory than the machine has")?;
    println!("  {}: {lost} MiB lost", setting.machine);
    ensure!(lost <= LOST_MAX_MIB, "{lost} MiB are lost, more than {LOST_MAX_MIB}");
    power::off(console)
}

/// Reads `(XEN) Memory: 4096 MiB RAM, 1024 MiB dom0, 3059 MiB free, ...`.
fn parse(text: &str) -> Option<Line> {
    let line = text.lines().find_map(|line| line.trim().strip_prefix("(XEN) Memory: "))?;
    let part = |name: &str| {
        let part = line.split(", ").find(|part| part.ends_with(name))?;
        part.split_whitespace().next()?.parse().ok()
    };
    Some(Line { ram: part("MiB RAM")?, dom0: part("MiB dom0")?, free: part("MiB free")? })
}

/// Sums up the memory of the tree that QEMU makes for the machine.
fn host_memory(setting: &Setting<'_>) -> Result<u64> {
    let file = paths::made(setting.scratch.to_path_buf())?.join("host.dtb");
    let mut qemu = setting.machine.command();
    qemu.args(["-machine", &format!("dumpdtb={}", file.display())]);
    cmd::output(&mut qemu)?;
    let blob = fs::read(&file).context("QEMU wrote no device tree")?;
    let tree = devicetree::validate(&blob).map_err(|error| anyhow::anyhow!("the host's tree: {error:?}"))?;
    Ok(tree.memory().map(|bank| bank.len_bytes()).sum())
}

/// Sums up the sizes in the bytes of `reg` properties of two address and two size cells.
fn sizes(dump: &str) -> Result<u64> {
    let words = dump.split_whitespace().filter(|word| word.len() == 2);
    let bytes: Vec<u8> = words.map(|word| u8::from_str_radix(word, 16)).collect::<Result<_, _>>()?;
    ensure!(!bytes.is_empty() && bytes.len().is_multiple_of(16), "odd memory nodes: {dump}");
    let size = |entry: &[u8]| entry.iter().skip(8).fold(0u64, |size, byte| size << 8 | u64::from(*byte));
    Ok(bytes.chunks(16).map(size).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_line_and_the_nodes() {
        let text =
            "(XEN) a\r\n(XEN) Memory: 4096 MiB RAM, 1024 MiB dom0, 3059 MiB free, 13056 KiB hypervisor\r\n";
        assert_eq!(parse(text), Some(Line { ram: 4096, dom0: 1024, free: 3059 }));
        assert_eq!(parse("(XEN) Memory: none"), None);
        let dump = " 00 00 00 00 50 00 00 00 00 00 00 00 40 00 00 00\n 00 00 00 01 00 00 00 00\n 00 00 00 00 20 00 00 00\n";
        assert_eq!(sizes(dump).unwrap(), 0x6000_0000);
        assert!(sizes("00 11").is_err());
    }
}

//! Errors of particular CPUs, told by MIDR, and what is done about each.

use super::sysreg;

struct Entry {
    part: u64,
    /// First and last revision, `variant << 4 | revision`.
    revisions: (u64, u64),
    text: &'static str,
}

const A15: u64 = 0xc0f;

const TABLE: [Entry; 1] = [Entry {
    part: A15,
    revisions: (0x00, 0x04),
    text: "Cortex-A15 766422: a T32 store's register is read from the instruction",
}];

fn applies(entry: &Entry, midr: u64) -> bool {
    let arm = midr >> 24 & 0xff == 0x41;
    let revision = (midr >> 20 & 0xf) << 4 | midr & 0xf;
    arm && midr >> 4 & 0xfff == entry.part && (entry.revisions.0..=entry.revisions.1).contains(&revision)
}

/// Calls `tell` with each erratum of this CPU, and takes the answers that are needed.
pub fn detect(mut tell: impl FnMut(&'static str)) {
    let midr = sysreg::midr();
    for entry in TABLE.iter().filter(|entry| applies(entry, midr)) {
        tell(entry.text);
    }
}

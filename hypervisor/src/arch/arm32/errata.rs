//! Errors of particular CPUs, told by MIDR, and what is done about each.

use super::sysreg;

/// What a trap must invalidate so that a guest cannot steer Hyp mode's speculation (CVE-2017-5715).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hardening {
    /// Nothing.
    None,
    /// The branch predictor (BPIALL).
    Branches,
    /// The instruction cache, and with it the branch predictor (ICIALLU), as firmware allows (ACTLR.IBE).
    Instructions,
}

struct Entry {
    /// MIDR.Implementer and MIDR.PartNum.
    cpu: (u64, u64),
    /// First and last revision, `variant << 4 | revision`.
    revisions: (u64, u64),
    hardening: Hardening,
    text: &'static str,
}

const fn entry(cpu: (u64, u64), revisions: (u64, u64), hardening: Hardening, text: &'static str) -> Entry {
    Entry { cpu, revisions, hardening, text }
}

const A12: (u64, u64) = (0x41, 0xc0d);
const A17: (u64, u64) = (0x41, 0xc0e);
const A15: (u64, u64) = (0x41, 0xc0f);
const A73: (u64, u64) = (0x41, 0xd09);
const A75: (u64, u64) = (0x41, 0xd0a);
const B15: (u64, u64) = (0x42, 0x00f);

const ALL: (u64, u64) = (0x00, 0xff);
const BPIALL: &str = "CVE-2017-5715: each trap invalidates the branch predictor";
const ICIALLU: &str = "CVE-2017-5715: each trap invalidates the instruction cache";

const TABLE: [Entry; 6] = [
    entry(A12, ALL, Hardening::Branches, BPIALL),
    entry(A17, ALL, Hardening::Branches, BPIALL),
    entry(A73, ALL, Hardening::Branches, BPIALL),
    entry(A75, ALL, Hardening::Branches, BPIALL),
    entry(A15, ALL, Hardening::Instructions, ICIALLU),
    entry(B15, ALL, Hardening::Instructions, ICIALLU),
];

fn applies(entry: &Entry, midr: u64) -> bool {
    let revision = (midr >> 20 & 0xf) << 4 | midr & 0xf;
    entry.cpu == (midr >> 24 & 0xff, midr >> 4 & 0xfff)
        && (entry.revisions.0..=entry.revisions.1).contains(&revision)
}

/// Returns what this CPU's traps must invalidate.
pub(super) fn hardening() -> Hardening {
    let midr = sysreg::midr();
    let mut entries = TABLE.iter().filter(|entry| applies(entry, midr));
    entries.find(|entry| entry.hardening != Hardening::None).map_or(Hardening::None, |entry| entry.hardening)
}

/// Calls `tell` with each erratum of this CPU whose answer is taken.
pub fn detect(mut tell: impl FnMut(&'static str)) {
    let midr = sysreg::midr();
    for entry in TABLE.iter().filter(|entry| applies(entry, midr)) {
        tell(entry.text);
    }
}

//! Errors of particular CPUs, told by MIDR, and what is done about each.
//!
//! Some answers are in how the code is always written (cleaning always invalidates too, the order of
//! loading a vCPU's tables); those that cost something look at [`is_active`].

use super::sysreg;
use core::sync::atomic::{AtomicU32, Ordering};

/// An erratum whose answer is taken only where it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Erratum {
    /// Cortex-A57 834220: HPFAR may be wrong after a stage-2 fault: stage 1 is walked again.
    WrongFaultAddress = 1 << 0,
    /// Cortex-A76 1286807: TLBI may return early: it is done twice.
    EarlyTlbi = 1 << 1,
    /// Cortex-A73 858921: the counter may read wrong when its low word wraps: it is read twice.
    CounterWrap = 1 << 2,
}

struct Entry {
    part: u64,
    /// First and last revision, `variant << 4 | revision`.
    revisions: (u64, u64),
    active: Option<Erratum>,
    text: &'static str,
}

const A53: u64 = 0xd03;
const A55: u64 = 0xd05;
const A57: u64 = 0xd07;
const A72: u64 = 0xd08;
const A73: u64 = 0xd09;
const A76: u64 = 0xd0b;

const fn entry(part: u64, revisions: (u64, u64), active: Option<Erratum>, text: &'static str) -> Entry {
    Entry { part, revisions, active, text }
}

const TABLE: [Entry; 11] = [
    entry(A53, (0x00, 0x02), None, "Cortex-A53 819472, 824069, 827319: clean with invalidate"),
    entry(A53, (0x00, 0x04), None, "Cortex-A53 843419: avoided when the image is linked"),
    entry(A55, (0x00, 0x20), None, "Cortex-A55 1530923: tables are switched with walks off"),
    entry(A57, (0x00, 0x12), None, "Cortex-A57 832075: device loads beside exclusive stores may deadlock"),
    entry(A57, (0x00, 0x12), Some(Erratum::WrongFaultAddress), "Cortex-A57 834220: stage 1 is walked again"),
    entry(A57, (0x00, 0xff), None, "Cortex-A57 1319537: tables are switched with walks off"),
    entry(A72, (0x00, 0xff), None, "Cortex-A72 1319367: tables are switched with walks off"),
    entry(A73, (0x00, 0x02), Some(Erratum::CounterWrap), "Cortex-A73 858921: the counter is read twice"),
    entry(A76, (0x00, 0x20), None, "Cortex-A76 1165522: tables are switched with walks off"),
    entry(A76, (0x00, 0x30), Some(Erratum::EarlyTlbi), "Cortex-A76 1286807: TLBI is done twice"),
    entry(0xd0c, (0x00, 0x30), None, "Neoverse-N1 1165522: tables are switched with walks off"),
];

/// The answers that are taken, a bit each.
static ACTIVE: AtomicU32 = AtomicU32::new(0);

/// Tells whether an erratum's answer is needed on this machine.
#[inline]
pub fn is_active(erratum: Erratum) -> bool {
    ACTIVE.load(Ordering::Relaxed) & erratum as u32 != 0
}

fn applies(entry: &Entry, midr: u64) -> bool {
    let arm = midr >> 24 & 0xff == 0x41;
    let revision = (midr >> 20 & 0xf) << 4 | midr & 0xf;
    arm && midr >> 4 & 0xfff == entry.part && (entry.revisions.0..=entry.revisions.1).contains(&revision)
}

/// Calls `tell` with each erratum of this CPU, and takes the answers that are needed.
pub fn detect(mut tell: impl FnMut(&'static str)) {
    let midr = sysreg::midr();
    for entry in TABLE.iter().filter(|entry| applies(entry, midr)) {
        if let Some(erratum) = entry.active {
            ACTIVE.fetch_or(erratum as u32, Ordering::Relaxed);
        }
        tell(entry.text);
    }
}

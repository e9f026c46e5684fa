//! The machines on which Debian's dom0 is booted, and what is done on each.

use super::{Row, Set};
use crate::arch::Arch;
use crate::qemu::machine::Gic::{self, V2, V3};
use crate::test::scenario::toolstack::{CYCLES, GUESTS, LIFECYCLE, RECOVERY, RESOURCES, SHARES, VUART};
use crate::test::scenario::{
    A32, CLOCK, CRASH, DETERMINISTIC, DEVICES, IDLE, KEYS, LOAD, MEMORY, REBOOT, SHELL, SYSTEMD, Scenario,
};
use Arch::{Arm32, Arm64};

/// Architectures on which our hypervisor boots Linux; on another, boots are done under others only.
pub const READY: &[Arch] = &[Arm64, Arm32];

/// The boots of the default set: a spread over all machines, and each scenario at least once.
const SPREAD: &[Row] = &[
    row(Arm64, V3, ("cortex-a57", 1), 1, &SHELL),
    row(Arm64, V3, ("cortex-a53", 2), 4, &SHELL),
    row(Arm64, V3, ("max", 4), 8, &SHELL),
    row(Arm64, V2, ("cortex-a72", 4), 4, &SHELL),
    row(Arm64, V2, ("cortex-a57", 2), 1, &SHELL),
    row(Arm32, V2, ("cortex-a15", 1), 1, &SHELL),
    row(Arm32, V2, ("cortex-a15", 2), 3, &SHELL),
    row(Arm32, V2, ("cortex-a15", 4), 8, &SHELL),
    row(Arm64, V3, ("cortex-a57", 1), 1, &A32),
    row(Arm64, V3, ("cortex-a57", 2), 2, &DETERMINISTIC),
    row(Arm64, V3, ("cortex-a57", 2), 2, &REBOOT),
    row(Arm32, V2, ("cortex-a15", 2), 2, &REBOOT),
    row(Arm64, V3, ("cortex-a57", 2), 2, &LOAD),
    row(Arm64, V3, ("cortex-a57", 4), 2, &LOAD),
    row(Arm32, V2, ("cortex-a15", 2), 2, &LOAD),
    row(Arm64, V3, ("cortex-a57", 2), 2, &DEVICES),
    row(Arm64, V2, ("cortex-a57", 2), 2, &DEVICES),
    row(Arm32, V2, ("cortex-a15", 2), 2, &DEVICES),
    row(Arm64, V3, ("cortex-a57", 2), 2, &CLOCK),
    row(Arm32, V2, ("cortex-a15", 2), 2, &CLOCK),
    row(Arm64, V3, ("cortex-a57", 1), 4, &MEMORY),
    row(Arm32, V2, ("cortex-a15", 1), 4, &MEMORY),
    row(Arm64, V3, ("cortex-a57", 4), 2, &IDLE),
    row(Arm32, V2, ("cortex-a15", 4), 2, &IDLE),
    row(Arm64, V2, ("cortex-a57", 2), 2, &KEYS),
    row(Arm32, V2, ("cortex-a15", 2), 2, &KEYS),
    row(Arm64, V3, ("cortex-a57", 4), 2, &CRASH),
    row(Arm32, V2, ("cortex-a15", 2), 1, &CRASH),
];

/// dom0 with guests.
const TOOLSTACK: &[Row] = &[
    row(Arm64, V3, ("cortex-a57", 2), 4, &GUESTS),
    row(Arm64, V2, ("cortex-a57", 2), 4, &GUESTS),
    row(Arm32, V2, ("cortex-a15", 2), 4, &GUESTS),
    row(Arm64, V3, ("cortex-a57", 2), 2, &LIFECYCLE),
    row(Arm64, V2, ("cortex-a57", 2), 2, &LIFECYCLE),
    row(Arm32, V2, ("cortex-a15", 2), 2, &LIFECYCLE),
    row(Arm64, V3, ("cortex-a57", 2), 2, &RESOURCES),
    row(Arm64, V2, ("cortex-a57", 2), 2, &RESOURCES),
    row(Arm32, V2, ("cortex-a15", 2), 2, &RESOURCES),
    row(Arm64, V3, ("cortex-a57", 2), 2, &CYCLES),
    row(Arm64, V2, ("cortex-a57", 2), 2, &CYCLES),
    row(Arm32, V2, ("cortex-a15", 2), 2, &CYCLES),
    row(Arm64, V3, ("cortex-a57", 1), 2, &SHARES),
    row(Arm32, V2, ("cortex-a15", 1), 2, &SHARES),
    row(Arm64, V3, ("cortex-a57", 2), 2, &RECOVERY),
    row(Arm32, V2, ("cortex-a15", 2), 2, &RECOVERY),
    row(Arm64, V3, ("cortex-a57", 2), 2, &VUART),
    row(Arm32, V2, ("cortex-a15", 2), 2, &VUART),
];

/// Lists all boots: the spread, then the whole of every CPU, number of CPUs and memory.
pub fn rows() -> Vec<Row> {
    let mut rows = SPREAD.to_vec();
    rows.extend(TOOLSTACK.iter().map(|row| Row { set: Set::Full, ..*row }));
    rows.push(Row { set: Set::Full, ..row(Arm64, V3, ("cortex-a57", 2), 4, &SYSTEMD) });
    for (gic, cpu, cpus, memory_gib) in A32_MATRIX {
        rows.push(Row { set: Set::Full, ..row(Arm64, *gic, (cpu, *cpus), *memory_gib, &A32) });
    }
    for (arch, gic, cpu, memories) in MATRIX {
        for cpus in [1, 2, 4] {
            for memory_gib in *memories {
                let row = Row { set: Set::Full, ..row(*arch, *gic, (cpu, cpus), *memory_gib, &SHELL) };
                if !rows.iter().any(|other| other.name() == row.name()) {
                    rows.push(row);
                }
            }
        }
    }
    rows
}

const MATRIX: &[(Arch, Gic, &str, &[u64])] = &[
    (Arm64, V3, "cortex-a53", &[1, 4, 8]),
    (Arm64, V3, "cortex-a57", &[1, 4, 8]),
    (Arm64, V3, "cortex-a72", &[1, 4, 8]),
    (Arm64, V3, "max", &[1, 4, 8]),
    (Arm64, V2, "cortex-a53", &[1, 4, 8]),
    (Arm64, V2, "cortex-a57", &[1, 4, 8]),
    (Arm64, V2, "cortex-a72", &[1, 4, 8]),
    (Arm64, V2, "max", &[1, 4, 8]),
    (Arm32, V2, "cortex-a15", &[1, 3, 8]),
];

/// Dom0 of 32 bits on machines of 64. On several CPUs of QEMU 7.2 one fails now and then: the emulator leaves
/// the SPSR of a vCPU's current mode behind when it goes to another CPU.
const A32_MATRIX: &[(Gic, &str, u32, u64)] = &[
    (V3, "cortex-a57", 2, 1),
    (V3, "cortex-a53", 4, 4),
    (V3, "max", 2, 8),
    (V2, "cortex-a57", 2, 1),
    (V2, "cortex-a53", 1, 2),
    (V2, "max", 4, 4),
];

const fn row(
    arch: Arch,
    gic: Gic,
    (cpu, cpus): (&'static str, u32),
    memory_gib: u64,
    scenario: &'static Scenario,
) -> Row {
    Row { set: Set::Default, arch, gic, cpu, cpus, memory_gib, scenario }
}

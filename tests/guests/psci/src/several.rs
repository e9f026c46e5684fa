//! Several CPUs: CPU_ON (5.6), CPU_OFF (5.5), AFFINITY_INFO (5.7), and what they share.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use rt::check::{check, check_eq, check_with, skip_all};
use rt::machine::Machine;
use rt::{arch, psci, smp, timer};

const NAMES: [&str; 17] = [
    "AFFINITY_INFO of a CPU never started is OFF",
    "CPU_ON returns SUCCESS",
    "the CPU arrives",
    "its context id is the one given",
    "its MPIDR is the one asked for",
    "it starts at the right level",
    "it starts with interrupts masked",
    "it starts with MMU and data cache off",
    "CPU_ON of a running CPU is ALREADY_ON",
    "AFFINITY_INFO of a running CPU is ON",
    "AFFINITY_INFO of a CPU after CPU_OFF is OFF",
    "a CPU can be started 8 times",
    "all CPUs arrive",
    "no atomic increment is lost",
    "SEV wakes the others from WFE",
    "counters agree between CPUs",
    "all CPUs are off again",
];

const ROUNDS: u64 = 20_000;

static GO: AtomicUsize = AtomicUsize::new(0);
static READY: AtomicUsize = AtomicUsize::new(0);
static SHARED: AtomicU64 = AtomicU64::new(0);
static CLOCK: AtomicU64 = AtomicU64::new(0);

pub fn run(machine: &'static Machine) {
    let cpus = machine.cpus.as_slice().len();
    if cpus < 2 {
        return skip_all(&NAMES, "one CPU");
    }
    one(machine);
    again(machine);
    all(machine, cpus);
}

/// Stays up until told to leave.
fn linger(_: usize) {
    READY.fetch_add(1, Ordering::AcqRel);
    timer::wait_ms("the end of lingering", 20_000, || GO.load(Ordering::Acquire) != 0);
}

/// The life of CPU 1.
fn one(machine: &Machine) {
    let target = machine.cpus.as_slice()[1];
    check_eq(NAMES[0], psci::affinity_info(target), 1);
    GO.store(0, Ordering::Release);
    let context = 0x5a5a_1230;
    check_eq(NAMES[1], smp::start(machine, 1, context, linger), psci::SUCCESS);
    let arrival = smp::arrival(1);
    check(NAMES[2], timer::wait_ms("CPU 1", 10_000, || arrival.arrivals.load(Ordering::Acquire) == 1));
    check_eq(NAMES[3], arrival.context.load(Ordering::Relaxed), context | 1);
    check_eq(NAMES[4], arrival.affinity.load(Ordering::Relaxed) as u64, target);
    let (level, masks) = (arrival.level.load(Ordering::Relaxed), arrival.masks.load(Ordering::Relaxed));
    // DEN 0022F 6.4.3.4: EL1 with D, A, I, F masked; SVC with A, I, F masked.
    if cfg!(target_arch = "aarch64") {
        check_eq(NAMES[5], level >> 2 & 3, 1);
        check_eq(NAMES[6], masks & 0x3c0, 0x3c0);
    } else {
        check_eq(NAMES[5], level & 0x1f, 0x13);
        check_eq(NAMES[6], masks & 0x1c0, 0x1c0);
    }
    check_eq(NAMES[7], arrival.sctlr.load(Ordering::Relaxed) & 5, 0);
    check_eq(NAMES[8], smp::start(machine, 1, 0, linger), psci::ALREADY_ON);
    check_eq(NAMES[9], psci::affinity_info(target), 0);
    GO.store(1, Ordering::Release);
    check(NAMES[10], smp::wait_off(machine, 1));
}

fn nothing(_: usize) {}

fn again(machine: &Machine) {
    let rounds = (0..8).take_while(|_| smp::start_and_wait(machine, 1, nothing) && smp::wait_off(machine, 1));
    check_eq(NAMES[11], rounds.count(), 8);
}

/// Increments a word all CPUs share, waits in WFE for the next step, shows its clock.
fn share(_: usize) {
    READY.fetch_add(1, Ordering::AcqRel);
    timer::wait_ms("the start", 20_000, || GO.load(Ordering::Acquire) >= 1);
    for _ in 0..ROUNDS {
        SHARED.fetch_add(1, Ordering::Relaxed);
    }
    READY.fetch_add(1, Ordering::AcqRel);
    while GO.load(Ordering::Acquire) < 2 {
        arch::wfe();
    }
    CLOCK.fetch_max(timer::now(), Ordering::AcqRel);
    READY.fetch_add(1, Ordering::AcqRel);
}

fn all(machine: &Machine, cpus: usize) {
    GO.store(0, Ordering::Release);
    READY.store(0, Ordering::Release);
    let started = (1..cpus).filter(|cpu| smp::start_and_wait(machine, *cpu, share)).count();
    check_eq(NAMES[12], started, cpus - 1);
    GO.store(1, Ordering::Release);
    for _ in 0..ROUNDS {
        SHARED.fetch_add(1, Ordering::Relaxed);
    }
    timer::wait_ms("all increments", 60_000, || READY.load(Ordering::Acquire) == 2 * (cpus - 1));
    check_eq(NAMES[13], SHARED.load(Ordering::Acquire), ROUNDS * cpus as u64);
    let before = timer::now();
    GO.store(2, Ordering::Release);
    arch::dsb();
    arch::sev();
    check(
        NAMES[14],
        timer::wait_ms("WFE to end", 10_000, || READY.load(Ordering::Acquire) == 3 * (cpus - 1)),
    );
    let (seen, after) = (CLOCK.load(Ordering::Acquire), timer::now());
    check_with(NAMES[15], (before..=after).contains(&seen), format_args!("{before:#x} {seen:#x} {after:#x}"));
    check(NAMES[16], (1..cpus).all(|cpu| smp::wait_off(machine, cpu)));
}

//! Several vCPUs with a pattern each, on fewer, as many or more CPUs.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use crate::pattern;
use rt::arch::{self, fp, sysreg};
use rt::check::{check, check_eq, check_with, skip_all};
use rt::machine::Machine;
use rt::{gic, smp, timer};

const NAMES: [&str; 7] = [
    "all CPUs run with patterns of their own",
    "each found its own pattern, every time",
    "and looked often enough",
    "sleeping between looks changes nothing",
    "a CPU that never used FP hands none of it on",
    "a CPU that starts again finds none of what it had",
    "all CPUs are off again",
];

/// The seed of what a CPU leaves as it goes off.
const LEFT: u64 = 78;

/// The registers in which what it left was there when it started again.
static FOUND: AtomicU32 = AtomicU32::new(u32::MAX);
static LOST: AtomicU32 = AtomicU32::new(0);
static LOOKS: AtomicU32 = AtomicU32::new(0);
static SLEEP: AtomicUsize = AtomicUsize::new(0);
static DONE: AtomicUsize = AtomicUsize::new(0);

/// Loads a new pattern again and again and looks whether it is kept.
fn work(cpu: usize) {
    fp::enable();
    let start = timer::now();
    let mut round = 0;
    while timer::now() - start < timer::ticks(400) {
        let seed = (cpu as u64) << 32 | round;
        pattern::load(seed);
        if SLEEP.load(Ordering::Acquire) == 1 {
            doze()
        } else {
            spin()
        }
        LOST.fetch_add(pattern::lost(seed), Ordering::AcqRel);
        LOOKS.fetch_add(1, Ordering::AcqRel);
        round += 1;
    }
    DONE.fetch_add(1, Ordering::AcqRel);
}

fn spin() {
    timer::delay_ms(3);
}

/// WFI with the timer's interrupt enabled at the GIC, masked in PSTATE.
fn doze() {
    let Some(intid) = rt::start_machine().and_then(|machine| machine.timer[2]) else { return };
    gic::enable(intid);
    sysreg::set_cntv_tval_el0(timer::ticks(3));
    sysreg::set_cntv_ctl_el0(1);
    arch::wfi();
    sysreg::set_cntv_ctl_el0(0);
    gic::disable(intid);
}

/// Leaves a pattern to whoever is next in these registers.
fn leave(_: usize) {
    fp::enable();
    pattern::load(LEFT);
    timer::delay_ms(5);
}

/// Looks at the registers before any use of them.
fn find(_: usize) {
    fp::enable();
    FOUND.store(pattern::kept(LEFT), Ordering::Release);
}

/// Leaves FP alone.
fn idle(_: usize) {
    timer::delay_ms(30);
}

pub fn run(machine: &'static Machine) {
    let cpus = machine.cpus.as_slice().len();
    if cpus < 2 {
        return skip_all(&NAMES, "one CPU");
    }
    let off = together(machine, cpus);
    check_eq(NAMES[0], DONE.load(Ordering::Acquire), cpus);
    check_eq(NAMES[1], LOST.load(Ordering::Acquire), 0);
    let looks = LOOKS.load(Ordering::Acquire);
    check_with(NAMES[2], looks >= 4 * u32::try_from(cpus).unwrap_or(0), format_args!("{looks}"));
    SLEEP.store(1, Ordering::Release);
    let off = together(machine, cpus) && off;
    check_eq(NAMES[3], LOST.load(Ordering::Acquire), 0);
    pattern::load(77);
    _ = smp::start_and_wait(machine, 1, idle);
    timer::delay_ms(60);
    check_eq(NAMES[4], pattern::lost(77), 0);
    for entry in [leave, find] {
        _ = smp::wait_off(machine, 1);
        // Real Xen loses a CPU that is started while its CPU_OFF is still under way.
        timer::delay_ms(50);
        _ = smp::start_and_wait(machine, 1, entry);
        timer::delay_ms(20);
    }
    check_eq(NAMES[5], FOUND.load(Ordering::Acquire), 0);
    check(NAMES[6], off && smp::wait_off(machine, 1));
}

fn together(machine: &Machine, cpus: usize) -> bool {
    (1..cpus).for_each(|cpu| _ = smp::start_and_wait(machine, cpu, work));
    work(0);
    let off = (1..cpus).all(|cpu| smp::wait_off(machine, cpu));
    // Real Xen loses a CPU that is started while its CPU_OFF is still under way.
    timer::delay_ms(50);
    off
}

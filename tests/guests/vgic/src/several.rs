//! Interrupts between CPUs.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use crate::SPI;
use rt::arch;
use rt::check::{check, check_eq, check_with, skip_all};
use rt::gic::{self, ISPENDR, Trigger};
use rt::irq::{self, Taken};
use rt::machine::Machine;
use rt::{smp, timer};

const NAMES: [&str; 9] = [
    "an SGI to CPU 1 comes there once",
    "and not here",
    "SGIs to all others come to each once",
    "an SPI routed to CPU 1 comes there",
    "routed back it comes here",
    "500 round trips of SGIs lose none",
    "an SGI wakes a CPU from WFI",
    "SGIs of all CPUs at once are all seen",
    "all CPUs are off again",
];

const TRIPS: u32 = 500;

static LEAVE: AtomicUsize = AtomicUsize::new(0);
static IAR: AtomicU32 = AtomicU32::new(0);
static ASLEEP: AtomicUsize = AtomicUsize::new(0);

/// SGI 1 is answered with SGI 2 to CPU 0; SGI 3 ends WFI; the others are only counted.
fn answer(taken: Taken) {
    if taken.intid == 2 {
        IAR.store(taken.iar, Ordering::Release);
    }
    if taken.intid == 1
        && let Some(machine) = rt::start_machine()
    {
        gic::send_sgi(machine, 0, 2);
    }
}

fn prepare() {
    (0..16).for_each(|sgi| {
        gic::enable(sgi);
        gic::set_priority(sgi, 0xa0);
    });
}

/// A CPU that takes interrupts, awake, until it is told to leave.
fn attend(_: usize) {
    prepare();
    arch::unmask_irq();
    ASLEEP.fetch_add(1, Ordering::AcqRel);
    timer::wait_ms("the end of attention", 60_000, || LEAVE.load(Ordering::Acquire) != 0);
    arch::mask_irq();
}

/// A CPU that sleeps until SGI 3 came.
fn doze(cpu: usize) {
    prepare();
    ASLEEP.store(1, Ordering::Release);
    while irq::count(cpu, 3) == 0 {
        arch::wfi();
        arch::unmask_irq();
        arch::isb();
        arch::mask_irq();
    }
}

/// Sends SGI 5 to CPU 0 when told, then leaves.
fn shout(_: usize) {
    prepare();
    ASLEEP.fetch_add(1, Ordering::AcqRel);
    timer::wait_ms("the word", 20_000, || LEAVE.load(Ordering::Acquire) != 0);
    if let Some(machine) = rt::start_machine() {
        gic::send_sgi(machine, 0, 5);
    }
}

pub fn run(machine: &'static Machine) {
    let cpus = machine.cpus.as_slice().len();
    if cpus < 2 {
        return skip_all(&NAMES, "one CPU");
    }
    prepare();
    attention(machine, cpus);
    waking(machine);
    chorus(machine, cpus);
    irq::clear_hook();
    arch::mask_irq();
}

fn start_all(machine: &Machine, cpus: usize, job: fn(usize)) {
    LEAVE.store(0, Ordering::Release);
    ASLEEP.store(0, Ordering::Release);
    (1..cpus).for_each(|cpu| _ = smp::start_and_wait(machine, cpu, job));
    timer::wait_ms("the other CPUs", 10_000, || ASLEEP.load(Ordering::Acquire) == cpus - 1);
}

fn end_all(machine: &Machine, cpus: usize) -> bool {
    LEAVE.store(1, Ordering::Release);
    let off = (1..cpus).all(|cpu| smp::wait_off(machine, cpu));
    // Real Xen loses a CPU that is started while its CPU_OFF is still under way.
    timer::delay_ms(50);
    off
}

fn attention(machine: &Machine, cpus: usize) {
    irq::reset();
    irq::set_hook(answer);
    start_all(machine, cpus, attend);
    gic::send_sgi(machine, 1, 6);
    let came = timer::wait_ms("SGI 6 on CPU 1", 2000, || irq::count(1, 6) > 0);
    check(NAMES[0], came && irq::count(1, 6) == 1);
    check_eq(NAMES[1], irq::count(0, 6), 0);
    gic::send_sgi_others(4);
    timer::wait_ms("SGI 4 on all", 2000, || (1..cpus).all(|cpu| irq::count(cpu, 4) > 0));
    check(NAMES[2], (1..cpus).all(|cpu| irq::count(cpu, 4) == 1) && irq::count(0, 4) == 0);
    routing(machine);
    trips(machine);
    check("CPUs that took interrupts go off", end_all(machine, cpus));
}

fn routing(machine: &Machine) {
    arch::unmask_irq();
    gic::set_trigger(SPI, Trigger::Edge);
    gic::set_priority(SPI, 0xa0);
    gic::route(machine, SPI, 1);
    gic::enable(SPI);
    gic::set_bit(ISPENDR, SPI);
    timer::wait_ms("the SPI", 2000, || irq::total(SPI) > 0);
    let (here, there) = (irq::count(0, SPI), irq::count(1, SPI));
    check_with(NAMES[3], here == 0 && there == 1, format_args!("{here} here, {there} there"));
    gic::route(machine, SPI, 0);
    gic::set_bit(ISPENDR, SPI);
    timer::wait_ms("the SPI", 2000, || irq::total(SPI) > 1);
    let (here, there) = (irq::count(0, SPI), irq::count(1, SPI));
    check_with(NAMES[4], here == 1 && there == 1, format_args!("{here} here, {there} there"));
    gic::disable(SPI);
}

fn trips(machine: &Machine) {
    let mut done = 0;
    while done < TRIPS {
        gic::send_sgi(machine, 1, 1);
        if !timer::wait_ms("a round trip", 2000, || irq::count(0, 2) > done) {
            break;
        }
        done += 1;
    }
    check_eq(NAMES[5], done, TRIPS);
    if gic::version() == 2 {
        // GIC IHI 0048B 4.4.4: bits 12:10 are the CPU that sent the SGI.
        let sender = machine.cpus.as_slice().get(1).map_or(0, |affinity| affinity & 7);
        check_eq("IAR has the sender", u64::from(IAR.load(Ordering::Acquire) >> 10 & 7), sender);
    }
    arch::mask_irq();
}

fn waking(machine: &Machine) {
    irq::reset();
    ASLEEP.store(0, Ordering::Release);
    _ = smp::start_and_wait(machine, 1, doze);
    timer::wait_ms("CPU 1 to fall asleep", 10_000, || ASLEEP.load(Ordering::Acquire) == 1);
    timer::delay_ms(20);
    gic::send_sgi(machine, 1, 3);
    check(NAMES[6], smp::wait_off(machine, 1) && irq::count(1, 3) == 1);
    timer::delay_ms(50);
}

/// GICv2 keeps an SGI pending per sender; GICv3 may merge them.
fn chorus(machine: &Machine, cpus: usize) {
    irq::reset();
    irq::clear_hook();
    start_all(machine, cpus, shout);
    let off = end_all(machine, cpus);
    arch::unmask_irq();
    let want = if gic::version() == 2 { u32::try_from(cpus - 1).unwrap_or(0) } else { 1 };
    timer::wait_ms("the SGIs of all", 2000, || irq::count(0, 5) >= want);
    check_eq(NAMES[7], irq::count(0, 5), want);
    check(NAMES[8], off);
    arch::mask_irq();
}

//! Timers are each CPU's own.

use core::sync::atomic::{AtomicU32, Ordering};

use rt::arch::{self, sysreg};
use rt::check::{check, check_eq, skip_all};
use rt::irq::{self, Taken};
use rt::machine::Machine;
use rt::{gic, smp, timer};

const NAMES: [&str; 4] = [
    "another CPU's timer interrupts that CPU",
    "and not this one",
    "all CPUs' timers tick at once",
    "each tick where its timer is",
];

const TICKS: u32 = 10;

static INTID: AtomicU32 = AtomicU32::new(0);

fn again(_: Taken) {
    sysreg::set_cntv_tval_el0(timer::ticks(5));
}

/// Takes its own timer's interrupts until it has had enough.
fn tick(cpu: usize) {
    let intid = INTID.load(Ordering::Acquire);
    gic::enable(intid);
    sysreg::set_cntv_tval_el0(timer::ticks(5));
    sysreg::set_cntv_ctl_el0(1);
    arch::unmask_irq();
    timer::wait_ms("ticks of this CPU", 10_000, || irq::count(cpu, intid) >= TICKS);
    arch::mask_irq();
    sysreg::set_cntv_ctl_el0(0);
    gic::disable(intid);
}

pub fn run(machine: &'static Machine) {
    let cpus = machine.cpus.as_slice().len();
    let Some(intid) = machine.timer[2] else { return skip_all(&NAMES, "no virtual timer") };
    if cpus < 2 {
        return skip_all(&NAMES, "one CPU");
    }
    INTID.store(intid, Ordering::Release);
    irq::reset();
    irq::set_hook(again);
    let done = smp::start_and_wait(machine, 1, tick) && smp::wait_off(machine, 1);
    check(NAMES[0], done && irq::count(1, intid) >= TICKS);
    check_eq(NAMES[1], irq::count(0, intid), 0);
    // Real Xen loses a CPU that is started while its CPU_OFF is still under way.
    timer::delay_ms(50);
    irq::reset();
    let started = (1..cpus).all(|cpu| smp::start_and_wait(machine, cpu, tick));
    tick(0);
    let off = (1..cpus).all(|cpu| smp::wait_off(machine, cpu));
    check(NAMES[2], started && off);
    check(NAMES[3], (0..cpus).all(|cpu| irq::count(cpu, intid) >= TICKS));
    irq::clear_hook();
}

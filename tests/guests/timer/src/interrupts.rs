//! The interrupt of one timer, of both, and sleeping until it comes.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::lines::{self, ENABLE, IMASK, ISTATUS, Line};
use crate::named;
use rt::arch::{self, sysreg};
use rt::check::{check, check_eq, check_with};
use rt::irq::{self, Taken};
use rt::machine::Machine;
use rt::{gic, timer};

/// Virtual counter when the last interrupt was taken.
static WHEN: AtomicU64 = AtomicU64::new(0);
/// Interrupts to let pass before the timers are switched off.
static PASSES: AtomicU32 = AtomicU32::new(0);
static PERIOD: AtomicU64 = AtomicU64::new(0);

/// Switches both timers off: their output falls, the interrupt is served.
fn stop(_: Taken) {
    WHEN.store(timer::now(), Ordering::Release);
    if PASSES.load(Ordering::Acquire) > 0 {
        PASSES.fetch_sub(1, Ordering::AcqRel);
        return;
    }
    sysreg::set_cntv_ctl_el0(0);
    sysreg::set_cntp_ctl_el0(0);
}

fn listen(line: &Line, hook: fn(Taken)) {
    line.quiet();
    irq::reset();
    irq::set_hook(hook);
    gic::enable(line.intid);
    arch::unmask_irq();
}

fn deafen(line: &Line) {
    arch::mask_irq();
    line.quiet();
    irq::clear_hook();
}

pub fn run(line: &Line) {
    once(line);
    masked(line);
    level(line);
    periodic(line);
}

fn taken(line: &Line) -> u32 {
    irq::count(0, line.intid)
}

fn once(line: &Line) {
    listen(line, stop);
    line.after_ms(20);
    let due = timer::now() + timer::ticks(20) - timer::ticks(1);
    (line.set_ctl)(ENABLE);
    check_eq(named!(line, "no interrupt before its time"), taken(line), 0);
    check(named!(line, "the interrupt comes"), timer::wait_ms("the timer", 2000, || taken(line) > 0));
    let when = WHEN.load(Ordering::Acquire);
    check_with(named!(line, "not early"), when >= due, format_args!("{when:#x}, due {due:#x}"));
    check_with(
        named!(line, "not a second late"),
        when < due + timer::ticks(1000),
        format_args!("{when:#x}, due {due:#x}"),
    );
    timer::delay_ms(5);
    check_eq(named!(line, "it comes once"), taken(line), 1);
    check_eq(named!(line, "no spurious acknowledge"), irq::spurious(), 0);
    deafen(line);
}

fn masked(line: &Line) {
    listen(line, stop);
    line.after_ms(1);
    (line.set_ctl)(ENABLE | IMASK);
    timer::delay_ms(10);
    check_eq(named!(line, "IMASK holds the interrupt back"), taken(line), 0);
    (line.set_ctl)(ENABLE);
    check(
        named!(line, "clearing IMASK lets it through"),
        timer::wait_ms("the timer", 1000, || taken(line) == 1),
    );
    deafen(line);
    listen(line, stop);
    arch::mask_irq();
    line.after_ms(1);
    (line.set_ctl)(ENABLE);
    let seen = timer::wait_ms("ISR.I", 1000, || sysreg::isr_el1() & 0x80 != 0);
    check(named!(line, "ISR.I shows it while IRQs are masked"), seen && taken(line) == 0);
    arch::unmask_irq();
    check(named!(line, "unmasking IRQs takes it"), timer::wait_ms("the timer", 1000, || taken(line) == 1));
    deafen(line);
}

/// QEMU's GICv2 looks at a line that stayed high, after an end of interrupt through the virtual interface,
/// only when some other interrupt moves: so let the physical timer, whose PPI is disabled, expire meanwhile.
fn rouse(line: &Line) {
    let idle = sysreg::cntp_ctl_el0() & (ENABLE | ISTATUS) != ENABLE;
    if line.name == "virtual" && idle {
        sysreg::set_cntp_tval_el0(timer::ticks(1));
        sysreg::set_cntp_ctl_el0(ENABLE);
    }
}

/// Nobody lowers the output for two rounds: it must come again after each end of interrupt.
fn level(line: &Line) {
    listen(line, stop);
    PASSES.store(2, Ordering::Release);
    line.after_ms(1);
    (line.set_ctl)(ENABLE);
    let again = timer::wait_ms("three interrupts", 2000, || {
        rouse(line);
        taken(line) >= 3
    });
    check(named!(line, "it comes again while the output is high"), again);
    timer::delay_ms(5);
    check_eq(named!(line, "and no more when the output is low"), taken(line), 3);
    PASSES.store(0, Ordering::Release);
    deafen(line);
}

/// Moves the deadline on by a period.
fn advance(taken: Taken) {
    let period = PERIOD.load(Ordering::Acquire);
    let Some(machine) = rt::start_machine() else { return };
    for line in lines::all(machine).filter(|line| line.intid == taken.intid) {
        (line.set_cval)((line.cval)() + period);
    }
}

fn periodic(line: &Line) {
    listen(line, advance);
    PERIOD.store(timer::ticks(5), Ordering::Release);
    let start = (line.counter)();
    line.after_ms(5);
    (line.set_ctl)(ENABLE);
    let came = timer::wait_ms("20 periods", 5000, || taken(line) >= 20);
    let spent = (line.counter)() - start;
    check(named!(line, "20 periods of 5 ms come"), came);
    check_with(
        named!(line, "and take 100 ms at least"),
        spent >= timer::ticks(99),
        format_args!("{spent} ticks"),
    );
    (line.set_ctl)(0);
    arch::isb();
    let count = taken(line);
    timer::delay_ms(12);
    check_with(
        named!(line, "none comes after ENABLE is cleared"),
        taken(line) <= count + 1,
        format_args!("{}", taken(line)),
    );
    deafen(line);
}

/// The farthest deadline there is. The topic's last check: real Xen does not survive it.
pub fn never(line: &Line) {
    listen(line, stop);
    (line.set_cval)(u64::MAX);
    (line.set_ctl)(ENABLE);
    timer::delay_ms(20);
    check_eq(named!(line, "the farthest CVAL brings nothing"), taken(line), 0);
    deafen(line);
}

/// Both run at once, each with its own interrupt.
pub fn both(machine: &Machine) {
    let (Some(first), Some(second)) = (lines::virtual_timer(machine), lines::physical_timer(machine)) else {
        return;
    };
    first.quiet();
    second.quiet();
    irq::reset();
    irq::set_hook(advance);
    PERIOD.store(timer::ticks(1000), Ordering::Release);
    gic::enable(first.intid);
    gic::enable(second.intid);
    arch::unmask_irq();
    first.after_ms(5);
    second.after_ms(5);
    (first.set_ctl)(ENABLE);
    (second.set_ctl)(ENABLE);
    let came = timer::wait_ms("both timers", 900, || taken(&first) == 1 && taken(&second) == 1);
    check("both timers at the same time", came);
    deafen(&first);
    deafen(&second);
}

/// WFI with IRQs masked ends when the timer's interrupt is pending.
pub fn sleep(machine: &Machine) {
    let Some(line) = lines::virtual_timer(machine) else { return };
    line.quiet();
    gic::enable(line.intid);
    let start = timer::now();
    for _ in 0..10 {
        let deadline = line.after_ms(10);
        (line.set_ctl)(ENABLE);
        while timer::now() < deadline {
            arch::wfi();
        }
        (line.set_ctl)(0);
    }
    let slept = timer::now() - start;
    check_with(
        "ten WFI of 10 ms take 100 ms at least",
        slept >= timer::ticks(100),
        format_args!("{slept} ticks"),
    );
    check_with("and not ten times that", slept < timer::ticks(1000), format_args!("{slept} ticks"));
    check_eq("no interrupt was taken while masked", irq::total(line.intid), 1);
    line.quiet();
}

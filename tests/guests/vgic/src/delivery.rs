//! Interrupts of one CPU: SGIs to itself, SPIs made pending by hand, and what holds them back.

use core::sync::atomic::{AtomicU32, Ordering};

use crate::SPI;
use rt::arch::{self, sysreg};
use rt::check::{check, check_eq, check_with};
use rt::gic::{self, CTLR, ICPENDR, ISACTIVER, ISPENDR, Trigger};
use rt::irq::{self, Taken};
use rt::machine::Machine;
use rt::{mmio, timer};

/// Bit 0: active while handled; bit 1: pending while handled; bits 31:16: running priority.
static SEEN: AtomicU32 = AtomicU32::new(0);
static IAR: AtomicU32 = AtomicU32::new(0);

fn look(taken: Taken) {
    let active = u32::from(gic::bit(ISACTIVER, taken.intid));
    let pending = u32::from(gic::bit(ISPENDR, taken.intid));
    SEEN.store(active | pending << 1 | gic::running_priority() << 16, Ordering::Release);
    IAR.store(taken.iar, Ordering::Release);
}

/// Fresh counts, a hook, IRQs on.
pub fn listen(hook: fn(Taken)) {
    irq::reset();
    irq::set_hook(hook);
    arch::unmask_irq();
}

pub fn deafen() {
    arch::mask_irq();
    irq::clear_hook();
}

pub fn taken(intid: u32) -> u32 {
    irq::count(0, intid)
}

pub fn comes(intid: u32, times: u32) -> bool {
    timer::wait_ms("an interrupt", 1000, || taken(intid) >= times) && taken(intid) == times
}

/// Gives an interrupt that should not come the time to come.
pub fn settle() {
    timer::delay_ms(3);
}

pub fn sgis() {
    (0..16).for_each(|sgi| {
        gic::enable(sgi);
        gic::set_priority(sgi, 0xa0);
    });
    listen(look);
    gic::send_sgi_self(7);
    check("an SGI to oneself comes once", comes(7, 1));
    check_eq("it is active while it is handled", SEEN.load(Ordering::Acquire) & 1, 1);
    check_eq("and no longer pending", SEEN.load(Ordering::Acquire) >> 1 & 1, 0);
    check_eq("the running priority is its own", SEEN.load(Ordering::Acquire) >> 16, 0xa0);
    check_eq("afterwards it is not active", u32::from(gic::bit(ISACTIVER, 7)), 0);
    check_eq("and the running priority is idle", gic::running_priority(), 0xff);
    if gic::version() == 2 {
        let source = IAR.load(Ordering::Acquire) >> 10 & 7;
        check_eq("IAR has the source CPU of an SGI", source, low(rt::cpu::affinity() & 7));
    }
    irq::reset();
    (0..16).for_each(gic::send_sgi_self);
    timer::wait_ms("16 SGIs", 1000, || (0..16).all(|sgi| taken(sgi) == 1));
    check("all 16 SGIs come, each once", (0..16).all(|sgi| taken(sgi) == 1));
    irq::reset();
    for round in 1..=200 {
        gic::send_sgi_self(1);
        timer::wait_ms("an SGI of a row", 1000, || taken(1) == round);
    }
    check_eq("of 200 SGIs none is lost", taken(1), 200);
    deafen();
}

fn low(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// PSTATE.I, the enable bit, the group enable.
pub fn gates() {
    irq::reset();
    irq::set_hook(look);
    gic::send_sgi_self(2);
    settle();
    check_eq("masked in PSTATE it is not taken", taken(2), 0);
    check_eq("ISR.I shows it", sysreg::isr_el1() >> 7 & 1, 1);
    check_eq("HPPIR names it", gic::highest_pending() & 0x3ff, 2);
    check("its pending bit is set", gic::bit(ISPENDR, 2));
    arch::unmask_irq();
    check("unmasking takes it", comes(2, 1));
    check_eq("HPPIR has none then", gic::highest_pending() & 0x3ff, 1023);
    check_eq("an acknowledge with nothing pending is 1023", gic::intid_of(gic::acknowledge()), 1023);
    disabled();
    let ctlr = mmio::read32(gic::gicd() + CTLR);
    mmio::store32(gic::gicd() + CTLR, ctlr & !3);
    gic::send_sgi_self(2);
    settle();
    check_eq("with the group disabled it is not taken", taken(2), 0);
    mmio::store32(gic::gicd() + CTLR, ctlr);
    check("enabling the group delivers it", comes(2, 1));
    deafen();
}

/// GICv2 may have its SGIs enabled for good (IHI 0048B 4.3.5); GICv3 may not.
fn disabled() {
    if gic::version() == 3 {
        gic::disable(2);
        gic::send_sgi_self(2);
        settle();
        check_eq("disabled it is not taken", taken(2), 1);
        gic::enable(2);
        check("enabling it delivers what was pending", comes(2, 2));
    }
    irq::reset();
}

/// Makes the SPI pending again from its own handler, the first time.
fn again(taken: Taken) {
    if irq::count(0, taken.intid) == 0 {
        gic::set_bit(ISPENDR, taken.intid);
        look(taken);
    }
}

pub fn spis(machine: &Machine) {
    gic::set_trigger(SPI, Trigger::Edge);
    gic::set_priority(SPI, 0xa0);
    gic::route(machine, SPI, 0);
    listen(look);
    gic::set_bit(ISPENDR, SPI);
    settle();
    check_eq("a disabled SPI is not taken", taken(SPI), 0);
    gic::enable(SPI);
    check("enabling it delivers it", comes(SPI, 1));
    gic::set_bit(ISPENDR, SPI);
    check("an SPI made pending comes once", comes(SPI, 2));
    check("its pending bit is clear then", !gic::bit(ISPENDR, SPI));
    arch::mask_irq();
    gic::set_bit(ISPENDR, SPI);
    gic::set_bit(ICPENDR, SPI);
    arch::unmask_irq();
    settle();
    check_eq("ICPENDR takes a pending SPI back", taken(SPI), 2);
    irq::set_hook(again);
    irq::reset();
    gic::set_bit(ISPENDR, SPI);
    check("made pending while active it comes again", comes(SPI, 2));
    check_eq("being active and pending meanwhile", SEEN.load(Ordering::Acquire) & 3, 3);
    irq::set_hook(look);
    irq::reset();
    gic::set_bit(ISACTIVER, SPI);
    gic::set_bit(ISPENDR, SPI);
    settle();
    check_eq("made active by hand it is not taken", taken(SPI), 0);
    gic::set_bit(gic::ICACTIVER, SPI);
    check("and is, once made inactive", comes(SPI, 1));
    check_with("nothing was spurious", irq::spurious() == 0, format_args!("{}", irq::spurious()));
    gic::disable(SPI);
    deafen();
}

/// WFI does not wait when an interrupt is pending, masked in PSTATE or not.
pub fn sleep() {
    irq::reset();
    gic::send_sgi_self(4);
    let start = timer::now();
    arch::wfi();
    let slept = timer::now() - start;
    check_with(
        "WFI falls through a pending interrupt",
        slept < timer::ticks(1000),
        format_args!("{slept} ticks"),
    );
    arch::unmask_irq();
    check("which is then taken", comes(4, 1));
    deafen();
}

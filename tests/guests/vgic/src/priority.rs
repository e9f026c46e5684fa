//! Priorities: mask, order, preemption, and the split of priority drop and deactivation.

use core::sync::atomic::{AtomicU32, Ordering};

use crate::SPI;
use crate::delivery::{comes, deafen, listen, settle, taken};
use rt::check::{check, check_eq};
use rt::gic::{self, ISACTIVER, ISPENDR};
use rt::irq::{self, Taken};
use rt::{arch, timer};

/// INTIDs in the order they were taken, a byte each, the last lowest.
static ORDER: AtomicU32 = AtomicU32::new(0);
static DEPTH: AtomicU32 = AtomicU32::new(0);
static IAR: AtomicU32 = AtomicU32::new(0);

fn record(taken: Taken) {
    let order = ORDER.load(Ordering::Acquire);
    ORDER.store(order << 8 | taken.intid & 0xff, Ordering::Release);
    IAR.store(taken.iar, Ordering::Release);
}

/// ICC_PMR: only what has a higher priority (a lower number) than the mask gets through.
pub fn mask() {
    gic::set_priority(8, 0x80);
    gic::set_priority_mask(0x80);
    check_eq("the priority mask reads back", gic::priority_mask(), 0x80);
    listen(record);
    gic::send_sgi_self(8);
    settle();
    check_eq("a priority equal to the mask is held back", taken(8), 0);
    gic::set_priority_mask(0x90);
    check("a wider mask lets it through", comes(8, 1));
    gic::set_priority_mask(0xff);
    deafen();
}

pub fn order() {
    gic::set_priority(9, 0xc0);
    gic::set_priority(10, 0x40);
    gic::set_priority(11, 0x80);
    ORDER.store(0, Ordering::Release);
    irq::reset();
    irq::set_hook(record);
    [9, 10, 11].into_iter().for_each(gic::send_sgi_self);
    settle();
    check_eq("HPPIR names the highest priority", gic::highest_pending() & 0x3ff, 10);
    arch::unmask_irq();
    timer::wait_ms("three SGIs", 1000, || [9, 10, 11].into_iter().all(|sgi| taken(sgi) == 1));
    check_eq("they come in the order of priority", ORDER.load(Ordering::Acquire), 0x0a_0b09);
    deafen();
}

fn record_nibble(taken: Taken) {
    let order = ORDER.load(Ordering::Acquire);
    ORDER.store(order << 4 | taken.intid & 0xf, Ordering::Release);
}

/// More interrupts wait than there are list registers: which of them are listed must follow priority too.
pub fn crowd() {
    const SGIS: core::ops::RangeInclusive<u32> = 1..=8;
    SGIS.for_each(|sgi| gic::set_priority(sgi, 0xa0 - sgi * 0x10));
    ORDER.store(0, Ordering::Release);
    irq::reset();
    irq::set_hook(record_nibble);
    SGIS.for_each(gic::send_sgi_self);
    settle();
    check_eq("HPPIR names the highest priority of eight", gic::highest_pending() & 0x3ff, 8);
    arch::unmask_irq();
    timer::wait_ms("eight SGIs", 1000, || SGIS.into_iter().all(|sgi| taken(sgi) == 1));
    check_eq("eight come in the order of priority", ORDER.load(Ordering::Acquire), 0x8765_4321);
    SGIS.for_each(|sgi| gic::set_priority(sgi, 0xa0));
    deafen();
}

/// In the handler of 12, sends 13 and 14 and lets them come if they may.
fn nest(taken: Taken) {
    record(taken);
    if taken.intid != 12 {
        return;
    }
    gic::send_sgi_self(14);
    gic::send_sgi_self(13);
    arch::unmask_irq();
    timer::delay_ms(3);
    arch::mask_irq();
    DEPTH.store(ORDER.load(Ordering::Acquire), Ordering::Release);
}

pub fn nesting() {
    gic::set_priority(12, 0x80);
    gic::set_priority(13, 0x40);
    gic::set_priority(14, 0x80);
    ORDER.store(0, Ordering::Release);
    listen(nest);
    gic::send_sgi_self(12);
    timer::wait_ms("three SGIs", 1000, || [12, 13, 14].into_iter().all(|sgi| taken(sgi) == 1));
    let inside = DEPTH.load(Ordering::Acquire);
    check_eq("a higher priority preempts, an equal one does not", inside, 0x0c0d);
    check_eq("the equal one follows", ORDER.load(Ordering::Acquire), 0x0c_0d0e);
    check_eq("the running priority is idle again", gic::running_priority(), 0xff);
    deafen();
}

/// EOImode 1: EOIR drops the priority only, the interrupt stays active until DIR.
pub fn split() {
    gic::set_eoi_mode(1);
    gic::set_priority(SPI, 0xa0);
    gic::enable(SPI);
    listen(record);
    gic::set_bit(ISPENDR, SPI);
    check("with EOImode 1 an SPI comes", comes(SPI, 1));
    check_eq("the priority is dropped", gic::running_priority(), 0xff);
    check("but it is still active", gic::bit(ISACTIVER, SPI));
    gic::set_bit(ISPENDR, SPI);
    settle();
    check_eq("and does not come again", taken(SPI), 1);
    gic::deactivate(SPI);
    check("until DIR deactivates it", comes(SPI, 2));
    gic::deactivate(SPI);
    check("DIR leaves it inactive", !gic::bit(ISACTIVER, SPI));
    gic::set_eoi_mode(0);
    gic::disable(SPI);
    deafen();
}

//! CTL, CVAL and TVAL of one timer, interrupts masked at the GIC.

use crate::lines::{ENABLE, IMASK, ISTATUS, Line};
use crate::named;
use rt::check::{check_eq, check_with};
use rt::{gic, timer};

pub fn run(line: &Line) {
    line.quiet();
    let value = 0x0123_4567_89ab_cdef;
    (line.set_cval)(value);
    check_eq(named!(line, "CVAL keeps 64 bits"), (line.cval)(), value);
    let (ctl, set) = (line.ctl, line.set_ctl);
    set(0);
    check_eq(named!(line, "CTL reads back 0"), ctl() & (ENABLE | IMASK), 0);
    set(ENABLE | IMASK);
    check_eq(named!(line, "CTL reads back ENABLE and IMASK"), ctl() & !ISTATUS, ENABLE | IMASK);
    check_eq(named!(line, "a far CVAL leaves ISTATUS clear"), ctl() & ISTATUS, 0);
    (line.set_cval)(0);
    check_eq(named!(line, "a past CVAL sets ISTATUS, masked or not"), ctl() & ISTATUS, ISTATUS);
    line.after_ms(1000);
    check_eq(named!(line, "moving CVAL ahead clears ISTATUS"), ctl() & ISTATUS, 0);
    tval(line);
    pending(line);
    line.quiet();
}

/// TVAL is CVAL - counter, signed, 32 bits.
fn tval(line: &Line) {
    let before = (line.counter)();
    (line.set_tval)(1_000_000);
    let after = (line.counter)();
    let cval = (line.cval)();
    let sane = (before + 1_000_000..=after + 1_000_000).contains(&cval);
    check_with(named!(line, "TVAL sets CVAL from now"), sane, format_args!("{cval:#x} from {before:#x}"));
    let left = (line.tval)();
    check_with(named!(line, "TVAL counts down"), left < 1_000_000, format_args!("{left}"));
    let now = (line.counter)();
    (line.set_tval)(0xffff_ff00);
    let cval = (line.cval)();
    check_with(
        named!(line, "TVAL is signed"),
        cval < now + 0x1_0000_0000 && cval >= now - 0x100,
        format_args!("{cval:#x} at {now:#x}"),
    );
    check_eq(named!(line, "a negative TVAL has expired"), (line.ctl)() & ISTATUS, ISTATUS);
}

/// The PPI is level-sensitive: its pending bit follows the timer's output, enabled at the GIC or not.
fn pending(line: &Line) {
    (line.set_ctl)(ENABLE);
    (line.set_cval)(0);
    let pending = || gic::bit(gic::ISPENDR, line.intid);
    let risen = timer::wait_ms("the PPI to be pending", 500, pending);
    check_eq(named!(line, "an expired timer's PPI is pending"), u32::from(risen), 1);
    line.after_ms(1000);
    let fallen = timer::wait_ms("the PPI to be no longer pending", 500, || !pending());
    check_eq(named!(line, "moving CVAL ahead takes that back"), u32::from(fallen), 1);
    (line.set_cval)(0);
    timer::wait_ms("the PPI to be pending", 100, pending);
    (line.set_ctl)(ENABLE | IMASK);
    let fallen = timer::wait_ms("IMASK to lower the PPI", 500, || !pending());
    check_eq(named!(line, "IMASK takes it back too"), u32::from(fallen), 1);
}

//! The counters and their frequency.

use rt::arch::sysreg;
use rt::check::{check, check_eq, check_with, skip};
use rt::machine::Machine;
use rt::timer;

pub fn run(machine: &Machine) {
    let frequency = sysreg::cntfrq_el0();
    check_with(
        "CNTFRQ is plausible",
        (1_000_000..=1_000_000_000).contains(&frequency),
        format_args!("{frequency}"),
    );
    let node =
        machine.fdt.compatible("arm,armv8-timer").or_else(|| machine.fdt.compatible("arm,armv7-timer"));
    match node.and_then(|node| node.u32("clock-frequency")) {
        Some(told) => {
            check_eq("clock-frequency of the tree is CNTFRQ", u64::from(told), frequency);
        }
        None => skip("clock-frequency of the tree is CNTFRQ", "the tree has none"),
    }
    let mut last = timer::now();
    let steady = (0..10_000).all(|_| {
        let before = core::mem::replace(&mut last, timer::now());
        last >= before
    });
    check("the virtual counter never goes back", steady);
    let start = timer::now();
    let mut patience = 10_000_000u32;
    while timer::now() == start && patience > 0 {
        patience -= 1;
        rt::arch::relax();
    }
    check("the virtual counter counts", timer::now() > start);
    offset();
}

/// CNTVCT = CNTPCT - CNTVOFF, and the offset stays.
fn offset() {
    let read = || {
        rt::arch::isb();
        let before = sysreg::cntvct_el0();
        rt::arch::isb();
        let physical = sysreg::cntpct_el0();
        rt::arch::isb();
        (before, physical, sysreg::cntvct_el0())
    };
    let (v0, p0, w0) = read();
    check_with("the physical counter is not behind the virtual", p0 >= v0, format_args!("{p0:#x} {v0:#x}"));
    timer::delay_ms(20);
    let (v1, p1, w1) = read();
    // Bounds on the offset from each reading must meet.
    let offset = |physical: u64, virtual_: u64| physical.wrapping_sub(virtual_).cast_signed();
    let meet = offset(p0, w0) <= offset(p1, v1) && offset(p1, w1) <= offset(p0, v0);
    check_with("their distance does not change", meet, format_args!("{v0:#x} {p0:#x} {v1:#x} {p1:#x}"));
}

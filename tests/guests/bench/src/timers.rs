//! The timers' interrupts: from one deadline to the next through the runtime's usual handler, and out of WFI.

use core::sync::atomic::{AtomicU32, Ordering};

use crate::row::Bench;
use rt::arch::{self, sysreg, trial};
use rt::check::check;
use rt::irq::{self, Taken};
use rt::{gic, timer, window};

static TAKEN: AtomicU32 = AtomicU32::new(0);

/// All of them.
pub fn run(bench: &Bench) {
    let [_, physical, virtual_, _] = bench.machine.timer;
    match virtual_ {
        Some(intid) => {
            virtual_timer(bench, intid);
            wake(bench, intid);
        }
        None => ["vtimer-interrupt", "wfi-wakeup"].iter().for_each(|name| bench.skip(name, "no timer")),
    }
    match physical {
        Some(intid) => physical_timer(bench, intid),
        None => bench.skip("ptimer-interrupt", "no timer"),
    }
}

/// Lowers the output, then says so.
fn virtual_taken(_: Taken) {
    sysreg::set_cntv_ctl_el0(0);
    TAKEN.fetch_add(1, Ordering::Relaxed);
}

/// Lowers the output, then says so.
fn physical_taken(_: Taken) {
    sysreg::set_cntp_ctl_el0(0);
    TAKEN.fetch_add(1, Ordering::Relaxed);
}

fn taken() -> u32 {
    TAKEN.load(Ordering::Relaxed)
}

fn listen(intid: u32, hook: fn(Taken)) {
    irq::set_hook(hook);
    gic::enable(intid);
    arch::unmask_irq();
}

fn deafen(intid: u32) {
    arch::mask_irq();
    gic::disable(intid);
    irq::clear_hook();
}

/// Arms with a deadline that has passed, waits until the handler has counted: save all registers,
/// acknowledge, lower the output, count twice, end the interrupt, restore all registers.
fn virtual_timer(bench: &Bench, intid: u32) {
    listen(intid, virtual_taken);
    let mut round = |loops| {
        window::timed(loops, || {
            let before = taken();
            sysreg::set_cntv_cval_el0(sysreg::cntvct_el0());
            sysreg::set_cntv_ctl_el0(1);
            while taken() == before {
                arch::relax();
            }
        })
    };
    check("the virtual timer's interrupt comes", comes(&mut round));
    bench.row("vtimer-interrupt", 256, &mut round, &mut |loops| window::timed(loops, || {}));
    deafen(intid);
}

/// The same with the physical timer, which a hypervisor emulates.
fn physical_timer(bench: &Bench, intid: u32) {
    listen(intid, physical_taken);
    let mut round = |loops| {
        window::timed(loops, || {
            let before = taken();
            sysreg::set_cntp_cval_el0(sysreg::cntpct_el0());
            sysreg::set_cntp_ctl_el0(1);
            while taken() == before {
                arch::relax();
            }
        })
    };
    check("the physical timer's interrupt comes", comes(&mut round));
    bench.row("ptimer-interrupt", 128, &mut round, &mut |loops| window::timed(loops, || {}));
    deafen(intid);
}

fn comes(round: &mut dyn FnMut(u32) -> u64) -> bool {
    let before = taken();
    round(1);
    taken() != before
}

/// From the deadline to the first instruction of the handler: the time asleep does not count.
fn wake(bench: &Bench, intid: u32) {
    gic::enable(intid);
    for (name, microseconds) in [("wfi-wakeup", 100), ("wfi-wakeup.b", 317), ("wfi-wakeup.c", 2500)] {
        let delay = timer::frequency() / 1000 * microseconds / 1000;
        let delay = usize::try_from(delay).unwrap_or(0);
        bench.row(name, 64, &mut |loops| sleep(loops, delay), &mut |_| 0);
    }
    gic::disable(intid);
}

fn sleep(loops: u32, delay: usize) -> u64 {
    let arguments = [delay, 0, 0, 0, 0, 0, 0, 0];
    #[cfg(target_arch = "aarch64")]
    if gic::version() == 3 {
        return trial::wake_v3(loops, arguments).1;
    }
    trial::wake_v2(loops, arguments).1
}

//! Interrupts: an SGI to this CPU, and the virtual timer's.

use core::sync::atomic::{AtomicU32, Ordering};

use crate::row::Bench;
use rt::arch::{self, sysreg, trial};
use rt::irq::{self, Taken};
use rt::{cpu, gic, window};

static TAKEN: AtomicU32 = AtomicU32::new(0);

/// All of them.
pub fn run(bench: &Bench) {
    arch::mask_irq();
    for (name, sgi) in [("sgi-self", 1), ("sgi-self.b", 7), ("sgi-self.c", 14)] {
        gic::enable(sgi);
        bench.row(name, 256, &mut |loops| sgi_to_self(loops, sgi), &mut |loops| window::timed(loops, || {}));
        gic::disable(sgi);
    }
    virtual_timer(bench);
}

fn sgi_to_self(loops: u32, sgi: u32) -> u64 {
    match gic::version() {
        #[cfg(target_arch = "aarch64")]
        3 => {
            let own = cpu::affinity();
            let value = (own >> 32 & 0xff) << 48
                | (own >> 16 & 0xff) << 32
                | u64::from(sgi) << 24
                | (own >> 8 & 0xff) << 16
                | 1 << (own & 0xf);
            trial::sgi_v3(loops, value)
        }
        _ => {
            let _ = cpu::affinity();
            trial::sgi_v2(loops, 2 << 24 | sgi, gic::gicd() + gic::SGIR, gic::gicc())
        }
    }
}

/// Lowers the timer's output, then says so.
fn timer_taken(_: Taken) {
    sysreg::set_cntv_ctl_el0(0);
    TAKEN.fetch_add(1, Ordering::Relaxed);
}

fn virtual_timer(bench: &Bench) {
    let Some(intid) = bench.machine.timer[2] else { return bench.skip("vtimer-interrupt", "no timer") };
    irq::set_hook(timer_taken);
    gic::enable(intid);
    arch::unmask_irq();
    let mut round = |loops| {
        window::timed(loops, || {
            let before = TAKEN.load(Ordering::Relaxed);
            sysreg::set_cntv_cval_el0(sysreg::cntvct_el0());
            sysreg::set_cntv_ctl_el0(1);
            while TAKEN.load(Ordering::Relaxed) == before {
                arch::relax();
            }
        })
    };
    bench.row("vtimer-interrupt", 256, &mut round, &mut |loops| window::timed(loops, || {}));
    arch::mask_irq();
    gic::disable(intid);
    irq::clear_hook();
}

//! Key `i`: physical interrupts and whom they are for.

use crate::console::report::{Cursor, Report, Step};
use crate::drivers::gic;
use crate::irq::{self, Route};
use types::IntId;

/// Numbers that are looked at for one line at most.
const SCAN: usize = 64;
const FIRST_SPI: usize = 32;

/// Writes a line for the private interrupts and one for each shared one that is somebody's.
pub fn dump(cursor: &mut Cursor, report: &mut Report) -> Step {
    let Some(gic) = gic::get() else {
        report.line(format_args!("No interrupt controller yet"));
        return Step::Done;
    };
    if cursor.item < FIRST_SPI {
        let private = irq::private();
        report.line(format_args!(
            "Private: hyp timer {}, virtual timer {}, maintenance {}; physical timer {} (emulated); counts: key 'T'",
            private.hyp_timer, private.virtual_timer, private.maintenance, private.physical_timer
        ));
        cursor.item = FIRST_SPI;
        return Step::More;
    }
    let end = usize::try_from(gic.interrupt_count()).unwrap_or(0);
    for number in cursor.item..end.min(cursor.item + SCAN) {
        cursor.item = number + 1;
        let intid = IntId::new(u32::try_from(number).unwrap_or(0));
        if let Some((route, count)) = irq::route(intid) {
            write(gic, intid, route, count, report);
            return Step::More;
        }
    }
    if cursor.item < end { Step::More } else { Step::Done }
}

fn write(gic: &gic::Gic, intid: IntId, route: Route, count: u32, report: &mut Report) {
    let base = IntId::new(intid.raw() & !31);
    let flag = |word: u32| if word & 1 << (intid.raw() % 32) != 0 { 'Y' } else { '-' };
    let [enabled, pending, active] = gic.state_words(base).map(flag);
    match route {
        Route::Console => {
            report.line(format_args!(
                "IRQ {intid}: enabled={enabled} pending={pending} active={active} count={count} Xen console"
            ));
        }
        Route::Domain(domain) => {
            report.line(format_args!("IRQ {intid}: enabled={enabled} pending={pending} active={active} count={count} d{domain} (virq {intid})"));
        }
    }
}

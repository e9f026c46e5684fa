//! Key `t`: the counter, and each vCPU's timers.

use super::fetch::{self, Fetched};
use crate::arch::timer::counter;
use crate::console::report::{Cursor, Report, Step};
use crate::console::snapshot::Guest;
use crate::domain;
use crate::drivers::timer;
use vdev::timer::Register;

/// Writes the machine's counter, then each vCPU of each domain.
pub fn dump(cursor: &mut Cursor, report: &mut Report) -> Step {
    if *cursor == Cursor::default() {
        report.line(format_args!(
            "Counter {:#x}, {} Hz, {:#x} at boot: system time {} ns",
            counter(),
            timer::frequency_hz(),
            timer::boot_count(),
            timer::system_time_ns()
        ));
    }
    let domain = match domain::try_at(cursor.item) {
        Ok(Some(domain)) => domain,
        Ok(None) => return Step::Done,
        Err(domain::Busy) => {
            report.line(format_args!("The list of domains is busy"));
            return Step::Done;
        }
    };
    let Some(vcpu) = domain.vcpus().get(cursor.part) else {
        cursor.next_item();
        return Step::More;
    };
    match fetch::of_vcpu(cursor, vcpu) {
        Fetched::Later(step) => return step,
        Fetched::Never(why) => report.line(format_args!("d{}v{}: {why}", domain.id, vcpu.id)),
        Fetched::Now(guest) => write(&guest, report),
    }
    cursor.next_part();
    Step::More
}

fn write(guest: &Guest, report: &mut Report) {
    let now = counter();
    let timer = &guest.virtual_timer;
    report.line(format_args!(
        "d{}v{}: virtual  ctl={} cval={:#x} offset={:#x} {}",
        guest.domain,
        guest.vcpu,
        timer.ctl,
        timer.cval,
        timer.offset,
        Due(timer.deadline(), now)
    ));
    let timer = &guest.physical_timer;
    let (ctl, cval) = (timer.read(Register::Ctl, now), timer.read(Register::Cval, now));
    report.line(format_args!(
        "d{}v{}: physical ctl={ctl} cval={cval:#x} {}",
        guest.domain,
        guest.vcpu,
        Due(timer.deadline(now), now)
    ));
}

/// When a timer fires, seen from a count.
struct Due(Option<u64>, u64);

impl core::fmt::Display for Due {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            Self(None, _) => f.write_str("off"),
            Self(Some(at), now) if at <= now => {
                write!(f, "due since {} us", timer::ticks_to_ns(now - at) / 1000)
            }
            Self(Some(at), now) => write!(f, "in {} us", timer::ticks_to_ns(at - now) / 1000),
        }
    }
}

//! Key `r`: which vCPU runs where, and which wait.

use super::fetch::{self, Fetched};
use crate::arch::timer::counter;
use crate::console::report::{Cursor, Report, Step};
use crate::drivers::timer;
use crate::machine::percpu::{self, MAX_CPUS};
use crate::sched::inspect::{self, Standing};
use ::sched::Policy;
use core::fmt;
use types::CpuId;

/// Writes a line for each CPU, then one for each vCPU that waits.
pub fn dump(cursor: &mut Cursor, report: &mut Report) -> Step {
    if cursor.item == 0 && cursor.part == 0 && cursor.waits == 0 {
        write_policy(report);
    }
    if cursor.item < MAX_CPUS { write_cpu(cursor, report) } else { write_waiting(cursor, report) }
}

fn write_policy(report: &mut Report) {
    let now = timer::system_time_ns();
    match inspect::policy() {
        Ok(Policy::Fair) => report.line(format_args!(
            "Scheduler: credit2, slices of {} us, ratelimit {} us; now={now} ns",
            ::sched::SLICE_NS / 1000,
            crate::sched::ratelimit_us()
        )),
        Ok(Policy::Null) => report.line(format_args!("Scheduler: null, a CPU for each vCPU; now={now} ns")),
        Err(inspect::Busy) => report.line(format_args!("Scheduler: busy; now={now} ns")),
    }
}

fn write_cpu(cursor: &mut Cursor, report: &mut Report) -> Step {
    let Some(cpu) = u16::try_from(cursor.item).ok().and_then(|id| percpu::get(CpuId::new(id))) else {
        cursor.next_item();
        return Step::More;
    };
    let slice_end = match fetch::of_cpu(cursor, cpu) {
        Fetched::Later(step) => return step,
        Fetched::Never(why) => {
            report.line(format_args!("CPU{}: {why}", cpu.id));
            None
        }
        Fetched::Now(snapshot) => snapshot.host.slice_end,
    };
    let left_us = slice_end.map(|end| timer::ticks_to_ns(end.saturating_sub(counter())) / 1000);
    let (id, mpidr) = (cpu.id, cpu.mpidr);
    match (inspect::running(cpu), left_us) {
        (Err(inspect::Busy), _) => report.line(format_args!("CPU{id}: the scheduler is busy")),
        (Ok(None), _) => report.line(format_args!("CPU{id} (mpidr {mpidr:#x}): idle")),
        (Ok(Some(vcpu)), Some(left)) => {
            report
                .line(format_args!("CPU{id} (mpidr {mpidr:#x}): {}, looks again in {left} us", Shown(vcpu)));
        }
        (Ok(Some(vcpu)), None) => {
            report.line(format_args!("CPU{id} (mpidr {mpidr:#x}): {}, nobody waits", Shown(vcpu)));
        }
    }
    cursor.next_item();
    Step::More
}

fn write_waiting(cursor: &mut Cursor, report: &mut Report) -> Step {
    match inspect::waiting(cursor.part) {
        Ok(Some(vcpu)) => report.line(format_args!("RUNQ {}: {}", cursor.part, Shown(vcpu))),
        Ok(None) => {
            if cursor.part == 0 {
                report.line(format_args!("RUNQ: empty"));
            }
            return Step::Done;
        }
        Err(inspect::Busy) => {
            report.line(format_args!("RUNQ: the scheduler is busy"));
            return Step::Done;
        }
    }
    cursor.next_part();
    Step::More
}

/// A vCPU with its standing.
struct Shown(Standing);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Standing { name: (domain, vcpu), share, credit_ns, is_parked } = self.0;
        write!(f, "d{domain}v{vcpu} weight={} cap={} credit={credit_ns} ns", share.weight, share.cap)?;
        if is_parked { f.write_str(" parked") } else { Ok(()) }
    }
}

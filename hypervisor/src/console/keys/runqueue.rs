//! Key `r`: which vCPU runs where, and which wait.

use super::fetch::{self, Fetched};
use crate::arch::timer::counter;
use crate::console::report::{Cursor, Report, Step};
use crate::drivers::timer;
use crate::machine::percpu::{self, MAX_CPUS};
use crate::sched::inspect;
use types::CpuId;

/// Writes a line for each CPU, then one for each vCPU that waits.
pub fn dump(cursor: &mut Cursor, report: &mut Report) -> Step {
    if cursor.item == 0 && cursor.part == 0 && cursor.waits == 0 {
        report.line(format_args!(
            "Scheduler: round robin over all CPUs, slices of {} us; now={} ns",
            ::sched::SLICE_NS / 1000,
            timer::system_time_ns()
        ));
    }
    if cursor.item < MAX_CPUS { write_cpu(cursor, report) } else { write_waiting(cursor, report) }
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
    match (inspect::current(cpu), left_us) {
        (Err(inspect::Busy), _) => report.line(format_args!("CPU{}: the scheduler is busy", cpu.id)),
        (Ok(None), _) => report.line(format_args!("CPU{} (mpidr {:#x}): idle", cpu.id, cpu.mpidr)),
        (Ok(Some((domain, vcpu))), Some(left)) => {
            report.line(format_args!(
                "CPU{} (mpidr {:#x}): d{domain}v{vcpu}, {left} us of its slice left",
                cpu.id, cpu.mpidr
            ));
        }
        (Ok(Some((domain, vcpu))), None) => {
            report.line(format_args!(
                "CPU{} (mpidr {:#x}): d{domain}v{vcpu}, no slice: nobody waits",
                cpu.id, cpu.mpidr
            ));
        }
    }
    cursor.next_item();
    Step::More
}

fn write_waiting(cursor: &mut Cursor, report: &mut Report) -> Step {
    match inspect::waiting(cursor.part) {
        Ok(Some((domain, vcpu))) => report.line(format_args!("RUNQ {}: d{domain}v{vcpu}", cursor.part)),
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

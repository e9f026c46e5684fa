//! Keys `d` and `0`: registers.

use super::fetch::{self, Fetched};
use crate::arch::context::Named;
use crate::console::report::{Cursor, Report, Step};
use crate::console::snapshot::{Guest, Host};
use crate::domain;
use crate::machine::percpu::{self, MAX_CPUS};
use crate::machine::sync::{Lock, rank};
use core::fmt;
use types::CpuId;

/// Registers in a line.
const COLUMNS: usize = 3;

/// What is being written: fetched in a dump's part 0, a line in each part after it.
#[derive(Clone, Copy)]
struct Subject {
    host: Option<Host>,
    guest: Option<Guest>,
}

static SUBJECT: Lock<Subject, { rank::KEYS }> = Lock::new(Subject { host: None, guest: None });

/// Key `d`: what every CPU does, in EL2 and in its guest.
pub fn all(cursor: &mut Cursor, report: &mut Report) -> Step {
    if cursor.item >= MAX_CPUS {
        return Step::Done;
    }
    let Some(cpu) = u16::try_from(cursor.item).ok().and_then(|id| percpu::get(CpuId::new(id))) else {
        cursor.next_item();
        return Step::More;
    };
    if cursor.part > 0 {
        return write_line(cursor, report);
    }
    match fetch::of_cpu(cursor, cpu) {
        Fetched::Later(step) => step,
        Fetched::Never(why) => {
            report.line(format_args!("*** CPU{}: {why} ***", cpu.id));
            cursor.next_item();
            Step::More
        }
        Fetched::Now(snapshot) => {
            *SUBJECT.lock() = Subject { host: Some(snapshot.host), guest: snapshot.guest };
            report.line(format_args!("*** Dumping CPU{} host state: ***", cpu.id));
            cursor.next_part();
            Step::More
        }
    }
}

/// Key `0`: dom0's vCPUs.
pub fn dom0(cursor: &mut Cursor, report: &mut Report) -> Step {
    let Some(vcpu) = domain::hardware().and_then(|dom0| dom0.vcpus().get(cursor.item)) else {
        return Step::Done;
    };
    if cursor.part > 0 {
        return write_line(cursor, report);
    }
    match fetch::of_vcpu(cursor, vcpu) {
        Fetched::Later(step) => step,
        Fetched::Never(why) => {
            report.line(format_args!("*** Dom0 vcpu#{}: {why} ***", vcpu.id));
            cursor.next_item();
            Step::More
        }
        Fetched::Now(guest) => {
            *SUBJECT.lock() = Subject { host: None, guest: Some(guest) };
            report.line(format_args!("*** Dumping Dom0 vcpu#{} state (d0v{}): ***", vcpu.id, vcpu.id));
            cursor.next_part();
            Step::More
        }
    }
}

/// Writes the line that is the cursor's part, and goes on to the next subject after the last.
fn write_line(cursor: &mut Cursor, report: &mut Report) -> Step {
    let subject = *SUBJECT.lock();
    let host = subject.host.as_ref().map_or(&[][..], |host| &host.system);
    let host_lines = host.len().div_ceil(COLUMNS);
    let at = cursor.part - 1;
    cursor.next_part();
    if at < host_lines {
        report.line(format_args!("{}", Row(host, at)));
        return Step::More;
    }
    let at = at - host_lines;
    match (&subject.host, &subject.guest) {
        (Some(_), None) => report.line(format_args!("No guest: the CPU is idle")),
        (Some(_), Some(guest)) if at == 0 => {
            report.line(format_args!("*** Guest state (d{}v{}): ***", guest.domain, guest.vcpu));
            return Step::More;
        }
        (host, Some(guest)) => {
            if write_guest(guest, at - usize::from(host.is_some()), report) {
                return Step::More;
            }
        }
        (None, None) => {}
    }
    cursor.next_item();
    Step::More
}

/// Writes a line of a guest's registers; tells whether there was one.
fn write_guest(guest: &Guest, at: usize, report: &mut Report) -> bool {
    let (general, system) = (guest.regs.named(), guest.system.named());
    let general_lines = general.len().div_ceil(COLUMNS);
    if at < general_lines {
        report.line(format_args!("{}", Row(&general, at)));
    } else if at < general_lines + system.len().div_ceil(COLUMNS) {
        report.line(format_args!("{}", Row(&system, at - general_lines)));
    } else {
        return false;
    }
    true
}

/// A line of registers.
struct Row<'a>(&'a [Named], usize);

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.0.chunks(COLUMNS).nth(self.1).unwrap_or(&[]);
        row.iter().try_for_each(|(name, value)| write!(f, "{name:>12}: {value:016x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_shows_three_registers_and_the_last_what_is_left() {
        let named: [Named; 4] = [("X0", 1), ("X1", 0x1234), ("X2", u64::MAX), ("PC", 4)];
        let line =
            "          X0: 0000000000000001          X1: 0000000000001234          X2: ffffffffffffffff";
        assert_eq!(Row(&named, 0).to_string(), line);
        assert_eq!(Row(&named, 1).to_string(), "          PC: 0000000000000004");
        assert_eq!(Row(&named, 2).to_string(), "");
    }
}

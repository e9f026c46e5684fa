//! Key `T`: how often each vCPU entered EL2, by cause.

use crate::console::report::{Cursor, Report, Step};
use crate::domain::stats::Cause;
use crate::domain::{self, Vcpu};
use core::fmt;

/// Causes in a line.
const COLUMNS: usize = 4;

/// Writes a vCPU's counters.
pub fn dump(cursor: &mut Cursor, report: &mut Report) -> Step {
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
    let total: u64 = Cause::ALL
        .iter()
        .filter(|(cause, _)| is_entry(*cause))
        .map(|(cause, _)| vcpu.stats.get(*cause))
        .sum();
    report.line(format_args!("d{}v{}: {total} entries", domain.id, vcpu.id));
    for row in 0..Cause::ALL.len().div_ceil(COLUMNS) {
        report.line(format_args!("{}", Row(vcpu, row)));
    }
    cursor.next_part();
    Step::More
}

/// Tells whether a cause is an entry of its own; the others say more about one.
fn is_entry(cause: Cause) -> bool {
    !matches!(
        cause,
        Cause::Retried
            | Cause::VirtualTimer
            | Cause::HypTimer
            | Cause::Kick
            | Cause::Maintenance
            | Cause::Spi
    )
}

struct Row<'a>(&'a Vcpu, usize);

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = Cause::ALL.chunks(COLUMNS).nth(self.1).unwrap_or(&[]);
        row.iter().try_for_each(|(cause, name)| write!(f, "  {name}={}", self.0.stats.get(*cause)))
    }
}

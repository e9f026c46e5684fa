//! Key `m`: the machine's memory and the hypervisor's own.

use super::domains::Shown;
use crate::arch;
use crate::boot;
use crate::console::report::{Cursor, Report, Step};
use crate::domain;
use crate::machine::heap;
use crate::mm::frames;
use types::PAGE_SHIFT;

/// Writes frames, the heap and the image, then each domain.
pub fn dump(cursor: &mut Cursor, report: &mut Report) -> Step {
    if cursor.item == 0 {
        write_machine(report);
        cursor.next_item();
        return Step::More;
    }
    match domain::try_at(cursor.item - 1) {
        Ok(Some(domain)) => {
            let owned = domain.owned_pages();
            report.line(format_args!(
                "d{}: {owned} pages ({} KiB), {} pages of stage-2 tables",
                domain.id,
                owned << (PAGE_SHIFT - 10),
                Shown(domain.p2m.try_table_pages())
            ));
            cursor.next_item();
            Step::More
        }
        Ok(None) => Step::Done,
        Err(domain::Busy) => {
            report.line(format_args!("The list of domains is busy"));
            Step::Done
        }
    }
}

fn write_machine(report: &mut Report) {
    let ram = boot::machine().map_or(0, |machine| machine.ram_bytes);
    match frames::try_stats() {
        Some(stats) => report.line(format_args!(
            "RAM {} KiB: {} frames free ({} KiB), {} of them to be scrubbed",
            ram >> 10,
            stats.free_frames,
            stats.free_frames << (PAGE_SHIFT - 10),
            stats.dirty_frames
        )),
        None => report.line(format_args!("RAM {} KiB: the frame table is busy", ram >> 10)),
    }
    match heap::try_usage() {
        Some((used, all)) => report.line(format_args!("Hypervisor heap: {used} of {all} bytes used")),
        None => report.line(format_args!("Hypervisor heap: busy")),
    }
    let image = arch::boot::image_phys();
    report.line(format_args!("Hypervisor image: {} KiB at {image}", arch::boot::image_bytes() >> 10));
}

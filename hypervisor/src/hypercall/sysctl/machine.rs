//! CPUs and memory of the machine.

use super::{Command, Outcome};
use crate::boot;
use crate::domain::memory;
use crate::drivers::timer;
use crate::machine::percpu;
use crate::mm::frames;
use types::{PAGE_BYTES, PAGE_SHIFT};
use xen_abi::Field;
use xen_abi::sysctl::machine::{Availheap, PHYSCAP_GNTTAB_V1, PHYSCAP_HAP, PHYSCAP_HVM, Physinfo};

/// `XEN_SYSCTL_physinfo`.
pub fn physinfo(work: &mut Command<'_, '_>) -> Outcome {
    let cpus = u32::try_from(percpu::all().count()).unwrap_or(1);
    let stats = frames::stats();
    let (ram_bytes, max_page) =
        boot::machine().map_or((0, 0), |machine| (machine.ram_bytes, machine.max_page));
    work.answer(&Physinfo {
        threads_per_core: 1,
        cores_per_socket: 1,
        nr_cpus: cpus,
        max_cpu_id: cpus.saturating_sub(1),
        nr_nodes: 1,
        max_node_id: 0,
        cpu_khz: u32::try_from(timer::frequency_hz() / 1000).unwrap_or(0),
        capabilities: PHYSCAP_HVM | PHYSCAP_HAP | PHYSCAP_GNTTAB_V1,
        total_pages: ram_bytes >> PAGE_SHIFT,
        free_pages: stats.free_frames,
        // Free frames are scrubbed as they are handed out: none waits for it.
        scrub_pages: 0,
        outstanding_pages: memory::promised(),
        max_mfn: max_page,
        ..Physinfo::ZERO
    })
}

/// `XEN_SYSCTL_availheap`: what is free, on the one node.
pub fn availheap(work: &mut Command<'_, '_>) -> Outcome {
    let question: Availheap = work.payload()?;
    work.answer(&Availheap { avail_bytes: frames::stats().free_frames * PAGE_BYTES, ..question })
}

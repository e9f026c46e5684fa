//! How CPUs and memory hang together: one node, one core a CPU.

use super::{Command, Outcome};
use crate::boot;
use crate::hypercall::guest;
use crate::machine::percpu;
use crate::mm::frames;
use types::PAGE_BYTES;
use xen_abi::sysctl::machine::{Cputopo, Cputopoinfo, Meminfo, Numainfo};
use xen_abi::{Field, XenErrno};

/// The distance of the node from itself: Xen's on Arm, where nobody measures it.
const LOCAL_DISTANCE: u32 = 20;

/// `XEN_SYSCTL_cputopoinfo`.
pub fn cpus(work: &mut Command<'_, '_>) -> Outcome {
    let mut request: Cputopoinfo = work.payload()?;
    let count = u32::try_from(percpu::all().count()).unwrap_or(1);
    if request.cputopo.raw() != 0 {
        for cpu in 0..count.min(request.num_cpus) {
            let at = guest::element(request.cputopo, cpu.into(), Cputopo::SIZE as u64)?;
            guest::write(at, &Cputopo { core: 0, socket: 0, node: 0 })?;
        }
    }
    request.num_cpus = if request.cputopo.raw() == 0 { count } else { count.min(request.num_cpus) };
    work.answer(&request)
}

/// `XEN_SYSCTL_numainfo`.
pub fn nodes(work: &mut Command<'_, '_>) -> Outcome {
    let mut request: Numainfo = work.payload()?;
    let wants = request.meminfo.raw() != 0 || request.distance.raw() != 0;
    if wants && request.num_nodes > 0 {
        if request.meminfo.raw() != 0 {
            let memsize = boot::machine().map_or(0, |machine| machine.ram_bytes);
            let memfree = frames::stats().free_frames * PAGE_BYTES;
            guest::write(request.meminfo.raw(), &Meminfo { memsize, memfree })?;
        }
        if request.distance.raw() != 0 {
            guest::write_bytes(request.distance.raw(), &LOCAL_DISTANCE.to_le_bytes())?;
        }
    } else if wants {
        return Err(XenErrno::Einval);
    }
    request.num_nodes = 1;
    work.answer(&request)
}

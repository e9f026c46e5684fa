//! Pools of CPUs: there is one, with all CPUs and domains.

use super::{Answer, Command, Outcome};
use crate::domain;
use crate::hypercall::guest;
use crate::machine::percpu;
use types::DomId;
use xen_abi::XenErrno;
use xen_abi::bitmap::Bitmap;
use xen_abi::domctl::scheduler::SchedulerId;
use xen_abi::domctl::vcpu::XenctlBitmap;
use xen_abi::sysctl::cpupool::{CPUPOOL_PAR_ANY, CpupoolCmd, CpupoolOp};
use xen_abi::sysctl::scheduler::SchedId;

/// The pool.
const POOL: u32 = 0;

/// A set of CPUs as its caller gets it: up to 64.
type Cpus = Bitmap<8>;

/// `XEN_SYSCTL_sched_id`.
pub fn scheduler(work: &mut Command<'_, '_>) -> Outcome {
    work.answer(&SchedId { sched_id: SchedulerId::Credit2.raw() })
}

/// `XEN_SYSCTL_cpupool_op`.
pub fn perform(work: &mut Command<'_, '_>) -> Outcome {
    let mut request: CpupoolOp = work.payload()?;
    match CpupoolCmd::from_raw(request.op).ok_or(XenErrno::Enosys)? {
        CpupoolCmd::Info => {
            // Of this pool or the next.
            if request.cpupool_id != POOL && request.cpupool_id != CPUPOOL_PAR_ANY {
                return Err(XenErrno::Enoent);
            }
            request.cpupool_id = POOL;
            request.sched_id = SchedulerId::Credit2.raw();
            let mut count = 0;
            domain::for_each(|_| count += 1);
            request.n_dom = count;
            write_map(&request.cpumap, &all_cpus())?;
            work.answer(&request)
        }
        CpupoolCmd::Freeinfo => {
            write_map(&request.cpumap, &Cpus::EMPTY)?;
            Ok(Answer::Done)
        }
        CpupoolCmd::Movedomain => {
            let id = u16::try_from(request.domid).map(DomId::new).map_err(|_| XenErrno::Esrch)?;
            domain::find(id).ok_or(XenErrno::Esrch)?;
            if request.cpupool_id == POOL { Ok(Answer::Done) } else { Err(XenErrno::Enoent) }
        }
        // All CPUs are in the pool, which is there for good.
        CpupoolCmd::Create => Err(XenErrno::Enomem),
        CpupoolCmd::Destroy | CpupoolCmd::Addcpu | CpupoolCmd::Rmcpu => Err(XenErrno::Ebusy),
    }
}

fn all_cpus() -> Cpus {
    let mut cpus = Cpus::EMPTY;
    for cpu in percpu::all() {
        cpus.insert(cpu.id.raw().into());
    }
    cpus
}

/// Copies a set to the caller, as much as he has room for.
fn write_map(map: &XenctlBitmap, cpus: &Cpus) -> Result<(), XenErrno> {
    let mut bytes = [0; 8];
    let len = crate::arch::to_usize(map.bytes()).min(bytes.len());
    let Some(bytes) = bytes.get_mut(..len) else { return Ok(()) };
    cpus.encode(map.nr_bits, 0, bytes);
    guest::write_bytes(map.bitmap.raw(), bytes)
}

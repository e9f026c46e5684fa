//! `sysctl`: the toolstack's questions about the machine (`xen/include/public/sysctl.h`).

mod console;
mod cpupool;
mod domains;
mod machine;
mod profile;
mod scheduler;
mod topology;

pub use scheduler::scheduler_id;

use super::{Args, guest, privileged};
use crate::trap::Cx;
use xen_abi::sysctl::{INTERFACE_VERSION, SysctlCmd, XenSysctl};
use xen_abi::{GuestStruct, XenErrno};

/// How a command ended that did not fail.
enum Answer {
    /// It is done, and has nothing to say.
    Done,
    /// It is done; the structure goes back to the caller.
    Copy,
}

type Outcome = Result<Answer, XenErrno>;

/// What a command works on.
struct Command<'a, 'b> {
    cx: &'a mut Cx<'b>,
    op: &'a mut XenSysctl,
}

impl Command<'_, '_> {
    /// Decodes the command's own structure.
    fn payload<T: GuestStruct>(&self) -> Result<T, XenErrno> {
        T::decode_prefix(&self.op.u).ok_or(XenErrno::Einval)
    }

    /// Answers with the command's own structure.
    fn answer<T: GuestStruct>(&mut self, value: &T) -> Outcome {
        let bytes = value.encode();
        for (to, from) in self.op.u.iter_mut().zip(bytes.as_ref()) {
            *to = *from;
        }
        Ok(Answer::Copy)
    }
}

/// Performs a command.
///
/// # Errors
/// EFAULT, EACCES for another version, EPERM, ENOSYS, and those of the command.
#[inline(never)]
pub fn handle(cx: &mut Cx<'_>, [at, ..]: Args) -> Result<i64, XenErrno> {
    let mut op: XenSysctl = guest::read(at)?;
    if op.interface_version != INTERFACE_VERSION {
        return Err(XenErrno::Eacces);
    }
    privileged(cx)?;
    let command = SysctlCmd::from_raw(op.cmd).ok_or(XenErrno::Enosys)?;
    let mut work = Command { cx, op: &mut op };
    match perform(&mut work, command)? {
        Answer::Done => Ok(0),
        Answer::Copy => guest::write(at, &op).map(|()| 0),
    }
}

fn perform(work: &mut Command<'_, '_>, command: SysctlCmd) -> Outcome {
    match command {
        SysctlCmd::Readconsole => console::read(work),
        SysctlCmd::DebugKeys => console::debug_keys(work),
        SysctlCmd::Physinfo => machine::physinfo(work),
        SysctlCmd::Availheap => machine::availheap(work),
        SysctlCmd::Cputopoinfo => topology::cpus(work),
        SysctlCmd::Numainfo => topology::nodes(work),
        SysctlCmd::SchedId => scheduler::id(work),
        SysctlCmd::SchedulerOp => scheduler::perform(work),
        SysctlCmd::Getcpuinfo => scheduler::idle_times(work),
        SysctlCmd::CpupoolOp => cpupool::perform(work),
        SysctlCmd::Getdomaininfolist => domains::list(work),
        SysctlCmd::TbufOp => profile::trace(work),
        SysctlCmd::CoverageOp => Err(XenErrno::Eopnotsupp),
        _ => Err(XenErrno::Enosys),
    }
}

//! `domctl`: the toolstack's control of domains (`xen/include/public/domctl.h`).
//!
//! One file per subject. A command gets the domain and its own structure, decoded from the union; what it
//! returns with [`Answer::Copy`] is encoded there again. A command that takes long is made again from
//! the start of what is left ([`Answer::Continue`]).

mod affinity;
mod context;
mod create;
mod devices;
mod info;
mod life;
mod memory;
mod refused;
mod scheduler;
mod settings;
mod ties;
mod vuart;

pub use create::{MAX_GRANT_FRAMES, MAX_MAPTRACK_FRAMES};
pub use info::of_domain as describe;

use super::{Args, Budget, Reply, guest, privileged};
use crate::domain::{self, Domain};
use crate::trap::Cx;
use alloc::sync::Arc;
use types::DomId;
use xen_abi::domctl::{DomctlCmd, INTERFACE_VERSION, XenDomctl};
use xen_abi::{DOMID_FIRST_RESERVED, DOMID_INVALID, DOMID_IO, GuestStruct, XenErrno};

/// How a command ended that did not fail.
enum Answer {
    /// It is done, and has nothing to say.
    Done,
    /// It is done; the structure goes back to the caller.
    Copy,
    /// It is to be made again, with the structure as it is now.
    Continue,
}

type Outcome = Result<Answer, XenErrno>;

/// What a command works on.
struct Command<'a, 'b> {
    cx: &'a mut Cx<'b>,
    op: &'a mut XenDomctl,
    budget: &'a mut Budget,
}

impl Command<'_, '_> {
    /// Decodes the command's own structure.
    fn payload<T: GuestStruct>(&self) -> Result<T, XenErrno> {
        T::decode_prefix(&self.op.u).ok_or(XenErrno::Einval)
    }

    /// Answers with the command's own structure.
    fn answer<T: GuestStruct>(&mut self, value: &T) -> Outcome {
        self.store(value);
        Ok(Answer::Copy)
    }

    fn store<T: GuestStruct>(&mut self, value: &T) {
        let bytes = value.encode();
        for (to, from) in self.op.u.iter_mut().zip(bytes.as_ref()) {
            *to = *from;
        }
    }
}

/// Performs a command.
///
/// # Errors
/// EFAULT, EACCES for another version, ESRCH, EPERM, ENOSYS, and those of the command.
#[inline(never)]
pub fn handle(cx: &mut Cx<'_>, args: Args, budget: &mut Budget) -> Result<Reply, XenErrno> {
    let at = args[0];
    let mut op: XenDomctl = guest::read(at)?;
    if op.interface_version != INTERFACE_VERSION {
        return Err(XenErrno::Eacces);
    }
    let command = DomctlCmd::from_raw(op.cmd);
    let domain = if command == Some(DomctlCmd::Createdomain) {
        None
    } else {
        Some(named(command, op.domain).ok_or_else(|| missing(command, op.domain))?)
    };
    privileged(cx)?;
    let command = command.ok_or(XenErrno::Enosys)?;
    let mut work = Command { cx, op: &mut op, budget };
    let outcome = match domain {
        None => create::create(&mut work),
        Some(domain) => perform(&mut work, command, domain),
    };
    match outcome? {
        Answer::Done => Ok(Reply::Done(0)),
        Answer::Copy => guest::write(at, &op).map(|()| Reply::Done(0)),
        Answer::Continue => guest::write(at, &op).map(|()| Reply::Continue(args)),
    }
}

/// Finds the domain that a command names; asked what is known of one, real Xen says it of the next one if
/// there is none with that number: so libxc lists them.
fn named(command: Option<DomctlCmd>, id: DomId) -> Option<Arc<Domain>> {
    match command {
        Some(DomctlCmd::Getdomaininfo) if id < DOMID_FIRST_RESERVED => domain::find_from(id),
        _ => domain::find(id),
    }
}

/// Returns the error for a domain that is not there: some commands are refused before they look, whatever
/// they name.
fn missing(command: Option<DomctlCmd>, id: DomId) -> XenErrno {
    match command {
        Some(DomctlCmd::Getdomaininfo) if id >= DOMID_FIRST_RESERVED => XenErrno::Einval,
        // The domain of devices that are nobody's, and none at all.
        Some(DomctlCmd::AssignDevice | DomctlCmd::DeassignDevice) if id == DOMID_IO => XenErrno::Eopnotsupp,
        Some(DomctlCmd::TestAssignDevice | DomctlCmd::VmEventOp) if id == DOMID_INVALID => {
            XenErrno::Eopnotsupp
        }
        _ => XenErrno::Esrch,
    }
}

fn perform(work: &mut Command<'_, '_>, command: DomctlCmd, domain: Arc<Domain>) -> Outcome {
    match command {
        DomctlCmd::Createdomain => Err(XenErrno::Einval),
        DomctlCmd::Destroydomain => life::destroy(work, domain),
        DomctlCmd::Pausedomain => life::pause(work, &domain),
        DomctlCmd::Unpausedomain => life::unpause(&domain),
        DomctlCmd::Resumedomain => life::resume(work, &domain),
        DomctlCmd::Getdomaininfo => info::domain(work, &domain),
        DomctlCmd::Getvcpuinfo => info::vcpu(work, &domain),
        DomctlCmd::MaxVcpus => create::max_vcpus(work, &domain),
        DomctlCmd::Setvcpucontext => context::set(work, &domain),
        DomctlCmd::Getvcpucontext => context::get(work, &domain),
        DomctlCmd::SetAddressSize => create::set_address_size(work, &domain),
        DomctlCmd::MaxMem => memory::max_mem(work, &domain),
        DomctlCmd::Cacheflush => memory::cache_flush(work, &domain),
        DomctlCmd::GetPagingMempoolSize => memory::get_pool(work, &domain),
        DomctlCmd::SetPagingMempoolSize => memory::set_pool(work, &domain),
        DomctlCmd::SchedulerOp => scheduler::perform(work, &domain),
        DomctlCmd::Setvcpuaffinity => affinity::set_vcpu(work, &domain),
        DomctlCmd::Getvcpuaffinity => affinity::get_vcpu(work, &domain),
        DomctlCmd::Setnodeaffinity => affinity::set_node(work),
        DomctlCmd::Getnodeaffinity => affinity::get_node(work),
        DomctlCmd::Setdomainhandle => settings::set_handle(work, &domain),
        DomctlCmd::Setdebugging => settings::set_debugging(work, &domain),
        DomctlCmd::Settimeoffset => settings::set_time_offset(work, &domain),
        DomctlCmd::VuartOp => vuart::init(work, &domain),
        DomctlCmd::SetVirqHandler => settings::set_virq_handler(work, &domain),
        DomctlCmd::IrqPermission => devices::permit_interrupt(work, &domain),
        DomctlCmd::IomemPermission => devices::permit_registers(work, &domain),
        DomctlCmd::MemoryMapping => devices::map_registers(work, &domain),
        DomctlCmd::BindPtIrq => devices::bind_interrupt(work, &domain),
        DomctlCmd::UnbindPtIrq => devices::unbind_interrupt(work, &domain),
        DomctlCmd::Subscribe => ties::subscribe(work, &domain),
        DomctlCmd::SetTarget => ties::set_target(work, &domain),
        DomctlCmd::MonitorOp => ties::monitor(work, &domain),
        DomctlCmd::AssignDevice
        | DomctlCmd::TestAssignDevice
        | DomctlCmd::DeassignDevice
        | DomctlCmd::GetDeviceGroup
        | DomctlCmd::VmEventOp => Err(XenErrno::Eopnotsupp),
        DomctlCmd::Setvnumainfo => refused::virtual_numa(work, &domain),
        DomctlCmd::SoftReset => refused::soft_reset(&domain),
        // What is not on Arm.
        _ => Err(XenErrno::Enosys),
    }
}

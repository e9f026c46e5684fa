//! Pausing, letting go, destroying.

use super::{Answer, Command, Outcome};
use crate::arch;
use crate::domain::{self, Domain, End};
use alloc::sync::Arc;
use xen_abi::XenErrno;

/// Refuses the caller's own domain: it would wait for itself.
fn other(work: &Command<'_, '_>, domain: &Arc<Domain>) -> Result<(), XenErrno> {
    if Arc::ptr_eq(&work.cx.vcpu.domain, domain) { Err(XenErrno::Einval) } else { Ok(()) }
}

/// Destroys a guest, a step at a call.
pub fn destroy(work: &mut Command<'_, '_>, domain: Arc<Domain>) -> Outcome {
    if domain.is_hardware() {
        return Err(XenErrno::Einval);
    }
    other(work, &domain)?;
    match domain::destroy(domain, work.budget) {
        End::Gone => Ok(Answer::Done),
        End::More => Ok(Answer::Continue),
    }
}

/// Pauses a guest and waits until none of its vCPUs is on a CPU.
pub fn pause(work: &mut Command<'_, '_>, domain: &Arc<Domain>) -> Outcome {
    other(work, domain)?;
    domain.begin_pause().map_err(|_| XenErrno::Eoverflow)?;
    Ok(if domain.finish_pause() { Answer::Done } else { Answer::Continue })
}

/// Takes one pause back.
pub fn unpause(domain: &Domain) -> Outcome {
    // What the toolstack wrote into frames that others executed from before is fetched anew.
    arch::cache::invalidate_instructions();
    domain.unpause().map_err(|_| XenErrno::Einval)?;
    Ok(Answer::Done)
}

/// Lets a guest that was shut down run on.
pub fn resume(work: &mut Command<'_, '_>, domain: &Arc<Domain>) -> Outcome {
    other(work, domain)?;
    domain.resume();
    Ok(Answer::Done)
}

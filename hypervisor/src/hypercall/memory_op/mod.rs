//! `memory_op`: a domain's memory (`xen/include/public/memory.h`).
//!
//! A call over a list that is interrupted carries how far it got in the upper bits of its number, as
//! Xen does it (MEMOP_EXTENT_SHIFT).

mod absent;
mod claim;
mod physmap;
mod reservation;
mod resource;

use super::{Args, Budget, Reply, guest, low32, target};
use crate::boot;
use crate::trap::Cx;
use core::sync::atomic::Ordering;
use xen_abi::XenErrno;
use xen_abi::memory::{MemoryDomain, MemoryOp};

/// Bits of the number that say what to do; the rest is how much is done.
const OP_BITS: u32 = 6;

/// A call over a list: how much of it is done, and how it is made again.
#[derive(Clone, Copy, Debug)]
struct Progress {
    args: Args,
    op: u32,
    start: u32,
}

impl Progress {
    /// Takes the first argument apart.
    fn new(args: Args) -> Self {
        let op = low32(args[0]);
        Self { args, op: op & ((1 << OP_BITS) - 1), start: op >> OP_BITS }
    }

    /// The longest list whose progress can be carried.
    const MAX: u64 = (u32::MAX >> OP_BITS) as u64;

    /// Makes the call again from element `done` on.
    fn again(&self, done: u32) -> Reply {
        let [_, b, c, d, e] = self.args;
        Reply::Continue([u64::from(done << OP_BITS | self.op), b, c, d, e])
    }
}

/// Performs an operation.
///
/// # Errors
/// Those of the operation, EFAULT, ESRCH, EPERM, ENOSYS.
#[inline(never)]
pub fn handle(cx: &mut Cx<'_>, args: Args, budget: &mut Budget) -> Result<Reply, XenErrno> {
    let progress = Progress::new(args);
    let arg = args[1];
    match MemoryOp::from_raw(progress.op).ok_or(XenErrno::Enosys)? {
        op @ (MemoryOp::IncreaseReservation | MemoryOp::DecreaseReservation | MemoryOp::PopulatePhysmap) => {
            Ok(reservation::change(cx, op, progress, budget))
        }
        MemoryOp::MaximumRamPage => {
            let pages = boot::machine().map_or(0, |machine| machine.max_page);
            Ok(Reply::Done(pages.cast_signed()))
        }
        op @ (MemoryOp::CurrentReservation | MemoryOp::MaximumReservation | MemoryOp::MaximumGpfn) => {
            query(cx, op, arg).map(Reply::from)
        }
        MemoryOp::AddToPhysmap => physmap::add(cx, arg).map(Reply::from),
        MemoryOp::AddToPhysmapBatch => physmap::add_batch(cx, progress, budget),
        MemoryOp::RemoveFromPhysmap => physmap::remove(cx, arg).map(Reply::from),
        // Pages are never shared by content.
        MemoryOp::GetSharingFreedPages | MemoryOp::GetSharingSharedPages => Ok(Reply::Done(0)),
        MemoryOp::Exchange => absent::exchange(arg).map(Reply::from),
        MemoryOp::GetVnumainfo => absent::virtual_numa(cx, arg).map(Reply::from),
        MemoryOp::ReservedDeviceMemoryMap => absent::reserved_memory(arg).map(Reply::from),
        MemoryOp::AcquireResource => resource::acquire(cx, progress, budget),
        MemoryOp::ClaimPages => claim::claim(cx, arg).map(Reply::from),
        MemoryOp::AccessOp => Err(XenErrno::Enosys),
    }
}

fn query(cx: &Cx<'_>, op: MemoryOp, arg: u64) -> Result<i64, XenErrno> {
    let question: MemoryDomain = guest::read(arg)?;
    let domain = target(cx, question.domid)?;
    let pages = match op {
        MemoryOp::CurrentReservation => domain.owned_pages(),
        MemoryOp::MaximumReservation => domain.pages.max.load(Ordering::Relaxed),
        _ => domain.p2m.highest_gfn().raw(),
    };
    Ok(pages.cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_carried_in_the_number() {
        let first = Progress::new([6, 1, 2, 3, 4]);
        assert_eq!((first.op, first.start), (6, 0));
        let Reply::Continue(args) = first.again(77) else { panic!("done") };
        let next = Progress::new(args);
        assert_eq!((next.op, next.start, args[1..].to_vec()), (6, 77, vec![1, 2, 3, 4]));
    }
}

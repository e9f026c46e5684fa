//! `grant_table_op`: memory that domains share (`xen/include/public/grant_table.h`).
//!
//! crates/gnttab and `domain::grants` do the work; here lists of arguments are copied and the domains that
//! are named are looked up. Transfer, and what belongs to version 2 of the table, is refused as by Xen on
//! Arm.

mod cache;
mod copy;
mod map;
mod table;

use super::{Args, Budget, Reply, guest, low32};
use crate::domain::{self, Domain, policy};
use crate::trap::Cx;
use alloc::sync::Arc;
use types::{DomId, GuestVa};
use xen_abi::grant_table::{GnttabOp, GrantStatus};
use xen_abi::{GuestStruct, XenErrno};

/// What an element of a list costs, at most.
const ELEMENT_STEPS: u32 = 16;
/// Bits of the number that say what to do; the rest is how far an interrupted cache_flush has come.
const OP_BITS: u32 = 12;

/// Performs an operation on a list of arguments.
///
/// # Errors
/// EFAULT, EINVAL, ENOSYS, EOPNOTSUPP, and those of the operation.
#[inline(never)]
pub fn handle(cx: &mut Cx<'_>, args: Args, budget: &mut Budget) -> Result<Reply, XenErrno> {
    let [op, list, count, ..] = args;
    let (op, rest) = (low32(op) & ((1 << OP_BITS) - 1), low32(op) >> OP_BITS);
    let count = low32(count);
    if i32::try_from(count).is_err() || rest != 0 && op != GnttabOp::CacheFlush.raw() {
        return Err(XenErrno::Einval);
    }
    let call = Call { args, list: GuestVa::new(list), count };
    match GnttabOp::from_raw(op).ok_or(XenErrno::Enosys)? {
        GnttabOp::MapGrantRef => map::map(cx, &call, budget),
        GnttabOp::UnmapGrantRef => map::unmap(cx, &call, budget),
        GnttabOp::UnmapAndReplace => map::unmap_and_replace(cx, &call, budget),
        GnttabOp::Copy => copy::copy(cx, &call, budget),
        GnttabOp::SwapGrantRef => table::swap(cx, &call, budget),
        GnttabOp::CacheFlush => cache::flush(cx, &call, rest, budget),
        GnttabOp::SetupTable => table::setup(cx, &call).map(Reply::from),
        GnttabOp::QuerySize => table::query_size(cx, &call).map(Reply::from),
        GnttabOp::SetVersion => table::set_version(cx, list).map(Reply::from),
        GnttabOp::GetVersion => table::get_version(cx, list).map(Reply::from),
        GnttabOp::GetStatusFrames => table::get_status_frames(cx, list).map(Reply::from),
        // A page cannot leave its owner here.
        GnttabOp::Transfer => Err(XenErrno::Eopnotsupp),
        GnttabOp::DumpTable => Err(XenErrno::Enosys),
    }
}

/// A call over a list.
struct Call {
    args: Args,
    list: GuestVa,
    count: u32,
}

impl Call {
    /// Returns the address of an element.
    fn element(&self, index: u32, bytes: usize) -> Result<u64, XenErrno> {
        guest::element(self.list, index.into(), bytes as u64)
    }

    /// Refuses lists of other than one element.
    fn is_one(&self) -> Result<(), XenErrno> {
        if self.count == 1 { Ok(()) } else { Err(XenErrno::Einval) }
    }

    /// Makes the call again from element `done` on; `rest` is for the upper bits of the number.
    fn again(&self, done: u32, bytes: usize, rest: u32) -> Result<Reply, XenErrno> {
        let [op, _, _, d, e] = self.args;
        let op = u64::from(low32(op) & ((1 << OP_BITS) - 1) | rest << OP_BITS);
        Ok(Reply::Continue([op, self.element(done, bytes)?, self.count.wrapping_sub(done).into(), d, e]))
    }

    /// Runs `f` on each element, for at most `steps` steps each, and writes back the status that it returns,
    /// which is at `offset`, two bytes of padding behind it.
    fn each_status<T: GuestStruct>(
        &self,
        budget: &mut Budget,
        (steps, offset): (u32, u64),
        mut f: impl FnMut(&T) -> Result<(), GrantStatus>,
    ) -> Result<Reply, XenErrno> {
        for done in 0..self.count {
            if !budget.spend(steps) {
                return self.again(done, T::SIZE, 0);
            }
            let at = self.element(done, T::SIZE)?;
            let status = raw_status(f(&guest::read(at)?)).cast_unsigned();
            guest::write_u32(at.wrapping_add(offset), status.into())?;
        }
        Ok(Reply::Done(0))
    }

    /// Runs `f` on each element, for at most `steps` steps each, and writes them back.
    fn each<T: GuestStruct>(
        &self,
        budget: &mut Budget,
        steps: u32,
        mut f: impl FnMut(&mut T),
    ) -> Result<Reply, XenErrno> {
        for done in 0..self.count {
            if !budget.spend(steps) {
                return self.again(done, T::SIZE, 0);
            }
            let at = self.element(done, T::SIZE)?;
            let mut element: T = guest::read(at)?;
            f(&mut element);
            guest::write(at, &element)?;
        }
        Ok(Reply::Done(0))
    }
}

/// Converts how an operation ended to the number for its `status`.
fn raw_status(result: Result<(), GrantStatus>) -> i16 {
    result.map_or_else(GrantStatus::raw, |()| GrantStatus::Okay.raw())
}

/// The domains that a list names: mostly the same again and again.
struct Named<'a> {
    own: &'a Arc<Domain>,
    last: Option<Arc<Domain>>,
}

impl<'a> Named<'a> {
    fn new(cx: &Cx<'a>) -> Self {
        Self { own: &cx.vcpu.domain, last: None }
    }

    /// Finds the domain with a number that shares with the caller; DOMID_SELF is none.
    fn partner(&mut self, id: DomId) -> Result<&Arc<Domain>, GrantStatus> {
        if id == self.own.id {
            return Ok(self.own);
        }
        if self.last.as_ref().is_none_or(|last| last.id != id) {
            let other = domain::find(id).ok_or(GrantStatus::BadDomain)?;
            if !policy::may_share(self.own, &other) {
                return Err(GrantStatus::PermissionDenied);
            }
            self.last = Some(other);
        }
        self.last.as_ref().ok_or(GrantStatus::BadDomain)
    }
}

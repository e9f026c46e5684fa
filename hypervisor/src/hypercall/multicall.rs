//! `multicall`: hypercalls in a batch (`xen/include/public/xen.h`, `struct multicall_entry`).

use super::{Args, Budget, Reply, dispatch, guest, known, low32};
use crate::trap::Cx;
use types::GuestVa;
use xen_abi::multicall::MulticallEntry;
use xen_abi::{Field, Hypercall, XenErrno};

/// What an entry costs besides its own call.
const ENTRY_STEPS: u32 = 8;

/// Where an entry's result is.
const RESULT: u64 = core::mem::offset_of!(MulticallEntry, result) as u64;

/// Makes the calls of the list, each with its own result.
///
/// # Errors
/// EFAULT if the list cannot be read or written.
pub fn handle(cx: &mut Cx<'_>, args: Args, budget: &mut Budget) -> Result<Reply, XenErrno> {
    let [list, count, ..] = args;
    let count = low32(count);
    for done in 0..count {
        let at = guest::element(GuestVa::new(list), done.into(), MulticallEntry::SIZE as u64)?;
        let rest = Reply::Continue([at, count.wrapping_sub(done).into(), args[2], args[3], args[4]]);
        if !budget.spend(ENTRY_STEPS) {
            return Ok(rest);
        }
        let mut entry: MulticallEntry = guest::read(at)?;
        let [a, b, c, d, e, _] = entry.args;
        match one(cx, entry.op, [a, b, c, d, e], budget) {
            // Only the result changes; the entry lies behind no address's end, or it had not been read.
            Reply::Done(result) => guest::write_bytes(at.wrapping_add(RESULT), &result.to_le_bytes())?,
            Reply::Continue([a, b, c, d, e]) => {
                entry.args = [a, b, c, d, e, entry.args[5]];
                guest::write(at, &entry)?;
                return Ok(rest);
            }
        }
    }
    Ok(Reply::Done(0))
}

fn one(cx: &mut Cx<'_>, number: u64, args: Args, budget: &mut Budget) -> Reply {
    let result = match known(number) {
        None => Err(XenErrno::Enosys),
        // A batch in a batch is refused.
        Some(Hypercall::Multicall) => Err(XenErrno::Einval),
        Some(call) => dispatch(cx, call, args, budget),
    };
    result.unwrap_or_else(|error| Reply::Done(error.neg().into()))
}

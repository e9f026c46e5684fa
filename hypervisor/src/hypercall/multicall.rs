//! `multicall`: hypercalls in a batch (`xen/include/public/xen.h`, `struct multicall_entry`).

use super::{Args, Budget, Meaning, Reply, dispatch, guest, low32, meaning};
use crate::trap::Cx;
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
#[inline(never)]
pub fn handle(cx: &mut Cx<'_>, args: Args, budget: &mut Budget) -> Result<Reply, XenErrno> {
    let [list, count, ..] = args;
    let mut at = list;
    for left in (1..=low32(count)).rev() {
        let rest = Reply::Continue([at, left.into(), args[2], args[3], args[4]]);
        if !budget.spend(ENTRY_STEPS) {
            return Ok(rest);
        }
        let mut entry: MulticallEntry = guest::read(at)?;
        let [a, b, c, d, e, f] = entry.args;
        match one(cx, entry.op, [a, b, c, d, e], budget) {
            // Only the result changes; the entry lies behind no address's end, or it had not been read.
            Reply::Done(result) => guest::write_u64(at.wrapping_add(RESULT), result.cast_unsigned())?,
            Reply::Continue([a, b, c, d, e]) => {
                entry.args = [a, b, c, d, e, f];
                guest::write(at, &entry)?;
                return Ok(rest);
            }
        }
        at = at.checked_add(MulticallEntry::SIZE as u64).ok_or(XenErrno::Efault)?;
    }
    Ok(Reply::Done(0))
}

#[inline]
fn one(cx: &mut Cx<'_>, number: u64, args: Args, budget: &mut Budget) -> Reply {
    let result = match meaning(number, || args) {
        Meaning::Answer(result) => return Reply::Done(result),
        // A batch in a batch is refused.
        Meaning::Call(Hypercall::Multicall) => Err(XenErrno::Einval),
        Meaning::Call(call) => dispatch(cx, call, args, budget),
    };
    result.unwrap_or_else(|error| Reply::Done(error.neg().into()))
}

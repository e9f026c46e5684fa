//! `console_io`: dom0's use of the hypervisor's console (`xen/include/public/xen.h`, CONSOLEIO_*).

use super::{Args, Budget, Reply, guest, low32, privileged};
use crate::machine::console;
use crate::trap::Cx;
use xen_abi::XenErrno;
use xen_abi::console::ConsoleIoOp;

/// The most bytes of one call (a C `int`).
const MAX_BYTES: u32 = i32::MAX.cast_unsigned();
/// Bytes that are passed on at once.
const CHUNK_BYTES: usize = 128;
/// What a chunk costs.
const CHUNK_STEPS: u32 = 32;

/// Writes text, or reads what was typed.
///
/// # Errors
/// EPERM for others than dom0, E2BIG, EFAULT, ENOSYS.
#[inline(never)]
pub fn handle(cx: &mut Cx<'_>, args: Args, budget: &mut Budget) -> Result<Reply, XenErrno> {
    let [op, count, buffer, ..] = args;
    privileged(cx)?;
    let count = low32(count);
    let op = ConsoleIoOp::from_raw(low32(op)).ok_or(XenErrno::Enosys)?;
    if count > MAX_BYTES {
        return Err(XenErrno::E2big);
    }
    match op {
        ConsoleIoOp::Write => write(args, count, buffer, budget),
        ConsoleIoOp::Read => read(count, buffer).map(Reply::from),
    }
}

fn write(args: Args, count: u32, buffer: u64, budget: &mut Budget) -> Result<Reply, XenErrno> {
    let (mut left, mut at) = (count, buffer);
    let mut chunk = [0; CHUNK_BYTES];
    while left > 0 {
        if !budget.spend(CHUNK_STEPS) {
            return Ok(Reply::Continue([args[0], left.into(), at, args[3], args[4]]));
        }
        let len = crate::arch::to_usize(left.into()).min(CHUNK_BYTES);
        let Some(text) = chunk.get_mut(..len) else { break };
        guest::read_bytes(at, text)?;
        let taken = console::print_guest(text);
        at = at.wrapping_add(taken as u64);
        left = left.saturating_sub(u32::try_from(taken).unwrap_or(left));
        if taken < len {
            // The UART is busy: the guest's interrupts come in while it tries again.
            return Ok(Reply::Continue([args[0], left.into(), at, args[3], args[4]]));
        }
    }
    Ok(Reply::Done(0))
}

fn read(count: u32, buffer: u64) -> Result<i64, XenErrno> {
    let mut chunk = [0; CHUNK_BYTES];
    let room = crate::arch::to_usize(count.into()).min(CHUNK_BYTES);
    let Some(room) = chunk.get_mut(..room) else { return Ok(0) };
    let len = crate::console::read_input(room);
    if len == 0 {
        return Ok(0);
    }
    guest::write_bytes(buffer, room.get(..len).unwrap_or(&[]))?;
    i64::try_from(len).map_err(|_| XenErrno::E2big)
}

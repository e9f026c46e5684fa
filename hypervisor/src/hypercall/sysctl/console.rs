//! The hypervisor's log, and debug keys.

use super::{Answer, Command, Outcome};
use crate::console;
use crate::hypercall::guest;
use crate::machine::ram_log::RAM_LOG;
use core::sync::atomic::{AtomicU32, Ordering};
use types::GuestVa;
use xen_abi::XenErrno;
use xen_abi::sysctl::control::{DebugKeys, Readconsole};

/// Bytes that are copied at once.
const CHUNK_BYTES: usize = 256;

/// Up to where a caller has cleared the log.
static CLEARED: AtomicU32 = AtomicU32::new(0);

/// `XEN_SYSCTL_readconsole`: the log's text, all that is kept or what came since an index.
pub fn read(work: &mut Command<'_, '_>) -> Outcome {
    let mut request: Readconsole = work.payload()?;
    let end = RAM_LOG.written();
    let kept = RAM_LOG.kept();
    let cleared = end.wrapping_sub(CLEARED.load(Ordering::Relaxed)).min(kept);
    let new = end.wrapping_sub(request.index);
    let all = if request.incremental != 0 && new < cleared { new } else { cleared };
    let wanted = all.min(request.count);
    let start = end.wrapping_sub(all);
    let mut chunk = [0; CHUNK_BYTES];
    let mut done = 0;
    while done < wanted {
        let len = crate::arch::to_usize(u64::from(wanted - done)).min(CHUNK_BYTES);
        let Some(text) = chunk.get_mut(..len) else { break };
        let mut at = start.wrapping_add(done);
        for byte in text.iter_mut() {
            *byte = printable(RAM_LOG.at(at));
            at = at.wrapping_add(1);
        }
        guest::write_bytes(guest::element(request.buffer, done.into(), 1)?, text)?;
        done = at.wrapping_sub(start);
    }
    request.index = start.wrapping_add(wanted);
    request.count = wanted;
    if request.clear != 0 {
        CLEARED.store(request.index, Ordering::Relaxed);
    }
    work.answer(&request)
}

/// Returns a byte as it can stand in text: callers print up to the first zero, and a guest may have said one.
const fn printable(byte: u8) -> u8 {
    if byte == 0 { b' ' } else { byte }
}

/// The most keys of one call.
const MAX_KEYS: u32 = 1024;

/// `XEN_SYSCTL_debug_keys`: as if they were typed.
pub fn debug_keys(work: &mut Command<'_, '_>) -> Outcome {
    let request: DebugKeys = work.payload()?;
    if request.nr_keys > MAX_KEYS {
        return Err(XenErrno::E2big);
    }
    let keys = GuestVa::new(request.keys.raw());
    for index in 0..request.nr_keys {
        let mut key = [0];
        guest::read_bytes(guest::element(keys, index.into(), 1)?, &mut key)?;
        let [letter] = key;
        console::press(work.cx.cpu, letter);
    }
    Ok(Answer::Done)
}

//! Sets of CPUs in the caller's memory (`xen/include/public/xen.h`, `struct xenctl_bitmap`).

use super::guest;
use crate::arch::to_usize;
use crate::sched::CpuSet;
use types::GuestVa;
use xen_abi::XenErrno;
use xen_abi::bitmap::Bitmap;
use xen_abi::domctl::vcpu::XenctlBitmap;

/// Bytes of the largest set.
const BYTES: usize = 8;
/// Bytes beyond them that are filled with zeroes at most: those of 32768 CPUs.
const REST_BYTES: u64 = 4096;

/// Copies a set from the caller.
///
/// # Errors
/// EFAULT.
pub fn read(map: &XenctlBitmap) -> Result<CpuSet, XenErrno> {
    let mut bytes = [0; BYTES];
    let len = to_usize(map.bytes().min(BYTES as u64));
    if let Some(part) = bytes.get_mut(..len) {
        guest::read_bytes(map.bitmap.raw(), part)?;
    }
    Ok(CpuSet::from_bits(Bitmap::<BYTES>::decode(&bytes, map.nr_bits).bits()))
}

/// Copies a set to the caller, as much as he has room for, and zeroes behind it.
///
/// # Errors
/// EFAULT.
pub fn write(map: &XenctlBitmap, cpus: CpuSet) -> Result<(), XenErrno> {
    let mut bytes = [0; BYTES];
    Bitmap::<BYTES>::from_bits(cpus.bits()).encode(map.nr_bits, 0, &mut bytes);
    let len = to_usize(map.bytes().min(BYTES as u64));
    if let Some(part) = bytes.get(..len) {
        guest::write_bytes(map.bitmap.raw(), part)?;
    }
    clear(map.bitmap, BYTES as u64, map.bytes().min(BYTES as u64 + REST_BYTES))
}

fn clear(map: GuestVa, from: u64, to: u64) -> Result<(), XenErrno> {
    let zeroes = [0; 64];
    let mut at = from;
    while at < to {
        let len = (to - at).min(zeroes.len() as u64);
        let part = zeroes.get(..to_usize(len)).unwrap_or(&[]);
        guest::write_bytes(guest::element(map, at, 1)?, part)?;
        at += len;
    }
    Ok(())
}

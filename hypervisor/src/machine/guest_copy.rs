//! Copying between EL2 and the memory that a guest names by its own virtual addresses.
//!
//! Hypercall handles are virtual addresses of the calling vCPU (xen/include/public/arch-arm.h). Each
//! page is translated by the vCPU's own tables, as EL1 would access it, and only RAM is touched. The
//! domain's stage 2 is held meanwhile, so callers hold no lock of rank P2M or above.

use crate::arch::sysreg::{self, Access};
use crate::machine::frame_window::{self, NotRam};
use crate::machine::percpu;
use types::{GuestVa, PAGE_BYTES, PhysAddr};

/// The guest's address does not lead to memory it may access so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadAddress;

/// PAR_EL1 bit 0: the translation failed.
const PAR_FAULT: u64 = 1;
/// PAR_EL1 bits 47:12: the frame.
const PAR_ADDRESS: u64 = 0x0000_ffff_ffff_f000;

/// Returns what physical address stands behind an address of the calling vCPU now.
///
/// # Errors
/// If the vCPU could not access it so.
pub fn translate(va: GuestVa, access: Access) -> Result<PhysAddr, BadAddress> {
    let par = sysreg::translate(va.raw(), access);
    if par & PAR_FAULT != 0 {
        return Err(BadAddress);
    }
    Ok(PhysAddr::new(par & PAR_ADDRESS | va.page_offset()))
}

/// Runs `f` on what stands behind an address of the calling vCPU.
///
/// Nobody takes the page away, or has it in pieces, between the translation and the copy.
#[inline]
fn page<R>(
    va: GuestVa,
    access: Access,
    f: impl FnOnce(PhysAddr) -> Result<R, NotRam>,
) -> Result<R, BadAddress> {
    let vcpu = percpu::this_vcpu().ok_or(BadAddress)?;
    let _held = vcpu.domain.p2m.hold();
    f(translate(va, access)?).map_err(|_| BadAddress)
}

/// Runs `f` on each page's piece of a buffer that crosses a page's end: address, offset, length.
#[cold]
fn pages(
    va: GuestVa,
    bytes: usize,
    access: Access,
    mut f: impl FnMut(PhysAddr, usize, usize) -> Result<(), NotRam>,
) -> Result<(), BadAddress> {
    va.checked_add(bytes as u64).ok_or(BadAddress)?;
    let mut done = 0;
    while done < bytes {
        let at = va.wrapping_add(done as u64);
        let room = crate::arch::to_usize(PAGE_BYTES - at.page_offset());
        let len = room.min(bytes - done);
        page(at, access, |pa| f(pa, done, len))?;
        done += len;
    }
    Ok(())
}

/// Tells whether `bytes` from an address on are in one page.
#[inline]
fn is_in_page(va: GuestVa, bytes: usize) -> bool {
    va.page_offset() + bytes as u64 <= PAGE_BYTES
}

/// Copies from the calling vCPU's memory.
///
/// # Errors
/// If any byte of it is not readable RAM.
pub fn read(va: GuestVa, buffer: &mut [u8]) -> Result<(), BadAddress> {
    let bytes = buffer.len();
    if is_in_page(va, bytes) {
        return page(va, Access::Read, |pa| frame_window::read(pa, buffer));
    }
    pages(va, bytes, Access::Read, |pa, offset, len| {
        let piece = buffer.get_mut(offset..offset + len).ok_or(NotRam)?;
        frame_window::read(pa, piece)
    })
}

/// Copies to the calling vCPU's memory.
///
/// # Errors
/// If any byte of it is not writable RAM.
pub fn write(va: GuestVa, buffer: &[u8]) -> Result<(), BadAddress> {
    if is_in_page(va, buffer.len()) {
        return page(va, Access::Write, |pa| frame_window::write(pa, buffer));
    }
    pages(va, buffer.len(), Access::Write, |pa, offset, len| {
        let piece = buffer.get(offset..offset + len).ok_or(NotRam)?;
        frame_window::write(pa, piece)
    })
}

/// Copies an array from the calling vCPU's memory: few instructions, as the compiler knows its length.
///
/// # Errors
/// If any byte of it is not readable RAM.
#[inline(never)]
pub fn read_array<B: AsMut<[u8]>>(va: GuestVa, array: &mut B) -> Result<(), BadAddress> {
    let buffer = array.as_mut();
    if !is_in_page(va, buffer.len()) {
        return read(va, buffer);
    }
    page(va, Access::Read, |pa| frame_window::read(pa, buffer))
}

/// Copies an array to the calling vCPU's memory: few instructions, as the compiler knows its length.
///
/// # Errors
/// If any byte of it is not writable RAM.
#[inline(never)]
pub fn write_array<B: AsRef<[u8]>>(va: GuestVa, array: &B) -> Result<(), BadAddress> {
    let buffer = array.as_ref();
    if !is_in_page(va, buffer.len()) {
        return write(va, buffer);
    }
    page(va, Access::Write, |pa| frame_window::write(pa, buffer))
}

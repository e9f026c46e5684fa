//! Touching RAM by its physical address.
//!
//! On A64 all RAM is mapped (the direct map); on A32 a per-CPU window is moved over the frame. Every
//! function refuses what is not RAM of the machine: a wrong address reads as an error, never as a
//! device. Which frame may be touched is decided above, by ownership: guests' frames, boot modules
//! and page tables, never a frame that holds EL2's own objects.

use crate::arch::{cache, cpu, window};
use core::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use types::{Mfn, PAGE_BYTES, PAGE_SHIFT, PhysAddr, PhysRange, VirtAddr};

/// The most separate ranges of RAM.
pub const MAX_RANGES: usize = 64;

/// The address is not in RAM, or the range leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotRam;

/// Numbers of the first frame and of that behind the last of each range of RAM that may be touched, in
/// the order they were added; the rest are empty. The boot CPU adds them before there are others. (Frame
/// numbers, as these have one word on A32.)
static RAM: [[AtomicUsize; 2]; MAX_RANGES] = [const { [const { AtomicUsize::new(0) }; 2] }; MAX_RANGES];
static RANGES: AtomicUsize = AtomicUsize::new(0);

fn frame_number(pa: u64) -> usize {
    crate::arch::to_usize(pa >> PAGE_SHIFT)
}

/// Adds a range of RAM, which is mapped if the architecture maps all RAM; whole pages count.
///
/// # Errors
/// If there is no place left for it; its bytes then stay out of reach.
pub fn add_ram(range: PhysRange) -> Result<(), NotRam> {
    let at = RANGES.load(Ordering::Relaxed);
    let [start, end] = RAM.get(at).ok_or(NotRam)?;
    start.store(frame_number(range.start().raw().saturating_add(PAGE_BYTES - 1)), Ordering::Relaxed);
    end.store(frame_number(range.end().raw()), Ordering::Relaxed);
    RANGES.store(at.wrapping_add(1), Ordering::Relaxed);
    Ok(())
}

/// Tells whether `bytes` from `pa` on are RAM, in one range.
#[inline]
pub fn is_ram(pa: PhysAddr, bytes: u64) -> bool {
    let first = frame_number(pa.raw());
    let last = frame_number(pa.raw().saturating_add(bytes.saturating_sub(1)));
    are_ram(first, last)
}

/// Tells whether the frames `first` to `last` are RAM, in one range.
#[inline]
fn are_ram(first: usize, last: usize) -> bool {
    let holds = |[start, end]: &[AtomicUsize; 2]| {
        first >= start.load(Ordering::Relaxed) && last < end.load(Ordering::Relaxed)
    };
    RAM.iter().any(holds)
}

fn check(pa: PhysAddr, bytes: usize) -> Result<(), NotRam> {
    if is_ram(pa, bytes as u64) { Ok(()) } else { Err(NotRam) }
}

/// Runs `f` with a pointer to the byte at `pa`, valid to the end of its frame.
#[inline]
fn in_frame<R>(pa: PhysAddr, f: impl FnOnce(*mut u8) -> R) -> Result<R, NotRam> {
    at_offset(frame_number(pa.raw()), crate::arch::to_usize(pa.page_offset()), f)
}

/// As [`in_frame`], by a frame's number and an offset into it.
#[inline]
fn at_offset<R>(frame: usize, offset: usize, f: impl FnOnce(*mut u8) -> R) -> Result<R, NotRam> {
    if let Some(page) = window::shown(frame) {
        return Ok(f(page.wrapping_add(offset)));
    }
    if !are_ram(frame, frame) {
        return Err(NotRam);
    }
    Ok(window::with(PhysAddr::new((frame as u64) << PAGE_SHIFT | offset as u64), f))
}

/// Tells whether `bytes` from `pa` on are in one frame.
#[inline]
fn is_in_frame(pa: PhysAddr, bytes: usize) -> bool {
    bytes <= crate::arch::to_usize(PAGE_BYTES - pa.page_offset())
}

/// Bytes from `pa` that one window reaches, at most `left`.
#[inline]
fn reach(pa: PhysAddr, left: usize) -> usize {
    if window::REACH_BYTES == u64::MAX {
        return left;
    }
    let chunk = window::REACH_BYTES.wrapping_sub(pa.raw() & window::REACH_BYTES.wrapping_sub(1));
    left.min(crate::arch::to_usize(chunk))
}

/// Runs `f` on each piece of `[pa, pa + bytes)` that one window reaches: pointer, offset, length.
fn pieces(pa: PhysAddr, bytes: usize, mut f: impl FnMut(*mut u8, usize, usize)) -> Result<(), NotRam> {
    check(pa, bytes)?;
    let mut done = 0;
    while done < bytes {
        let at = pa.wrapping_add(done as u64);
        let len = reach(at, bytes.wrapping_sub(done));
        window::with(at, |pointer| f(pointer, done, len));
        done = done.wrapping_add(len);
    }
    Ok(())
}

/// The most bytes that are copied without a call: few on A32, where the function called moves eight words at once.
const LITTLE_BYTES: usize = if size_of::<usize>() == 8 { 64 } else { 16 };

/// Copies bytes, most of which are the few words of a guest's structure.
///
/// # Safety
/// As [`core::ptr::copy_nonoverlapping`], but that others may access the guest's bytes meanwhile.
#[inline(always)]
unsafe fn copy_little(from: *const u8, to: *mut u8, bytes: usize) {
    // SAFETY: the caller's duty; `copy_words` finds both places aligned. Any bytes are a number.
    unsafe {
        let places = from as usize | to as usize;
        if bytes <= LITTLE_BYTES && (places | bytes).is_multiple_of(size_of::<usize>()) {
            copy_words::<usize>(from.cast(), to.cast(), bytes / size_of::<usize>());
        } else if bytes == 4 && places.is_multiple_of(4) {
            copy_words::<u32>(from.cast(), to.cast(), 1);
        } else {
            core::ptr::copy_nonoverlapping(from, to, bytes);
        }
    }
}

/// Copies aligned words one by one.
///
/// # Safety
/// As [`copy_little`].
#[inline(always)]
unsafe fn copy_words<W>(from: *const W, to: *mut W, count: usize) {
    for n in 0..count {
        // SAFETY: the caller's duty. Volatile, or the loop becomes the call that it saves.
        unsafe { to.add(n).write_volatile(from.add(n).read_volatile()) }
    }
}

/// Copies RAM into `buffer`.
///
/// # Errors
/// If the source is not RAM.
#[inline]
pub fn read(pa: PhysAddr, buffer: &mut [u8]) -> Result<(), NotRam> {
    let (to, bytes) = (buffer.as_mut_ptr(), buffer.len());
    if is_in_frame(pa, bytes) {
        // SAFETY: as below, in one piece.
        return in_frame(pa, |from| unsafe { copy_little(from, to, bytes) });
    }
    pieces(pa, bytes, |from, offset, len| {
        // SAFETY: (1) `from` reaches `len` mapped bytes of RAM; (2) `offset + len` is within `buffer`;
        // (3) the two do not overlap, as EL2's objects are in no frame that callers name. A guest may
        // write the source meanwhile: bytes are copied, whatever they are.
        unsafe { core::ptr::copy_nonoverlapping(from, to.add(offset), len) }
    })
}

/// Copies `buffer` to RAM.
///
/// # Errors
/// If the destination is not RAM.
#[inline]
pub fn write(pa: PhysAddr, buffer: &[u8]) -> Result<(), NotRam> {
    let (from, bytes) = (buffer.as_ptr(), buffer.len());
    if is_in_frame(pa, bytes) {
        // SAFETY: as in `read`, in the other direction.
        return in_frame(pa, |to| unsafe { copy_little(from, to, bytes) });
    }
    pieces(pa, bytes, |to, offset, len| {
        // SAFETY: as in `read`, in the other direction.
        unsafe { core::ptr::copy_nonoverlapping(from.add(offset), to, len) }
    })
}

/// Copies RAM to RAM; what is in both ranges is copied as it was if they are in one frame.
///
/// # Errors
/// If either is not RAM.
pub fn copy(from: PhysAddr, to: PhysAddr, bytes: u64) -> Result<(), NotRam> {
    let bytes = crate::arch::to_usize(bytes);
    check(from, bytes)?;
    check(to, bytes)?;
    let mut done = 0;
    while done < bytes {
        let (source, dest) = (from.wrapping_add(done as u64), to.wrapping_add(done as u64));
        let left = reach(source, bytes.wrapping_sub(done));
        done = done.wrapping_add(copy_piece(source, dest, reach(dest, left))?);
    }
    Ok(())
}

/// Copies between two frames, or within one, that are known to be RAM; the bytes are within a frame each.
///
/// Callers hold a reference to each frame, or keep it from being taken away meanwhile.
pub fn copy_held(from: PhysAddr, to: PhysAddr, bytes: usize) {
    let mut done = 0;
    while done < bytes {
        let (source, dest) = (from.wrapping_add(done as u64), to.wrapping_add(done as u64));
        let Ok(copied) = copy_piece(source, dest, bytes.wrapping_sub(done)) else { return };
        done = done.wrapping_add(copied);
    }
}

/// Copies what one window on each side reaches, or less, and returns how much.
fn copy_piece(from: PhysAddr, to: PhysAddr, len: usize) -> Result<usize, NotRam> {
    if window::are_apart(from, to) {
        let overlap = from.raw().abs_diff(to.raw()) < len as u64;
        let copy = |source: *const u8, dest: *mut u8| {
            // SAFETY: (1) both reach `len` mapped bytes of RAM, apart where it is said; (2) EL2's own
            // objects are in no frame that callers name; (3) guests may change the bytes meanwhile: they
            // are copied, whatever they are.
            unsafe {
                if overlap {
                    core::ptr::copy(source, dest, len);
                } else {
                    core::ptr::copy_nonoverlapping(source, dest, len);
                }
            }
        };
        window::with(from, |source| window::with(to, |dest| copy(source, dest)));
        return Ok(len);
    }
    let mut bytes = [0; 512];
    let piece = bytes.get_mut(..len.min(512)).ok_or(NotRam)?;
    read(from, piece)?;
    write(to, piece)?;
    Ok(piece.len())
}

/// Zeroes RAM.
///
/// # Errors
/// If it is not RAM.
pub fn zero(range: PhysRange) -> Result<(), NotRam> {
    pieces(range.start(), crate::arch::to_usize(range.len_bytes()), |pointer, _, len| {
        // SAFETY: `pointer` reaches `len` mapped bytes of RAM that the caller owns.
        unsafe { core::ptr::write_bytes(pointer, 0, len) }
    })
}

/// Cleans and invalidates RAM to the point of coherency.
///
/// # Errors
/// If it is not RAM.
pub fn clean_invalidate(range: PhysRange) -> Result<(), NotRam> {
    pieces(range.start(), crate::arch::to_usize(range.len_bytes()), |pointer, _, len| {
        cache::clean_invalidate(VirtAddr::new(pointer as usize), len);
    })
}

/// Reads the naturally aligned 64-bit word at `pa`, in one access.
#[inline]
pub fn read_u64(pa: PhysAddr) -> u64 {
    debug_assert!(pa.is_aligned(8));
    window::with(pa, |pointer| {
        // SAFETY: callers pass an entry of a page table, 8-byte aligned, in RAM that is mapped.
        cpu::load_entry(unsafe { &*pointer.cast::<AtomicU64>() })
    })
}

/// Tells whether one of `count` aligned 64-bit words from `pa` on, all in one frame, is odd.
pub fn any_odd(pa: PhysAddr, count: usize) -> bool {
    /// Words that are looked at together.
    const GROUP: usize = 8;
    window::with(pa, |pointer| {
        // SAFETY: as in `read_u64`, for each; the lower half of a little-endian word tells.
        let low = |n: usize| unsafe { (*pointer.add(n * 8).cast::<AtomicU32>()).load(Ordering::Relaxed) };
        let groups =
            (0..count / GROUP).map(|group| (0..GROUP).fold(0, |all, n| all | low(group * GROUP + n)));
        let rest = (count / GROUP * GROUP..count).map(low);
        groups.chain(rest).any(|all| all & 1 != 0)
    })
}

/// Writes the naturally aligned 64-bit word at `pa`, in one access.
#[inline]
pub fn write_u64(pa: PhysAddr, value: u64) {
    debug_assert!(pa.is_aligned(8));
    window::with(pa, |pointer| {
        // SAFETY: as in `read_u64`.
        cpu::store_entry(unsafe { &*pointer.cast::<AtomicU64>() }, value);
    });
}

/// Runs `f` on the 32-bit word `index`, modulo the words of a frame, of a frame that is known to be RAM; a
/// guest may change it at any time.
///
/// Callers hold a reference to the frame (`mm::frames::get`, or it is EL2's own for good), and `f` reaches
/// no other frame.
#[inline]
pub fn with_held_word<R>(frame: Mfn, index: usize, f: impl FnOnce(&AtomicU32) -> R) -> R {
    let pa = frame.addr().wrapping_add((index as u64) << 2 & (PAGE_BYTES - 4));
    window::with(pa, |pointer| {
        // SAFETY: (1) the frame is RAM, as only RAM can be referenced, and the word is in it, aligned, and
        // mapped while `f` runs; (2) every bit pattern is valid and concurrent changes by the guest are
        // accesses of another observer; (3) EL2's own objects are in no frame that callers name.
        f(unsafe { &*pointer.cast::<AtomicU32>() })
    })
}

/// Zeroes one frame for a page table, which is used at once.
pub fn zero_frame(pa: PhysAddr) {
    window::with(pa, |pointer| {
        // SAFETY: callers pass a frame that they have just allocated, in RAM that is mapped.
        unsafe { core::ptr::write_bytes(pointer, 0, crate::arch::to_usize(PAGE_BYTES)) }
    });
}

/// Zeroes one frame of memory in bulk, by cache lines where the CPU can, to the point of coherency: its next
/// owner may look at it with its caches off.
pub fn scrub_frame(frame: Mfn) {
    window::with(frame.addr(), |page| cache::scrub_page(VirtAddr::new(page as usize)));
}

/// Returns mapped memory as a slice for good.
///
/// Boot calls it once for each run of addresses, on frames that it has just mapped there and that
/// nothing else uses; T is valid for any bytes (frame-table entries, which are filled before use).
pub fn static_slice<T: FrameData>(va: VirtAddr, count: usize) -> &'static mut [T] {
    // SAFETY: (1) `va` is page-aligned and `count * size_of::<T>()` bytes are mapped there; (2) each
    // run is handed out once, so the reference is unique; (3) FrameData is valid for any bytes.
    unsafe { core::slice::from_raw_parts_mut(va.raw() as *mut T, count) }
}

/// Types for which any bytes are a value.
///
/// # Safety
/// Implement it only for plain integers and structures of them.
pub unsafe trait FrameData {}

// SAFETY: a frame's entry is integers only; crates/frames documents that it initialises what
// it is lent before it reads it.
unsafe impl FrameData for frames::FrameInfo {}

/// Returns mapped memory as bytes, for good: a boot loader's device tree, mapped read-only.
pub fn static_bytes(va: VirtAddr, bytes: usize) -> &'static [u8] {
    // SAFETY: (1) the caller (boot) has just mapped `bytes` there, for good; (2) nobody writes them:
    // the mapping is read-only and the frames are kept from every domain.
    unsafe { core::slice::from_raw_parts(va.raw() as *const u8, bytes) }
}

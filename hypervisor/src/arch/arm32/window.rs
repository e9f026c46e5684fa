//! How Hyp mode reaches a frame: there is no room to map all RAM, so each CPU has a few pages of addresses
//! that it moves over the frames it needs.
//!
//! The slots' tables are in the image, and a slot is touched by its CPU alone, so moving it takes no lock
//! and only local TLB maintenance. A slot stays where it is until another frame is needed that falls to
//! it: walking tables or looking at a guest's words again moves none.

use super::{cpu, layout, tlb};
use crate::machine::percpu::{self, MAX_CPUS};
use arm_spec::lpae;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use pagetable::{Attrs, El2Access, El2Memory};
use types::{PAGE_BYTES, PAGE_SHIFT, PhysAddr, VirtAddr};

/// Bytes from an aligned address on that one window reaches.
pub const REACH_BYTES: u64 = PAGE_BYTES;

/// What a slot's entry holds besides the address.
const PAGE: u64 =
    lpae::VALID | lpae::TABLE_OR_PAGE | Attrs::el2(El2Memory::Normal, El2Access::ReadWrite).bits();

/// The slots of a CPU; a frame falls to one by the low bits of its number.
const SLOTS: usize = 16;

unsafe extern "C" {
    /// The last-level tables behind the slots (boot/arm32/tables.S).
    static window_table: [AtomicU64; SLOTS * MAX_CPUS];
}

const _: () = assert!(SLOTS * MAX_CPUS <= 2 * lpae::ENTRIES, "the slots have two tables");

/// What each slot shows: a frame's number and [`SHOWS`], or zero for nothing.
static SHOWN: [AtomicUsize; SLOTS * MAX_CPUS] = [const { AtomicUsize::new(0) }; SLOTS * MAX_CPUS];
/// Not part of any frame's number, which has 28 bits.
const SHOWS: usize = 1 << 31;

/// Returns where RAM at `pa` is mapped for good: nowhere.
#[inline]
pub const fn permanent(_pa: PhysAddr) -> Option<VirtAddr> {
    None
}

/// Returns a pointer to a frame, by its number, if it is shown already, so that it is known to be RAM; it is
/// valid until another window is opened.
#[inline]
pub fn shown(frame: usize) -> Option<*mut u8> {
    let slot = slot(frame);
    (SHOWN[slot].load(Ordering::Relaxed) == frame | SHOWS).then(|| page(slot).raw() as *mut u8)
}

/// Tells whether windows to these two can be open at once: they fall to two slots or show one frame.
#[inline]
pub fn are_apart(a: PhysAddr, b: PhysAddr) -> bool {
    let (a, b) = (frame_number(a), frame_number(b));
    a == b || a % SLOTS != b % SLOTS
}

/// Runs `f` with a pointer to the byte at `pa`, which must be in RAM, valid to the end of its page.
///
/// `f` opens no other window itself but one that is [apart](are_apart).
#[inline]
pub fn with<R>(pa: PhysAddr, f: impl FnOnce(*mut u8) -> R) -> R {
    let frame = frame_number(pa);
    let slot = slot(frame);
    if SHOWN[slot].load(Ordering::Relaxed) != frame | SHOWS {
        show(slot, frame);
    }
    f(pointer(slot, pa))
}

#[inline]
fn frame_number(pa: PhysAddr) -> usize {
    super::to_usize(pa.raw() >> PAGE_SHIFT)
}

/// Returns which slot of this CPU's a frame falls to; before a CPU has its data only the boot CPU runs.
#[inline]
fn slot(frame: usize) -> usize {
    let cpu = percpu::this().map_or(0, |cpu| cpu.id.index());
    (cpu % MAX_CPUS) * SLOTS + frame % SLOTS
}

#[inline]
fn pointer(slot: usize, pa: PhysAddr) -> *mut u8 {
    (page(slot).raw() + super::to_usize(pa.page_offset())) as *mut u8
}

#[inline]
fn page(slot: usize) -> VirtAddr {
    layout::WINDOWS.wrapping_add(slot << PAGE_SHIFT)
}

/// Moves a slot over a frame by break before make (Arm ARM DDI 0406C B3.10.1): the old entry is gone from
/// this CPU's TLB before the new one can be walked; no other CPU accesses the slot.
#[inline(never)]
fn show(slot: usize, frame: usize) {
    // SAFETY: the table is made of 64-bit words in the image's .bss, accessed atomically and by the
    // table walker alone.
    let entry = unsafe { &window_table[slot] };
    entry.store(0, Ordering::Relaxed);
    tlb::flush_el2_page_local(page(slot));
    entry.store((frame as u64) << PAGE_SHIFT | PAGE, Ordering::Relaxed);
    cpu::dsb_nsh();
    cpu::isb();
    SHOWN[slot].store(frame | SHOWS, Ordering::Relaxed);
}

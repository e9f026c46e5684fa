//! How Hyp mode reaches a frame: there is no room to map all RAM, so each CPU has one page of addresses
//! that it moves over the frame it needs.
//!
//! The slots' table is in the image, and a slot is touched by its CPU alone, so moving it takes no lock
//! and only local TLB maintenance. A slot stays where it is until another frame is needed: walking a
//! table moves it once.

use super::{cpu, layout, tlb};
use crate::machine::percpu;
use arm_spec::lpae;
use core::sync::atomic::{AtomicU64, Ordering};
use pagetable::{Attrs, El2Access, El2Memory};
use types::{PAGE_BYTES, PhysAddr, VirtAddr};

/// Bytes from an aligned address on that one window reaches.
pub const REACH_BYTES: u64 = PAGE_BYTES;

/// What a slot's entry holds besides the address.
const PAGE: u64 =
    lpae::VALID | lpae::TABLE_OR_PAGE | Attrs::el2(El2Memory::Normal, El2Access::ReadWrite).bits();

unsafe extern "C" {
    /// The last-level table behind the slots (boot/arm32/tables.S).
    static window_table: [AtomicU64; 512];
}

/// Returns where RAM at `pa` is mapped for good: nowhere.
#[inline]
pub const fn permanent(_pa: PhysAddr) -> Option<VirtAddr> {
    None
}

/// Runs `f` with a pointer to the byte at `pa`, which must be in RAM, valid to the end of its page.
///
/// `f` does not open a window itself.
#[inline]
pub fn with<R>(pa: PhysAddr, f: impl FnOnce(*mut u8) -> R) -> R {
    let page = move_slot(slot(), pa);
    f((page.raw() + super::to_usize(pa.page_offset())) as *mut u8)
}

/// Returns the number of this CPU's slot; before a CPU has its data only the boot CPU runs.
#[inline]
fn slot() -> usize {
    percpu::this().map_or(0, |cpu| cpu.id.index())
}

/// Lets slot `slot` show the frame of `pa` and returns where.
#[inline]
fn move_slot(slot: usize, pa: PhysAddr) -> VirtAddr {
    // SAFETY: the table is made of 64-bit words in the image's .bss, accessed atomically and by the
    // table walker alone.
    let entry = unsafe { &window_table[slot] };
    let page = layout::WINDOWS.wrapping_add(slot << types::PAGE_SHIFT);
    let wanted = pa.raw() & lpae::ADDRESS | PAGE;
    if entry.load(Ordering::Relaxed) != wanted {
        // Break before make (Arm ARM DDI 0406C B3.10.1): the old entry is gone from this CPU's TLB
        // before the new one can be walked; no other CPU accesses the slot.
        entry.store(0, Ordering::Relaxed);
        tlb::flush_el2_page_local(page);
        entry.store(wanted, Ordering::Relaxed);
        cpu::dsb_nsh();
        cpu::isb();
    }
    page
}

//! EL2's byte heap: small objects that live as long as domains, vCPUs and interrupts do.
//!
//! Nothing is allocated on a trap's path. The memory is one run of frames, mapped at boot.

use crate::machine::sync::{Lock, rank};
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;
use frames::ByteHeap;
use types::VirtAddr;

struct Heap(Lock<ByteHeap, { rank::HEAP }>);

#[cfg_attr(target_os = "none", global_allocator)]
static HEAP: Heap = Heap(Lock::new(ByteHeap::new()));

// SAFETY: the buddy heap hands out disjoint, sufficiently aligned blocks of the memory given to
// `init`, and fails by null; the lock serialises it.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.0.lock().alloc(layout).map_or(core::ptr::null_mut(), NonNull::as_ptr)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if let Some(pointer) = NonNull::new(pointer) {
            // SAFETY: by GlobalAlloc's contract the block came from `alloc` with this layout.
            unsafe { self.0.lock().dealloc(pointer, layout) }
        }
    }
}

/// Gives the heap its memory: mapped, writable, used by nothing else.
pub fn init(start: VirtAddr, bytes: usize) {
    // SAFETY: the caller (boot) has mapped fresh frames there for the heap alone, for good.
    unsafe { HEAP.0.lock().init(start.raw(), bytes) }
}

/// Returns the bytes handed out and the bytes there are, or `None` while somebody holds the lock.
pub fn try_usage() -> Option<(usize, usize)> {
    let heap = HEAP.0.try_lock()?;
    Some((heap.stats_alloc_actual(), heap.stats_total_bytes()))
}

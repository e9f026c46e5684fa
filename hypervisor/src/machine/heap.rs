//! EL2's byte heap: small objects that live as long as domains, vCPUs and interrupts do.
//!
//! Nothing is allocated on a trap's path. The memory is one run of frames, mapped at boot.

use crate::machine::percpu::{self, MAX_CPUS};
use crate::machine::sync::{Lock, rank};
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};
use frames::ByteHeap;
use types::VirtAddr;

struct Heap(Lock<ByteHeap, { rank::HEAP }>);

/// A block that is kept for the next allocation of a CPU: its address and its size; zero is none.
struct Kept {
    address: AtomicUsize,
    bytes: AtomicUsize,
}

/// Only the CPU of its index uses one.
static KEPT: [Kept; MAX_CPUS] =
    [const { Kept { address: AtomicUsize::new(0), bytes: AtomicUsize::new(0) } }; MAX_CPUS];

#[cfg_attr(target_os = "none", global_allocator)]
static HEAP: Heap = Heap(Lock::new(ByteHeap::new()));

// SAFETY: the buddy heap hands out disjoint, sufficiently aligned blocks of the memory given to
// `init`, and fails by null; the lock serialises it.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if let Some(block) = take_kept(layout) {
            return block.as_ptr();
        }
        self.0.lock().alloc(layout).map_or(core::ptr::null_mut(), NonNull::as_ptr)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if let Some(pointer) = NonNull::new(pointer) {
            // SAFETY: by GlobalAlloc's contract the block came from `alloc` with this layout.
            unsafe { self.0.lock().dealloc(pointer, layout) }
        }
    }
}

fn kept() -> Option<&'static Kept> {
    KEPT.get(percpu::this()?.id.index())
}

/// Takes this CPU's kept block if it is the one that is asked for.
fn take_kept(layout: Layout) -> Option<NonNull<u8>> {
    let kept = kept()?;
    if kept.address.load(Ordering::Relaxed) == 0 || kept.bytes.load(Ordering::Relaxed) != layout.size() {
        return None;
    }
    // The block came from this heap for a layout of this size, whose alignment is no smaller: see `hand_out`.
    NonNull::new(core::ptr::with_exposed_provenance_mut(kept.address.swap(0, Ordering::Relaxed)))
}

/// Runs `f`, whose next allocation is one of `layout`, if there is memory for it; else returns `None`.
pub fn hand_out<R>(layout: Layout, f: impl FnOnce() -> R) -> Option<R> {
    // On the host, and before there is a CPU to keep it for, the allocation is the allocator's affair.
    let Some(kept) = kept().filter(|_| cfg!(target_os = "none")) else { return Some(f()) };
    let block = HEAP.0.lock().alloc(layout).ok()?;
    kept.bytes.store(layout.size(), Ordering::Relaxed);
    kept.address.store(block.as_ptr().expose_provenance(), Ordering::Relaxed);
    let result = f();
    if let Some(left) = take_kept(layout) {
        // SAFETY: the block is from `alloc` above with this layout, and nobody took it.
        unsafe { HEAP.0.lock().dealloc(left, layout) }
    }
    Some(result)
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

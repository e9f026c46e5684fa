//! The machine's frames: who owns each, and which are free. Lock rank: FRAMES.

use crate::machine::frame_window;
use crate::machine::sync::{Lock, rank};
use frames::{Allocated, Contents, FrameTable, Stats, Usage, Within};
use types::{Mfn, PAGE_BYTES, PAGE_SHIFT, PhysAddr, PhysRange};

pub use frames::{Error, Put, Used};

static FRAMES: Lock<Option<FrameTable<'static>>, { rank::FRAMES }> = Lock::new(None);

/// Makes `table` the machine's.
pub fn init(table: FrameTable<'static>) {
    *FRAMES.lock() = Some(table);
}

fn with<R>(f: impl FnOnce(&mut FrameTable<'static>) -> R) -> Option<R> {
    FRAMES.lock().as_mut().map(f)
}

/// Makes a range of RAM free.
///
/// # Errors
/// If part of it is not covered by the frame table or is free already.
pub fn add_free(range: PhysRange) -> Result<(), Error> {
    with(|table| table.add_region(range, Contents::Dirty))
        .unwrap_or(Err(Error::NoSection(range.start().frame())))
}

/// Allocates `1 << order` frames, aligned to their size; their content is arbitrary.
pub fn alloc(order: u32, within: Within, usage: Usage) -> Option<Allocated> {
    with(|table| table.alloc(order, within, usage)).flatten()
}

/// Takes exactly these frames.
///
/// # Errors
/// If one of them is not free: it is named.
pub fn alloc_at(range: PhysRange, usage: Usage) -> Result<(), Error> {
    with(|table| table.alloc_at(range, usage)).unwrap_or(Err(Error::NoSection(range.start().frame())))
}

/// Gives frames back that have no reference but their owner's.
///
/// # Errors
/// If one is in use or free already; nothing is changed then.
pub fn free_range(range: PhysRange) -> Result<(), Error> {
    with(|table| table.free_range(range, Contents::Dirty))
        .unwrap_or(Err(Error::NoSection(range.start().frame())))
}

/// Returns who uses a frame, or `None` if it is free or no RAM.
pub fn used(mfn: Mfn) -> Option<Used> {
    with(|table| table.used(mfn)).flatten()
}

/// Tells whether a frame has this use.
pub fn is_used_as(mfn: Mfn, usage: Usage) -> bool {
    with(|table| table.is_used_as(mfn, usage)).unwrap_or(false)
}

/// Tells whether every frame of `range`, whole pages, has this use.
pub fn all_used(range: PhysRange, usage: Usage) -> bool {
    with(|table| table.all_used(range, usage)).unwrap_or(false)
}

/// Takes a reference to a frame of `owner`'s.
///
/// # Errors
/// If it is not a frame of that domain's memory.
pub fn get(mfn: Mfn, owner: types::DomId) -> Result<(), Error> {
    with(|table| table.get(mfn, owner)).unwrap_or(Err(Error::NoSection(mfn)))
}

/// Drops a reference.
pub fn put(mfn: Mfn) {
    let last = with(|table| table.put(mfn));
    if let Some(Ok(Put::Last)) = last
        && let Ok(range) = PhysRange::new(mfn.addr(), PAGE_BYTES)
    {
        // The frame has no reference left, so that it can be freed.
        let _ = free_range(range);
    }
}

/// Zeroes all free memory, a run of at most 2 MiB at a time.
pub fn scrub_free() {
    /// Frames that are taken, and looked at, at a time.
    const RUN: u32 = 512;
    let mut cursor = Mfn::new(0);
    while stats().dirty_frames > 0 {
        let Some(run) = with(|table| table.take_dirty(&mut cursor, RUN, RUN)).flatten() else { continue };
        let frames = run.start().frame().raw()..run.end().frame().raw();
        frames.map(Mfn::new).for_each(frame_window::scrub_frame);
        // They are in use and have one reference: they can be freed.
        let _ = with(|table| table.free_range(run, Contents::Clean));
    }
}

/// Returns how much is free.
pub fn stats() -> Stats {
    with(|table| table.stats()).unwrap_or(Stats { free_frames: 0, dirty_frames: 0 })
}

/// As [`stats`], or `None` while somebody holds the lock.
pub fn try_stats() -> Option<Stats> {
    FRAMES.try_lock()?.as_mut().map(|table| table.stats())
}

/// Allocates zeroed frames for a root of `bytes`, aligned to their size.
pub fn alloc_root(bytes: u64) -> Option<PhysAddr> {
    let order = (bytes.max(PAGE_BYTES) >> PAGE_SHIFT).next_power_of_two().trailing_zeros();
    let pa = alloc(order, Within::Any, Usage::HYPERVISOR)?.mfn.addr();
    for page in 0..1u64 << order {
        frame_window::zero_frame(pa.wrapping_add(page << PAGE_SHIFT));
    }
    crate::arch::cpu::dsb_ish();
    Some(pa)
}

/// Gives the frames of a root of `bytes` back.
pub fn free_root(root: PhysAddr, bytes: u64) {
    let bytes = bytes.max(PAGE_BYTES).next_power_of_two();
    if let Ok(range) = PhysRange::new(root, bytes) {
        // A root's frames have one reference, their owner's: they can be freed.
        let _ = free_range(range);
    }
}

/// Allocates a zeroed page for a table.
pub fn alloc_table() -> Option<PhysAddr> {
    alloc_root(PAGE_BYTES)
}

/// Gives a table's page back.
pub fn free_table(table: PhysAddr) {
    if let Ok(range) = PhysRange::new(table, PAGE_BYTES) {
        // A table's page has one reference, its owner's: it can be freed.
        let _ = free_range(range);
    }
}

//! EL2's address space: the tables that the entry code made, and what is added to them.
//!
//! Tables come from a small pool in the image until frames can be allocated. Lock rank: HYP_SPACE.

use crate::arch::{self, boot, layout, tlb, window};
use crate::machine::frame_window;
use crate::machine::sync::{Lock, rank};
use crate::mm::frames;
use core::sync::atomic::{AtomicUsize, Ordering};
use pagetable::{Attrs, El2Access, El2Memory, FlushRange, PageTable, Span, TableStore};
use types::{PAGE_BYTES, PhysAddr, PhysRange, VirtAddr};

/// Why EL2 could not map something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// No frame is left for a table.
    OutOfTables,
    /// The region of virtual addresses is full.
    OutOfSpace,
    /// The range's bounds cannot be mapped.
    BadRange,
}

impl From<pagetable::Error> for Error {
    fn from(error: pagetable::Error) -> Self {
        match error {
            pagetable::Error::OutOfTables => Self::OutOfTables,
            pagetable::Error::Overlap(_) | pagetable::Error::Misaligned | pagetable::Error::OutOfRange => {
                Self::BadRange
            }
        }
    }
}

/// Pages of the pool.
const POOL_PAGES: usize = 24;

#[repr(C, align(4096))]
struct Pool([[core::sync::atomic::AtomicU64; 512]; POOL_PAGES]);

/// The first tables' memory.
static POOL: Pool = Pool([const { [const { core::sync::atomic::AtomicU64::new(0) }; 512] }; POOL_PAGES]);
static POOL_USED: AtomicUsize = AtomicUsize::new(0);

/// Next free address in the region for devices.
static DEVICES_USED: AtomicUsize = AtomicUsize::new(0);

struct Space(Option<PageTable<VirtAddr>>);

static SPACE: Lock<Space, { rank::HYP_SPACE }> = Lock::new(Space(None));

/// How the tables' own memory is reached.
struct Store;

impl Store {
    /// Returns the entry if the table lies in the image, whose memory is mapped at its link address.
    fn in_image(table: PhysAddr, index: usize) -> Option<&'static core::sync::atomic::AtomicU64> {
        let offset = table.checked_sub(boot::image_phys())?;
        if offset >= boot::image_bytes() as u64 {
            return None;
        }
        Some(arch::boot::image_word(arch::to_usize(offset) + index * 8))
    }
}

impl TableStore for Store {
    fn alloc(&mut self) -> Option<PhysAddr> {
        let used = POOL_USED.load(Ordering::Relaxed);
        if let Some(page) = POOL.0.get(used) {
            POOL_USED.store(used + 1, Ordering::Relaxed);
            return Some(boot::image_to_phys(VirtAddr::new(page.as_ptr() as usize)));
        }
        frames::alloc_table()
    }

    fn free(&mut self, table: PhysAddr) {
        if Self::in_image(table, 0).is_none() {
            frames::free_table(table);
        }
    }

    fn read(&self, table: PhysAddr, index: usize) -> u64 {
        match Self::in_image(table, index) {
            Some(word) => word.load(Ordering::Relaxed),
            None => frame_window::read_u64(table.wrapping_add(index as u64 * 8)),
        }
    }

    fn write(&mut self, table: PhysAddr, index: usize, entry: u64) {
        match Self::in_image(table, index) {
            Some(word) => word.store(entry, Ordering::Relaxed),
            None => frame_window::write_u64(table.wrapping_add(index as u64 * 8), entry),
        }
    }

    fn publish(&mut self) {
        arch::cpu::dsb_ish();
        arch::cpu::isb();
    }

    fn flush(&mut self, range: FlushRange) {
        if range.operations() > 64 {
            return tlb::flush_el2_all();
        }
        for n in 0..range.operations() {
            tlb::flush_el2_page(VirtAddr::new(arch::to_usize(range.start + n * range.stride_bytes)));
        }
    }
}

fn with_space<R>(f: impl FnOnce(&mut PageTable<VirtAddr>) -> Result<R, Error>) -> Result<R, Error> {
    let mut space = SPACE.lock();
    if space.0.is_none() {
        space.0 = Some(PageTable::new(layout::GEOMETRY, boot::root_table())?);
    }
    f(space.0.as_mut().ok_or(Error::BadRange)?)
}

/// Maps `[pa, pa + bytes)` at `va` as memory.
///
/// # Errors
/// If tables run out or something is mapped there.
pub fn map_memory(va: VirtAddr, range: PhysRange, access: El2Access) -> Result<(), Error> {
    with_space(|space| {
        let span = Span::new(va, range.len_bytes());
        Ok(space.map(&mut Store, span, range.start(), Attrs::el2(El2Memory::Normal, access))?)
    })
}

/// Maps RAM where EL2 reaches all RAM, if the architecture has room for that.
///
/// # Errors
/// If tables run out; the range then stays out of reach.
pub fn map_ram(range: PhysRange) -> Result<(), Error> {
    if let Some(va) = window::permanent(range.start()) {
        map_memory(va, range, El2Access::ReadWrite)?;
    }
    frame_window::add_ram(range).map_err(|_| Error::OutOfSpace)
}

/// Reserves addresses for `bytes`, whole pages, and an unmapped page after them.
fn reserve(bytes: usize) -> Result<VirtAddr, Error> {
    let next = |used: usize| {
        let end = used.checked_add(bytes)?.checked_add(arch::to_usize(PAGE_BYTES))?;
        (end <= layout::DEVICES_BYTES).then_some(end)
    };
    let start = DEVICES_USED
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next)
        .map_err(|_| Error::OutOfSpace)?;
    Ok(layout::DEVICES.wrapping_add(start))
}

/// Maps whole pages around a range and returns where its first byte is.
fn map_somewhere(range: PhysRange, attrs: Attrs) -> Result<VirtAddr, Error> {
    let pages = range.pages_touched().ok_or(Error::BadRange)?;
    let va = reserve(arch::to_usize(pages.len_bytes()))?;
    with_space(|space| Ok(space.map(&mut Store, Span::new(va, pages.len_bytes()), pages.start(), attrs)?))?;
    Ok(va.wrapping_add(arch::to_usize(range.start().page_offset())))
}

/// Maps device registers.
///
/// # Errors
/// If addresses or tables run out.
pub fn map_device(range: PhysRange) -> Result<VirtAddr, Error> {
    map_somewhere(range, Attrs::el2(El2Memory::Device, El2Access::ReadWrite))
}

/// Maps memory that EL2 only reads: the device tree.
///
/// # Errors
/// If addresses or tables run out.
pub fn map_read_only(range: PhysRange) -> Result<VirtAddr, Error> {
    map_somewhere(range, Attrs::el2(El2Memory::Normal, El2Access::ReadOnly))
}

/// Unmaps `bytes` from `va`.
///
/// # Errors
/// If a block must be split and no table is left.
pub fn unmap(va: VirtAddr, bytes: u64) -> Result<(), Error> {
    with_space(|space| space.unmap(&mut Store, Span::new(va, bytes)).map(|_| ()).map_err(Error::from))
}

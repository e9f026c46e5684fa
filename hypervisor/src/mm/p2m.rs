//! A domain's stage 2: which frame stands behind each of its intermediate physical addresses.
//!
//! Break-before-make is seen by nobody: a fault whose address is valid when walked again under the
//! lock is retried ([`P2m::is_mapped`]). Frames that are taken out are only dropped after the flush,
//! which the table core asks for inside the lock; those of other domains are dropped here ([`counted`]).
//! Lock rank: P2M.

mod counted;
mod end;
#[cfg(test)]
mod tests;

pub use counted::Share;

use crate::arch::{self, sysreg, tlb};
use crate::machine::frame_window;
use crate::machine::sync::Once;
use crate::machine::sync::{SharedLock, rank};
use crate::mm::{frames, vmid};
use ::frames::{Usage, Within};
use alloc::vec::Vec;
use core::ops::Range;
use counted::uncounted;
use pagetable::{Attrs, Extent, FlushRange, Geometry, Mapping, PageTable, PageType, Span, TableStore};
use types::{DomId, Gfn, Ipa, IpaRange, PAGE_BYTES, PAGE_SHIFT, PhysAddr};

pub use end::Unmapped;
pub use pagetable::Error;

/// The shape of stage 2 on this machine.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Levels and width.
    pub geometry: Geometry,
    /// VTCR_EL2.
    pub vtcr: u64,
}

/// log2 of the most pages that are set aside at once.
const MAX_SPARE_ORDER: u32 = 9;

static SHAPE: Once<Shape> = Once::new();

/// Decides the shape of stage 2 from what the boot CPU supports.
pub fn init() -> Shape {
    *SHAPE.call_once(arch::layout::stage2_shape)
}

/// Returns the shape of stage 2.
pub fn shape() -> Shape {
    SHAPE.get().copied().unwrap_or_else(arch::layout::stage2_shape)
}

/// A domain's stage 2.
pub struct P2m {
    inner: SharedLock<Inner, { rank::P2M }>,
    vttbr: u64,
    /// Given back after the drop, when the TLBs have forgotten it.
    _vmid: vmid::Owned,
}

struct Inner {
    table: PageTable<Ipa>,
    store: Store,
    /// Entries that hold a reference to their frame.
    counted: u64,
    /// The guest whose memory goes with its entry; none for dom0, which keeps its frames.
    guest: Option<Guest>,
}

/// A guest's memory: each frame is mapped once, and is let go when it is mapped no more.
struct Guest {
    id: DomId,
    /// Frames that were let go.
    gone: u64,
}

/// Table pages, counted, and the flush of one VMID.
struct Store {
    vttbr: u64,
    tables: u64,
    /// The highest frame number ever mapped.
    highest: u64,
    /// The most pages that its tables may take, the root aside.
    limit: u64,
    /// Below this address nothing is mapped any more: how far the domain's end is.
    emptied: u64,
    /// Pages set aside for tables.
    spare: Vec<PhysAddr>,
}

impl Store {
    /// Notes that the page at `ipa` is mapped.
    fn reaches(&mut self, ipa: Ipa) {
        self.highest = self.highest.max(ipa.frame().raw());
    }

    /// Runs `f` with this VMID loaded, as TLBI by IPA means the current one.
    fn with_vmid(&self, f: impl FnOnce()) {
        let loaded = sysreg::vttbr();
        if loaded == self.vttbr {
            return f();
        }
        sysreg::set_vttbr(self.vttbr);
        f();
        sysreg::set_vttbr(loaded);
    }
}

impl TableStore for Store {
    fn alloc(&mut self) -> Option<PhysAddr> {
        if self.tables >= self.limit {
            return None;
        }
        // What is set aside first: how much is free does not depend on how dom0's blocks are split.
        let table = match self.spare.pop() {
            Some(table) => {
                frame_window::zero_frame(table);
                // Walkers must not see the table before its zeroes.
                arch::cpu::dsb_ish();
                table
            }
            None => frames::alloc_table()?,
        };
        self.tables += 1;
        Some(table)
    }

    fn free(&mut self, table: PhysAddr) {
        self.tables -= 1;
        if self.spare.len() < self.spare.capacity() {
            self.spare.push(table);
        } else {
            frames::free_table(table);
        }
    }

    fn read(&self, table: PhysAddr, index: usize) -> u64 {
        frame_window::read_u64(table.wrapping_add(index as u64 * 8))
    }

    fn write(&mut self, table: PhysAddr, index: usize, entry: u64) {
        frame_window::write_u64(table.wrapping_add(index as u64 * 8), entry);
    }

    fn has_valid(&self, table: PhysAddr, indexes: Range<usize>) -> bool {
        frame_window::any_odd(table.wrapping_add(indexes.start as u64 * 8), indexes.len())
    }

    fn publish(&mut self) {
        arch::cpu::dsb_ish();
    }

    fn flush(&mut self, _range: FlushRange) {
        // By IPA it would take two operations, one of which forgets all of the VMID's stage 1 anyway: what
        // combines both stages is found by neither's address (Arm ARM DDI 0487J D8.14.5).
        self.with_vmid(tlb::flush_vmid);
    }
}

impl P2m {
    /// Makes an empty stage 2 under `vmid`.
    ///
    /// # Errors
    /// If there is no memory for its root.
    pub fn new(vmid: vmid::Owned) -> Result<Self, Error> {
        let geometry = shape().geometry;
        let root = frames::alloc_root(geometry.root_bytes()).ok_or(Error::OutOfTables)?;
        let vttbr = u64::from(vmid.id().raw()) << 48 | root.raw();
        let table = PageTable::new(geometry, root)?;
        let store = Store { vttbr, tables: 0, limit: u64::MAX, highest: 0, emptied: 0, spare: Vec::new() };
        let inner = Inner { table, store, counted: 0, guest: None };
        Ok(Self { inner: SharedLock::new(inner), vttbr, _vmid: vmid })
    }

    /// Makes an empty stage 2 for guest `id`, whose memory is let go when it is unmapped.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn new_guest(vmid: vmid::Owned, id: DomId) -> Result<Self, Error> {
        let p2m = Self::new(vmid)?;
        p2m.inner.write().guest = Some(Guest { id, gone: 0 });
        Ok(p2m)
    }

    /// Limits the pages that its tables may take from now on, the root aside.
    pub fn set_table_limit(&self, pages: u64) {
        self.inner.write().store.limit = pages;
    }

    /// Returns how many frames of a guest's memory were let go since it was made, as they were unmapped.
    pub fn frames_gone(&self) -> u64 {
        self.inner.read().guest.as_ref().map_or(0, |guest| guest.gone)
    }

    /// Sets pages aside, with which the tables can always grow so much: blocks of memory that goes and
    /// comes are split.
    ///
    /// # Errors
    /// If there is no memory for them; fewer may be set aside then.
    pub fn set_aside(&self, tables: usize) -> Result<(), Error> {
        let store = &mut self.inner.write().store;
        store.spare.try_reserve_exact(tables).map_err(|_| Error::OutOfTables)?;
        let mut order = MAX_SPARE_ORDER;
        while store.spare.len() < tables {
            let left = tables - store.spare.len();
            order = order.min(left.ilog2());
            // They are zeroed when they are used.
            let Some(block) = frames::alloc(order, Within::Any, Usage::HYPERVISOR) else {
                order = order.checked_sub(1).ok_or(Error::OutOfTables)?;
                continue;
            };
            store.spare.extend((0..1 << order).map(|page| block.mfn.addr().wrapping_add(page << PAGE_SHIFT)));
        }
        Ok(())
    }

    /// Keeps everything mapped as it is while what it returns lives: for a copy that the running vCPU's
    /// own tables lead to.
    pub fn hold(&self) -> impl Drop + '_ {
        self.inner.read()
    }

    /// Returns VTTBR_EL2.
    pub fn vttbr(&self) -> u64 {
        self.vttbr
    }

    /// Maps `range` to memory or registers from `pa` on.
    ///
    /// # Errors
    /// If something is mapped there, or tables run out; nothing is changed then.
    pub fn map(&self, range: IpaRange, pa: PhysAddr, page: PageType) -> Result<(), Error> {
        let attrs = uncounted(page)?;
        let Inner { table, store, .. } = &mut *self.inner.write();
        table.map(store, Span::from(range), pa, attrs)?;
        store.reaches(range.end().wrapping_add(PAGE_BYTES.wrapping_neg()));
        Ok(())
    }

    /// Unmaps `range`; holes in it are fine.
    ///
    /// # Errors
    /// If a block must be split and tables run out; nothing is changed then.
    pub fn unmap(&self, range: IpaRange) -> Result<(), Error> {
        self.inner.write().unmap(range)
    }

    /// Maps one page where anything or nothing may be mapped, and returns what kind of page was.
    ///
    /// # Errors
    /// If tables run out or the address is no page's; what was mapped stays then.
    pub fn replace(&self, gfn: Gfn, pa: PhysAddr, page: PageType) -> Result<Option<PageType>, Error> {
        let ipa = gfn.checked_addr().ok_or(Error::OutOfRange)?;
        self.inner.write().replace(ipa, pa, uncounted(page)?)
    }

    /// Unmaps one page of memory and tells whether there was one.
    ///
    /// # Errors
    /// If a block must be split and tables run out; nothing is changed then.
    pub fn take_memory(&self, gfn: Gfn) -> Result<bool, Error> {
        Ok(self.take(gfn, |mapping| is_ram(mapping.attrs))?.is_some())
    }

    /// Maps `range` where anything or nothing may be mapped.
    ///
    /// # Errors
    /// If tables run out; some of what was mapped may be gone then.
    pub fn map_over(&self, range: IpaRange, pa: PhysAddr, page: PageType) -> Result<(), Error> {
        let attrs = uncounted(page)?;
        let inner = &mut *self.inner.write();
        inner.unmap(range)?;
        inner.table.map(&mut inner.store, Span::from(range), pa, attrs)?;
        inner.store.reaches(range.end().wrapping_add(PAGE_BYTES.wrapping_neg()));
        Ok(())
    }

    /// Finds the first mapped run in `span`, at most one leaf long.
    pub fn next_mapped(&self, span: Span<Ipa>) -> Option<Extent<Ipa>> {
        let inner = self.inner.read();
        inner.table.next_mapped(&inner.store, span)
    }

    /// Returns the highest frame number that was ever mapped.
    pub fn highest_gfn(&self) -> Gfn {
        Gfn::new(self.inner.read().store.highest)
    }

    /// Returns what stands behind an address.
    pub fn lookup(&self, ipa: Ipa) -> Option<Mapping> {
        let inner = self.inner.read();
        inner.table.lookup(&inner.store, ipa)
    }

    /// Tells whether an access that faulted would not fault now.
    pub fn is_mapped(&self, ipa: Ipa, access: sysreg::Access) -> bool {
        let Some(page) = self.lookup(ipa).and_then(|mapping| mapping.attrs.page_type()) else { return false };
        access == sysreg::Access::Read || page.is_writable()
    }

    /// Tells whether an instruction fetch that faulted would not fault now.
    pub fn is_executable(&self, ipa: Ipa) -> bool {
        self.lookup(ipa).and_then(|mapping| mapping.attrs.page_type()).is_some_and(PageType::is_ram)
    }

    /// Returns the pages that its tables take, roots included.
    pub fn table_pages(&self) -> u64 {
        pages(&self.inner.read())
    }

    /// As [`table_pages`](Self::table_pages), or `None` while somebody changes it.
    pub fn try_table_pages(&self) -> Option<u64> {
        self.inner.try_read().map(|inner| pages(&inner))
    }
}

fn is_ram(attrs: Attrs) -> bool {
    attrs.page_type().is_some_and(PageType::is_ram)
}

fn pages(inner: &Inner) -> u64 {
    inner.store.tables + shape().geometry.root_tables() as u64
}

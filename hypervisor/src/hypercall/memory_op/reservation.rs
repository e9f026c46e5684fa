//! Giving memory back and taking it again: `XENMEM_decrease_reservation`, `XENMEM_populate_physmap`.
//!
//! For dom0, which is mapped 1:1, ballooning unmaps a frame but keeps it dom0's, and populating guest
//! frame g gives back machine frame g or nothing: devices know these addresses. Other domains have no
//! balloon yet: for them nothing is done.

use super::Progress;
use crate::domain::Domain;
use crate::hypercall::{Budget, Reply, guest, target};
use crate::mm::frames;
use crate::trap::Cx;
use ::frames::Usage;
use pagetable::PageType;
use types::{Gfn, IpaRange, Mfn, PAGE_SHIFT};
use xen_abi::memory::{MemoryOp, MemoryReservation};

/// log2 of the most frames that are changed at once; a larger extent is refused, and the caller falls
/// back to smaller ones.
const MAX_ORDER: u32 = 9;
/// What an extent costs: reading its number, walking and changing stage 2.
const EXTENT_STEPS: u32 = 4;
/// log2 of the frames of an extent that are checked in a step.
const FRAMES_A_STEP: u32 = 2;

/// Changes a reservation and tells how many extents are done; what fails ends it, as in Xen.
pub fn change(cx: &Cx<'_>, op: MemoryOp, progress: Progress, budget: &mut Budget) -> Reply {
    let nothing_more = Reply::Done(progress.start.into());
    let Ok(request) = guest::read::<MemoryReservation>(progress.args[1]) else { return nothing_more };
    let Ok(count) = u32::try_from(request.nr_extents) else { return nothing_more };
    if request.nr_extents > Progress::MAX || request.extent_order > MAX_ORDER {
        return nothing_more;
    }
    let Ok(domain) = target(cx, request.domid) else { return nothing_more };
    if !domain.is_hardware() {
        return nothing_more;
    }
    let steps = EXTENT_STEPS + (1 << request.extent_order >> FRAMES_A_STEP);
    for done in progress.start..count {
        if !budget.spend(steps) {
            return progress.again(done);
        }
        let changed = guest::read_u64(request.extent_start, done.into()).is_ok_and(|gfn| {
            let extent = Extent { first: Gfn::new(gfn), order: request.extent_order };
            match op {
                MemoryOp::DecreaseReservation => extent.take_from(&domain),
                MemoryOp::PopulatePhysmap => extent.give_back_to(&domain),
                // Where guest frames are the guest's choice, frames without one are of no use.
                _ => None,
            }
            .is_some()
        });
        if !changed {
            return Reply::Done(done.into());
        }
    }
    Reply::Done(count.into())
}

/// A run of guest frames.
struct Extent {
    first: Gfn,
    order: u32,
}

impl Extent {
    fn range(&self) -> Option<IpaRange> {
        let start = self.first.checked_addr()?;
        let bytes = 1u64.checked_shl(self.order + PAGE_SHIFT)?;
        if !start.is_aligned(bytes) {
            return None;
        }
        IpaRange::new(start, bytes).ok()
    }

    fn gfns(&self) -> impl Iterator<Item = Gfn> {
        let first = self.first.raw();
        (first..first.saturating_add(1 << self.order)).map(Gfn::new)
    }

    /// Unmaps the extent, all of which is memory.
    fn take_from(&self, domain: &Domain) -> Option<()> {
        let range = self.range()?;
        if !self.gfns().all(|gfn| is_memory(domain, gfn)) {
            return None;
        }
        domain.p2m.unmap(range).ok()?;
        domain.shared_info.grants.with(|table| self.gfns().for_each(|gfn| table.clear_gfn(gfn)));
        Some(())
    }

    /// Maps the domain's own frames of the same numbers.
    fn give_back_to(&self, domain: &Domain) -> Option<()> {
        let range = self.range()?;
        let own = Usage::ram(domain.id);
        let is_own = |gfn: Gfn| frames::used(Mfn::new(gfn.raw())).is_some_and(|used| used.usage == own);
        if !self.gfns().all(is_own) {
            return None;
        }
        let pa = types::PhysAddr::new(range.start().raw());
        if domain.p2m.map(range, pa, PageType::RamRw).is_ok() {
            return Some(());
        }
        // Part of it is mapped, to the same or to something else: each page in its turn.
        for gfn in self.gfns() {
            domain.p2m.replace(gfn, Mfn::new(gfn.raw()).addr(), PageType::RamRw).ok()?;
            domain.shared_info.grants.with(|table| table.clear_gfn(gfn));
        }
        Some(())
    }
}

fn is_memory(domain: &Domain, gfn: Gfn) -> bool {
    let mapping = gfn.checked_addr().and_then(|ipa| domain.p2m.lookup(ipa));
    mapping.and_then(|mapping| mapping.attrs.page_type()).is_some_and(PageType::is_ram)
}

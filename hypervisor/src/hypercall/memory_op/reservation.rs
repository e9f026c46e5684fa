//! Giving memory back and taking it again: `XENMEM_decrease_reservation`, `XENMEM_populate_physmap`.
//!
//! For dom0, which is mapped 1:1, ballooning unmaps a frame but keeps it dom0's, and populating guest
//! frame g gives back machine frame g or nothing: devices know these addresses. Guests get what is free, and
//! give it back (domain::memory).

use super::Progress;
use crate::domain::Domain;
use crate::domain::memory::{self, Given};
use crate::hypercall::{Budget, Reply, guest, target};
use crate::mm::frames;
use crate::trap::Cx;
use ::frames::Usage;
use pagetable::PageType;
use types::{Gfn, IpaRange, Mfn, PAGE_SHIFT, PhysAddr, PhysRange};
use xen_abi::memory::{MemoryOp, MemoryReservation, POPULATE_ON_DEMAND};

/// log2 of the most frames that are changed at once; a larger extent is refused, and the caller falls
/// back to smaller ones.
const MAX_ORDER: u32 = 9;
/// log2 of the most frames that a guest is given at once: 1 GiB.
const MAX_GUEST_ORDER: u32 = 18;
/// What an extent costs: reading its number, walking and changing stage 2.
const EXTENT_STEPS: u32 = 4;
/// The most that taking an extent costs before its frames are scrubbed.
const MAX_EXTENT_STEPS: u32 = 64;
/// log2 of the frames of an extent that are checked in a step.
const FRAMES_A_STEP: u32 = 2;

/// Changes a reservation and tells how many extents are done; what fails ends it, as in Xen.
pub fn change(cx: &Cx<'_>, op: MemoryOp, progress: Progress, budget: &mut Budget) -> Reply {
    let nothing_more = Reply::Done(progress.start.into());
    let Ok(request) = guest::read::<MemoryReservation>(progress.args[1]) else { return nothing_more };
    let Ok(count) = u32::try_from(request.nr_extents) else { return nothing_more };
    if request.nr_extents > Progress::MAX || request.extent_order > MAX_GUEST_ORDER {
        return nothing_more;
    }
    // Nothing is populated on demand.
    if op == MemoryOp::PopulatePhysmap && request.mem_flags & POPULATE_ON_DEMAND != 0 {
        return nothing_more;
    }
    let Ok(domain) = target(cx, request.domid) else { return nothing_more };
    if !domain.is_hardware() {
        return change_guests(cx, &domain, op, (progress, &request), budget);
    }
    if request.extent_order > MAX_ORDER {
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

/// As [`change`], of a guest, whose frames come from what is free and go there.
fn change_guests(
    cx: &Cx<'_>,
    domain: &Domain,
    op: MemoryOp,
    (progress, request): (Progress, &MemoryReservation),
    budget: &mut Budget,
) -> Reply {
    let order = request.extent_order;
    let count = u32::try_from(request.nr_extents).unwrap_or(0);
    let done_is = |done: u32| Reply::Done(done.into());
    // A guest may not take the large blocks from the others.
    if order > MAX_ORDER && !cx.vcpu.domain.is_hardware() {
        return done_is(progress.start);
    }
    for done in progress.start..count {
        if !budget.spend(EXTENT_STEPS + (1 << order >> FRAMES_A_STEP).min(MAX_EXTENT_STEPS)) {
            return progress.again(done);
        }
        let Ok(gfn) = guest::read_u64(request.extent_start, done.into()).map(Gfn::new) else {
            return done_is(done);
        };
        let given = match op {
            MemoryOp::PopulatePhysmap => memory::give(domain, gfn, order, budget),
            MemoryOp::DecreaseReservation if order <= MAX_ORDER => take(domain, gfn, order),
            // Frames without a guest frame are of no use to a guest, which has no other names for them.
            _ => Given::Nothing,
        };
        match given {
            Given::All => {}
            Given::More => return progress.again(done),
            Given::Nothing => return done_is(done),
        }
    }
    done_is(count)
}

fn take(domain: &Domain, gfn: Gfn, order: u32) -> Given {
    let taken = memory::take(domain, gfn, order);
    let last = Gfn::new(gfn.raw().saturating_add((1 << order) - 1));
    domain.shared_info.grants.with(|table| table.clear_gfns(gfn, last));
    taken.map_or(Given::Nothing, |()| Given::All)
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

    /// Unmaps the extent, all of which is memory.
    fn take_from(&self, domain: &Domain) -> Option<()> {
        if self.order > 0 {
            return self.take_block(domain);
        }
        domain.p2m.take_memory(self.first).ok()?.then_some(())?;
        self.forget_grants(domain);
        Some(())
    }

    #[inline(never)]
    fn take_block(&self, domain: &Domain) -> Option<()> {
        let range = self.range()?;
        domain.p2m.take_memory_range(range).ok()?.then_some(())?;
        self.forget_grants(domain);
        Some(())
    }

    /// Maps the domain's own frames of the same numbers.
    fn give_back_to(&self, domain: &Domain) -> Option<()> {
        if self.order > 0 {
            return self.give_block_to(domain);
        }
        let mfn = Mfn::new(self.first.raw());
        frames::is_used_as(mfn, Usage::ram(domain.id)).then_some(())?;
        if domain.p2m.replace(self.first, mfn.addr(), PageType::RamRw).ok()?.is_some() {
            self.forget_grants(domain);
        }
        Some(())
    }

    #[inline(never)]
    fn give_block_to(&self, domain: &Domain) -> Option<()> {
        let range = self.range()?;
        let pa = PhysAddr::new(range.start().raw());
        frames::all_used(PhysRange::new(pa, range.len_bytes()).ok()?, Usage::ram(domain.id)).then_some(())?;
        if domain.p2m.map(range, pa, PageType::RamRw).is_ok() {
            return Some(());
        }
        // Part of it is mapped, to the same or to something else.
        let mapped = domain.p2m.map_over(range, pa, PageType::RamRw);
        self.forget_grants(domain);
        mapped.ok()
    }

    /// Forgets frames of the grant table that were mapped here.
    fn forget_grants(&self, domain: &Domain) {
        let last = Gfn::new(self.first.raw().saturating_add((1 << self.order) - 1));
        domain.shared_info.grants.with(|table| table.clear_gfns(self.first, last));
    }
}

//! A guest's memory: frames that it is given, that it gives back, and that go when it ends.
//!
//! A frame of its memory has one reference for being the domain's, and is mapped at one guest frame: what
//! unmaps it there lets it go. Dom0's memory is another matter: it keeps its frames (hypercall::memory_op::reservation).
//! Lock ranks: POPULATE, CLAIMS.

use super::Domain;
use crate::hypercall::Budget;
use crate::machine::frame_window;
use crate::machine::sync::{Lock, rank};
use crate::mm::frames;
use ::frames::{Allocated, Contents, Usage, Within};
use core::sync::atomic::Ordering;
use pagetable::{Mapping, PageType};
use types::{Gfn, IpaRange, Mfn, PAGE_BYTES, PAGE_SHIFT, PhysRange};

/// The extent that is being scrubbed for a domain.
pub struct Populating(Lock<Option<Extent>, { rank::POPULATE }>);

impl Default for Populating {
    fn default() -> Self {
        Self(Lock::new(None))
    }
}

/// A block on its way to a domain: taken, and scrubbed up to a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Extent {
    gfn: Gfn,
    order: u32,
    mfn: Mfn,
    scrubbed: u64,
}

/// How giving an extent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// It is mapped.
    All,
    /// The budget is spent: call again with the same extent.
    More,
    /// There is no memory for it, none is allowed, or something is mapped there.
    Nothing,
}

/// Frames that are scrubbed and cleaned in a step.
const FRAMES_A_STEP: u64 = 1;
/// What taking and mapping a block costs.
const BLOCK_STEPS: u32 = 8;

/// Gives a guest 2^`order` frames at `gfn`.
pub fn give(domain: &Domain, gfn: Gfn, order: u32, budget: &mut Budget) -> Given {
    if !budget.spend(BLOCK_STEPS) {
        return Given::More;
    }
    let mut slot = domain.populating.0.lock();
    let mut extent = match slot.take() {
        Some(extent) if (extent.gfn, extent.order) == (gfn, order) => extent,
        other => {
            // Somebody began another one, and did not come back for it.
            if let Some(abandoned) = other {
                give_up(domain, abandoned);
            }
            match begin(domain, gfn, order) {
                Some(extent) => extent,
                None => return Given::Nothing,
            }
        }
    };
    if !scrub(&mut extent, budget) {
        *slot = Some(extent);
        return Given::More;
    }
    drop(slot);
    match map(domain, extent) {
        Some(()) => Given::All,
        None => {
            give_up(domain, extent);
            Given::Nothing
        }
    }
}

fn begin(domain: &Domain, gfn: Gfn, order: u32) -> Option<Extent> {
    if domain.life.is_dying() {
        return None;
    }
    let frames = 1u64 << order;
    charge(domain, frames)?;
    match frames::alloc(order, Within::Any, Usage::ram(domain.id)) {
        Some(Allocated { mfn, contents }) => {
            let scrubbed = if contents == Contents::Clean { frames } else { 0 };
            Some(Extent { gfn, order, mfn, scrubbed })
        }
        None => {
            discharge(domain, frames);
            None
        }
    }
}

/// Scrubs what the budget allows, to memory; tells whether all is.
fn scrub(extent: &mut Extent, budget: &mut Budget) -> bool {
    let frames = 1u64 << extent.order;
    while extent.scrubbed < frames {
        if !budget.spend(1) {
            return false;
        }
        for _ in 0..FRAMES_A_STEP {
            frame_window::scrub_frame(Mfn::new(extent.mfn.raw() + extent.scrubbed));
            extent.scrubbed += 1;
        }
    }
    true
}

fn map(domain: &Domain, extent: Extent) -> Option<()> {
    let range = IpaRange::new(extent.gfn.checked_addr()?, PAGE_BYTES << extent.order).ok()?;
    domain.p2m.map(range, extent.mfn.addr(), PageType::RamRw).ok()
}

fn give_up(domain: &Domain, extent: Extent) {
    let frames = 1u64 << extent.order;
    release(block(extent.mfn, frames));
    discharge(domain, frames);
}

fn block(mfn: Mfn, frames: u64) -> Option<PhysRange> {
    PhysRange::new(mfn.addr(), frames << PAGE_SHIFT).ok()
}

/// Drops the domain's own reference to each frame of a run that was unmapped.
fn release(range: Option<PhysRange>) {
    let Some(range) = range else { return };
    if frames::free_range(range).is_err() {
        // Somebody else holds one of them.
        let all = range.start().frame().raw()..range.end().frame().raw();
        all.map(Mfn::new).for_each(frames::put);
    }
}

/// Counts frames that the domain is to own.
fn charge(domain: &Domain, frames: u64) -> Option<()> {
    let pages = &domain.pages;
    let most = pages.max.load(Ordering::Relaxed);
    let gone = domain.p2m.frames_gone();
    let fits = |all: u64| all.checked_add(frames).filter(|sum| sum.saturating_sub(gone) <= most);
    let mut claims = CLAIMS.lock();
    let own = pages.claimed.load(Ordering::Relaxed);
    let promised = claims.saturating_sub(own);
    if frames::stats().free_frames.checked_sub(promised)? < frames {
        return None;
    }
    pages.gained.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).ok()?;
    let used = own.min(frames);
    pages.claimed.store(own - used, Ordering::Relaxed);
    *claims -= used;
    Some(())
}

fn discharge(domain: &Domain, frames: u64) {
    domain.pages.gained.fetch_sub(frames, Ordering::Relaxed);
}

/// Frames promised to all domains together.
static CLAIMS: Lock<u64, { rank::CLAIMS }> = Lock::new(0);

/// Returns the frames that are promised to domains and not theirs yet.
pub fn promised() -> u64 {
    *CLAIMS.lock()
}

/// Promises a domain that it can own `total` frames (XENMEM_claim_pages); zero takes a promise back.
///
/// # Errors
/// If there is not so much memory, or the domain may not have so much; nothing is changed then.
pub fn claim(domain: &Domain, total: u64) -> Result<(), ClaimError> {
    let pages = &domain.pages;
    let owned = domain.owned_pages();
    let mut claims = CLAIMS.lock();
    let before = pages.claimed.load(Ordering::Relaxed);
    if total == 0 {
        *claims -= before;
        pages.claimed.store(0, Ordering::Relaxed);
        return Ok(());
    }
    if before != 0 {
        return Err(ClaimError::Twice);
    }
    let more = total.checked_sub(owned).ok_or(ClaimError::TooFew)?;
    if total > pages.max.load(Ordering::Relaxed) {
        return Err(ClaimError::TooFew);
    }
    if frames::stats().free_frames.saturating_sub(*claims) < more {
        return Err(ClaimError::NoMemory);
    }
    *claims += more;
    pages.claimed.store(more, Ordering::Relaxed);
    Ok(())
}

/// Why a claim was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimError {
    /// There is one already.
    Twice,
    /// The domain has more, or may not have so much.
    TooFew,
    /// There is not so much memory.
    NoMemory,
}

/// Takes 2^`order` frames at `gfn`, all of them the guest's memory, and lets them go.
pub fn take(domain: &Domain, gfn: Gfn, order: u32) -> Option<()> {
    let own = Usage::ram(domain.id);
    let is_memory = |mapping: &Mapping| {
        mapping.attrs.page_type().is_some_and(PageType::is_ram) && frames::is_used_as(mapping.pa.frame(), own)
    };
    (0..1u64 << order).try_for_each(|index| {
        let gfn = Gfn::new(gfn.raw().checked_add(index)?);
        domain.p2m.take(gfn, is_memory).ok()?.map(|_| ())
    })
}

/// What unmapping and freeing one run of a domain that ends costs.
const RUN_STEPS: u32 = 6;

/// Unmaps and lets go of all memory of a domain that ends; false: call again.
pub fn release_all(domain: &Domain, budget: &mut Budget) -> bool {
    // None of it is promised any more.
    let _ = claim(domain, 0);
    let extent = domain.populating.0.lock().take();
    if let Some(extent) = extent {
        give_up(domain, extent);
    }
    let own = Usage::ram(domain.id);
    loop {
        if !budget.spend(RUN_STEPS) {
            return false;
        }
        let Some(run) = domain.p2m.take_first() else { break };
        let range = block(run.mfn, run.frames);
        // What EL2 shares with the domain goes with the domain.
        if run.is_own_memory() && range.is_some_and(|range| frames::all_used(range, own)) {
            release(range);
            discharge(domain, run.frames);
        }
    }
    true
}

/// Gives back the tables of a stage 2 that translates nothing any more; false: call again.
pub fn free_tables(domain: &Domain, budget: &mut Budget) -> bool {
    while !domain.p2m.free_some_tables() {
        if !budget.spend(RUN_STEPS) {
            return false;
        }
    }
    true
}

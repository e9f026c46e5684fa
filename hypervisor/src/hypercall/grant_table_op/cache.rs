//! Cleaning and invalidating caches of a page that a device works on.

use super::{Call, ELEMENT_STEPS};
use crate::hypercall::{Budget, Reply, guest};
use crate::machine::frame_window;
use crate::mm::frames;
use crate::{domain, trap::Cx};
use ::frames::FrameKind;
use gnttab::GrantRef;
use types::{PAGE_BYTES, PhysAddr, PhysRange};
use xen_abi::grant_table::{CACHE_CLEAN, CACHE_INVAL, CacheFlush};
use xen_abi::{Field, XenErrno};

/// Entries of the owner's table that are looked at in a step.
const ENTRIES: u32 = 8;
/// What a page costs that is all cleaned.
const PAGE_STEPS: u32 = 8;

/// How far the search for a use of the page has come.
enum Search {
    /// The caller has it.
    Found,
    /// To this entry.
    Paused(GrantRef),
}

/// Cleans and invalidates the caches (GNTTABOP_cache_flush); `from` is the entry of the first page's owner at
/// which an interrupted call goes on.
///
/// # Errors
/// EFAULT, EINVAL, EPERM.
pub fn flush(cx: &Cx<'_>, call: &Call, from: u32, budget: &mut Budget) -> Result<Reply, XenErrno> {
    let mut from = GrantRef::new(from);
    for done in 0..call.count {
        if !budget.spend(ELEMENT_STEPS) {
            return call.again(done, CacheFlush::SIZE, from.raw());
        }
        let request: CacheFlush = guest::read(call.element(done, CacheFlush::SIZE)?)?;
        let Some(range) = range(&request)? else { continue };
        if let Search::Paused(at) = may_flush(cx, range, from, budget)? {
            return call.again(done, CacheFlush::SIZE, at.raw());
        }
        from = GrantRef::new(0);
        budget.spend(PAGE_STEPS);
        // Cleaning too what is only to be invalidated loses nothing.
        frame_window::clean_invalidate(range).map_err(|_| XenErrno::Einval)?;
    }
    Ok(Reply::Done(0))
}

/// Checks a request; `None` if there is nothing to do.
fn range(request: &CacheFlush) -> Result<Option<PhysRange>, XenErrno> {
    let (offset, length) = (u64::from(request.offset), u64::from(request.length));
    // A range that a grant names (CACHE_SOURCE_GREF) is refused as by Xen.
    if offset >= PAGE_BYTES || offset + length > PAGE_BYTES || request.op & !(CACHE_CLEAN | CACHE_INVAL) != 0
    {
        return Err(XenErrno::Einval);
    }
    if length == 0 || request.op == 0 {
        return Ok(None);
    }
    let page = PhysAddr::new(request.address).frame().checked_addr().ok_or(XenErrno::Einval)?;
    PhysRange::new(page.wrapping_add(offset), length).map(Some).map_err(|_| XenErrno::Einval)
}

/// Tells whether the caller owns a page or uses what its owner grants.
fn may_flush(cx: &Cx<'_>, range: PhysRange, from: GrantRef, budget: &mut Budget) -> Result<Search, XenErrno> {
    let own = cx.vcpu.domain.id;
    let mfn = range.start().frame();
    let usage = frames::used(mfn).ok_or(XenErrno::Einval)?.usage;
    if usage.kind == FrameKind::Hypervisor {
        return Err(XenErrno::Eperm);
    }
    if usage.owner == own {
        return Ok(Search::Found);
    }
    let owner = domain::find(usage.owner).ok_or(XenErrno::Eperm)?;
    let mut at = from;
    while budget.spend(1) {
        match owner.shared_info.grants.find_use(at, ENTRIES, (mfn, own)) {
            Ok(_) => return Ok(Search::Found),
            Err(Some(next)) => at = next,
            Err(None) => return Err(XenErrno::Einval),
        }
    }
    Ok(Search::Paused(at))
}

//! How much memory a domain may have, and its caches.

use super::{Answer, Command, Outcome};
use crate::domain::Domain;
use crate::machine::frame_window;
use crate::mm::frames;
use ::frames::Usage;
use core::sync::atomic::Ordering;
use pagetable::Span;
use types::{Gfn, Ipa, PAGE_BYTES, PAGE_SHIFT, PhysRange};
use xen_abi::XenErrno;
use xen_abi::domctl::memory::{Cacheflush, MaxMem, PagingMempool};

/// `XEN_DOMCTL_max_mem`.
pub fn max_mem(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let request: MaxMem = work.payload()?;
    domain.pages.max.store(request.max_memkb >> (PAGE_SHIFT - 10), Ordering::Relaxed);
    Ok(Answer::Done)
}

/// What cleaning a page costs.
const PAGE_STEPS: u32 = 1;
/// The most pages of one call (`xen/include/public/domctl.h`: the caller splits larger runs).
const MAX_ORDER: u32 = 18;

/// `XEN_DOMCTL_cacheflush`: cleans and invalidates what the toolstack wrote for a guest.
pub fn cache_flush(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let mut left: Cacheflush = work.payload()?;
    let end = left.start_pfn.checked_add(left.nr_pfns).ok_or(XenErrno::Einval)?;
    if left.nr_pfns > 1 << MAX_ORDER || end < left.start_pfn {
        return Err(XenErrno::Einval);
    }
    let own = Usage::ram(domain.id);
    while left.nr_pfns > 0 {
        if !work.budget.spend(PAGE_STEPS) {
            work.store(&left);
            return Ok(Answer::Continue);
        }
        let Some(ipa) = Gfn::new(left.start_pfn).checked_addr() else { break };
        let rest = Span::new(Ipa::new(ipa.raw()), left.nr_pfns << PAGE_SHIFT);
        let Some(found) = domain.p2m.next_mapped(rest) else { break };
        let next = found.span.start.frame().raw();
        let skipped = next - left.start_pfn;
        if found.mapping.attrs.page_type().is_some_and(pagetable::PageType::is_ram) {
            let mfn = found.mapping.pa.frame();
            // It stays the domain's while it is cleaned.
            if frames::is_used_as(mfn, own) && frames::get(mfn, domain.id).is_ok() {
                if let Ok(page) = PhysRange::new(mfn.addr(), PAGE_BYTES) {
                    let _ = frame_window::clean_invalidate(page);
                }
                frames::put(mfn);
            }
        }
        left.start_pfn = next + 1;
        left.nr_pfns -= skipped + 1;
    }
    Ok(Answer::Done)
}

/// `XEN_DOMCTL_get_paging_mempool_size`.
pub fn get_pool(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let size = domain.settings.with(|values| values.paging_pool_bytes);
    work.answer(&PagingMempool { size })
}

/// `XEN_DOMCTL_set_paging_mempool_size`: what the tables of a guest may take.
pub fn set_pool(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let request: PagingMempool = work.payload()?;
    if !request.size.is_multiple_of(PAGE_BYTES) {
        return Err(XenErrno::Einval);
    }
    if request.size >> PAGE_SHIFT > u64::from(i32::MAX.unsigned_abs()) {
        return Err(XenErrno::Eoverflow);
    }
    if !domain.is_hardware() {
        domain.p2m.set_table_limit(request.size >> PAGE_SHIFT);
    }
    domain.settings.with(|values| values.paging_pool_bytes = request.size);
    Ok(Answer::Done)
}

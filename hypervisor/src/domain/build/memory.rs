//! dom0's memory: which frames it may have, and giving them to it.

use super::{Domain, map_same, must};
use crate::boot::image_range;
use crate::boot::memory::{Memory, PIECES};
use crate::mm::frames;
use ::frames::{BootMap, Usage};
use bootimage::Layout;
use devicetree::Tree;
use devicetree::query::Modules;
use pagetable::PageType;
use types::{DomId, PAGE_SHIFT, PhysRange};

/// The most tables set aside for splitting dom0's blocks.
const SPARE_TABLES: usize = 1024;

/// Calls `f` with everything that is in memory already: the image, the tree, the modules.
pub fn taken(tree: &Tree<'_>, modules: &Modules<'_>, mut f: impl FnMut(PhysRange)) {
    image_range().into_iter().for_each(&mut f);
    crate::boot::tree_range(tree).into_iter().for_each(&mut f);
    modules.iter().for_each(|module| f(module.range));
}

/// Returns what dom0 may own, ascending: free memory and its own modules, whose pages become free here.
pub fn available(
    memory: &Memory,
    tree: &Tree<'_>,
    modules: &Modules<'_>,
    own: &[PhysRange],
) -> BootMap<PIECES> {
    let mut pages = BootMap::<PIECES>::new();
    for module in own.iter().filter_map(PhysRange::pages_touched) {
        must(pages.add(module), "modules");
    }
    taken(tree, modules, |range| {
        if !own.contains(&range)
            && let Some(other) = range.pages_touched()
        {
            must(pages.subtract(other), "modules");
        }
    });
    tree.for_each_reserved(|reserved| {
        if let Some(other) = reserved.range.pages_touched() {
            must(pages.subtract(other), "modules");
        }
    });
    let mut all = BootMap::<PIECES>::new();
    for piece in memory.free.as_slice().iter().chain(pages.as_slice()) {
        must(all.add(*piece), "free memory");
    }
    for piece in memory.free.as_slice().iter().chain(pages.as_slice()) {
        must(frames::add_free(*piece), "free memory");
    }
    all
}

/// Takes the banks' frames, before anything else that is allocated could be in their way.
pub fn take(id: DomId, layout: &Layout) {
    for bank in layout.banks.as_slice() {
        must(frames::alloc_at(*bank, Usage::ram(id)), "memory");
    }
}

/// Maps the banks, which are taken, at their own addresses.
pub fn give(domain: &Domain, layout: &Layout) {
    for bank in layout.banks.as_slice() {
        must(map_same(domain, *bank, PageType::RamRw), "memory's mapping");
        domain.add_pages(bank.len_bytes() >> PAGE_SHIFT);
    }
    let owned = domain.owned_pages();
    domain.pages.max.store(owned, core::sync::atomic::Ordering::Relaxed);
    // One table splits a 2 MiB block: ballooning and foreign maps never fail for want of one.
    let tables = crate::arch::to_usize(owned >> 9).min(SPARE_TABLES);
    if domain.p2m.set_aside(tables).is_err() {
        log::warn!("dom0: memory is short of tables for splitting its blocks");
    }
}

//! Entries that hold a reference: pages of other domains, granted or foreign.
//!
//! The rule, kept here alone: each entry of such a type has one reference to its frame. It comes in with
//! [`P2m::share`] and is dropped by whatever takes the entry out, after the flush that makes sure that no
//! CPU uses it. So no guest, whatever it does to its own stage 2, reaches a frame that is somebody else's.

use super::{Error, Inner, P2m, is_ram};
use crate::mm::frames;
use crate::mm::reference::Reference;
use ::frames::Usage;
use pagetable::{Attrs, Extent, Mapping, PageType, Span};
use types::{DomId, Gfn, Ipa, IpaRange, Mfn, PhysAddr};

/// How another domain's page is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Granted.
    GrantRw,
    /// Granted read-only.
    GrantRo,
    /// Mapped by a control domain.
    ForeignRw,
    /// Mapped by a control domain, read-only.
    ForeignRo,
}

impl Share {
    /// Returns the type of the page.
    pub const fn page_type(self) -> PageType {
        match self {
            Self::GrantRw => PageType::GrantRw,
            Self::GrantRo => PageType::GrantRo,
            Self::ForeignRw => PageType::ForeignRw,
            Self::ForeignRo => PageType::ForeignRo,
        }
    }
}

/// Pages whose references are dropped after one flush.
const BATCH: usize = 32;

/// Tells whether an entry of this type holds a reference.
const fn is_counted(page: PageType) -> bool {
    page.is_grant() || page.is_foreign()
}

fn holds_reference(mapping: &Mapping) -> bool {
    mapping.attrs.page_type().is_some_and(is_counted)
}

/// Returns the attributes of an entry that holds no reference.
///
/// # Errors
/// [`Error::OutOfRange`] for another: it is mapped by [`P2m::share`].
pub(super) fn uncounted(page: PageType) -> Result<Attrs, Error> {
    if is_counted(page) { Err(Error::OutOfRange) } else { Ok(Attrs::stage2(page)) }
}

/// The part of `span` behind `found`, which lies in it.
fn behind(span: Span<Ipa>, found: Span<Ipa>) -> Span<Ipa> {
    let start = found.start.wrapping_add(found.bytes);
    Span::new(start, span.start.raw().wrapping_add(span.bytes).wrapping_sub(start.raw()))
}

impl Inner {
    /// Maps one page where anything or nothing may be mapped, and returns what kind of page was.
    pub(super) fn replace(
        &mut self,
        ipa: Ipa,
        pa: PhysAddr,
        attrs: Attrs,
    ) -> Result<Option<PageType>, Error> {
        let old = self.table.replace(&mut self.store, ipa, pa, attrs)?;
        self.store.reaches(ipa);
        Ok(self.release(old))
    }

    /// Drops the reference of an entry if one was taken out that held one, and returns what kind of page it
    /// was; the flush is done.
    #[inline]
    pub(super) fn release(&mut self, old: Option<Mapping>) -> Option<PageType> {
        let Mapping { pa, attrs, .. } = old?;
        let page = attrs.page_type()?;
        if is_counted(page) || (page.is_ram() && self.guest.is_some()) {
            self.release_page(pa.frame(), page);
        }
        Some(page)
    }

    fn release_page(&mut self, mfn: Mfn, page: PageType) {
        if is_counted(page) {
            self.counted -= 1;
            drop(Reference::adopt(mfn));
        } else if let Some(guest) = &mut self.guest
            && frames::is_used_as(mfn, Usage::ram(guest.id))
        {
            // The owner's own reference. What EL2 shares with the guest is of another kind, and stays.
            guest.gone += 1;
            drop(Reference::adopt(mfn));
        }
    }

    /// Unmaps `range`; nothing is changed on an error.
    pub(super) fn unmap(&mut self, range: IpaRange) -> Result<(), Error> {
        let span = Span::from(range);
        if self.counted > 0 {
            // Pages that hold references are no blocks: once the range's ends are split, nothing fails.
            self.table.split(&mut self.store, span)?;
            while self.unmap_some(span)? {}
        }
        self.table.unmap(&mut self.store, span)
    }

    /// Unmaps the first pages of `range` that hold references, and what lies between them; tells whether
    /// there were any.
    fn unmap_some(&mut self, range: Span<Ipa>) -> Result<bool, Error> {
        let mut frames = [const { None }; BATCH];
        let mut rest = range;
        let mut first = None;
        for frame in &mut frames {
            let Some(Extent { span, mapping }) = self.next_counted(rest) else { break };
            *frame = Some(mapping.pa.frame());
            first.get_or_insert(span.start);
            rest = behind(rest, span);
        }
        let Some(first) = first else { return Ok(false) };
        let hull = Span::new(first, rest.start.raw().wrapping_sub(first.raw()));
        self.table.unmap(&mut self.store, hull)?;
        for frame in frames.into_iter().flatten() {
            self.counted -= 1;
            drop(Reference::adopt(frame));
        }
        Ok(true)
    }

    /// Finds the first page in `span` whose entry holds a reference.
    fn next_counted(&self, span: Span<Ipa>) -> Option<Extent<Ipa>> {
        let mut rest = span;
        loop {
            let found = self.table.next_mapped(&self.store, rest)?;
            if holds_reference(&found.mapping) {
                return Some(found);
            }
            rest = behind(rest, found.span);
        }
    }
}

impl P2m {
    /// Maps another domain's page where anything or nothing may be mapped, and returns what kind of page was;
    /// the entry has the reference.
    ///
    /// # Errors
    /// As [`replace`](Self::replace); the reference is dropped then.
    pub fn share(&self, gfn: Gfn, page: Reference, share: Share) -> Result<Option<PageType>, Error> {
        let ipa = gfn.checked_addr().ok_or(Error::OutOfRange)?;
        let inner = &mut *self.inner.write();
        let old = inner.replace(ipa, page.mfn().addr(), Attrs::stage2(share.page_type()))?;
        inner.counted += 1;
        page.leak();
        Ok(old)
    }

    /// Unmaps the page at `gfn` if there is one that `accept` takes, and returns what kind of page it was.
    ///
    /// # Errors
    /// If a block must be split and tables run out; nothing is changed then.
    pub fn take(&self, gfn: Gfn, accept: impl Fn(&Mapping) -> bool) -> Result<Option<PageType>, Error> {
        let ipa = gfn.checked_addr().ok_or(Error::OutOfRange)?;
        let inner = &mut *self.inner.write();
        let old = inner.table.take(&mut inner.store, ipa, accept)?;
        Ok(inner.release(old))
    }

    /// Unmaps the granted frame `mfn` at `gfn`: true also if nothing is mapped there, false if something
    /// else is.
    ///
    /// # Errors
    /// If the address is no page's.
    pub fn take_grant(&self, gfn: Gfn, mfn: Mfn) -> Result<bool, Error> {
        let ipa = gfn.checked_addr().ok_or(Error::OutOfRange)?;
        let is_it = |mapping: &Mapping| {
            mapping.pa.frame() == mfn && mapping.attrs.page_type().is_some_and(PageType::is_grant)
        };
        let inner = &mut *self.inner.write();
        let old = inner.table.take(&mut inner.store, ipa, is_it)?;
        Ok(inner.release(old).is_some() || inner.table.lookup(&inner.store, ipa).is_none())
    }

    /// Takes a reference to the page of its own memory that `owner`, whose stage 2 this is, has at `gfn`.
    pub fn hold_page(&self, gfn: Gfn, owner: DomId) -> Option<(Reference, PageType)> {
        // A page leaves stage 2 before its owner's reference is dropped: what is there is the owner's.
        self.with_page(gfn, |mfn, page| Some((Reference::take(mfn, owner).ok()?, page))).flatten()
    }

    /// Runs `f` on the page of its own memory that a domain, whose stage 2 this is, has at `gfn`; it stays
    /// there meanwhile.
    #[inline]
    pub fn with_page<R>(&self, gfn: Gfn, f: impl FnOnce(Mfn, PageType) -> R) -> Option<R> {
        let ipa = gfn.checked_addr()?;
        let inner = self.inner.read();
        let mapping = inner.table.lookup(&inner.store, ipa)?;
        let page = mapping.attrs.page_type().filter(|page| page.is_ram())?;
        Some(f(mapping.pa.frame(), page))
    }

    /// Unmaps `range` if all of it is the domain's memory, and tells whether it was.
    ///
    /// # Errors
    /// If a block must be split and tables run out; nothing is changed then.
    pub fn take_memory_range(&self, range: IpaRange) -> Result<bool, Error> {
        let Inner { table, store, .. } = &mut *self.inner.write();
        let span = Span::from(range);
        if !table.all_mapped(store, span, is_ram) {
            return Ok(false);
        }
        table.unmap(store, span)?;
        Ok(true)
    }

    /// Returns how many pages of other domains are mapped.
    pub fn counted_pages(&self) -> u64 {
        self.inner.read().counted
    }
}

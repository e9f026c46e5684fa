//! The tree and its operations.

use crate::node::{Node, Run};
use crate::{Attrs, Geometry, InputAddr, Span, TableStore};
use crate::{map, page, protect, split, teardown, unmap, walk};
use arm_spec::lpae;
use core::marker::PhantomData;
use types::{PAGE_BYTES, PhysAddr};

/// A translation tree; `A` is the address it translates.
pub struct PageTable<A> {
    pub(crate) geometry: Geometry,
    pub(crate) root: PhysAddr,
    input: PhantomData<fn(A)>,
}

/// Why an operation was refused. No translation has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The store has no table page left.
    OutOfTables,
    /// Something is mapped at this input address already.
    Overlap(u64),
    /// An address or length is no multiple of 4 KiB, or the length is 0.
    Misaligned,
    /// An input address is beyond the geometry, or an output address beyond 48 bits.
    OutOfRange,
}

/// The size of a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlockSize {
    /// A page of level 3.
    Page4K,
    /// A block of level 2.
    Block2M,
    /// A block of level 1.
    Block1G,
}

/// What one input address translates to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The output address of exactly the address that was looked up.
    pub pa: PhysAddr,
    /// The leaf's attributes.
    pub attrs: Attrs,
    /// The leaf's size.
    pub size: BlockSize,
}

/// A run of input addresses that one leaf translates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent<A> {
    /// The run, cut to what was asked for.
    pub span: Span<A>,
    /// What its first address translates to.
    pub mapping: Mapping,
}

impl BlockSize {
    /// Returns the size in bytes.
    pub const fn bytes(self) -> u64 {
        match self {
            Self::Page4K => 1 << lpae::level_shift(3),
            Self::Block2M => 1 << lpae::level_shift(2),
            Self::Block1G => 1 << lpae::level_shift(1),
        }
    }

    pub(crate) const fn of_level(level: u8) -> Self {
        match level {
            0 | 1 => Self::Block1G,
            2 => Self::Block2M,
            _ => Self::Page4K,
        }
    }
}

impl<A: InputAddr> PageTable<A> {
    /// Makes an empty tree over `root`: zeroed pages, contiguous, aligned to their whole size.
    ///
    /// The root stays the caller's, to free after [`teardown`](Self::teardown).
    ///
    /// # Errors
    /// [`Error::Misaligned`] if `root` is not aligned to [`Geometry::root_bytes`].
    pub fn new(geometry: Geometry, root: PhysAddr) -> Result<Self, Error> {
        if !root.is_aligned(geometry.root_bytes()) {
            return Err(Error::Misaligned);
        }
        Ok(Self { geometry, root, input: PhantomData })
    }

    /// Returns the shape.
    pub const fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// Returns the root's address, for TTBR0_EL2 (HTTBR) or VTTBR_EL2.
    pub const fn root(&self) -> PhysAddr {
        self.root
    }

    /// Maps `span` to the bytes from `pa` by the largest leaves that fit, where nothing is mapped yet.
    ///
    /// No flush: invalid entries are in no TLB.
    ///
    /// # Errors
    /// Any [`Error`]; then nothing is mapped that was not before.
    pub fn map<S: TableStore>(
        &mut self,
        store: &mut S,
        span: Span<A>,
        pa: PhysAddr,
        attrs: Attrs,
    ) -> Result<(), Error> {
        let run = self.check(span)?;
        if !pa.is_aligned(PAGE_BYTES) {
            return Err(Error::Misaligned);
        }
        match pa.checked_add(span.bytes) {
            Some(end) if end.raw() <= lpae::ADDRESS + PAGE_BYTES => {}
            _ => return Err(Error::OutOfRange),
        }
        map::map(store, self.root_node(), run, map::Target { stage: A::STAGE, pa, attrs })
    }

    /// Removes every mapping in `span`, splitting blocks that reach beyond it; holes are no error.
    ///
    /// The flush is done when it returns, so that the frames' references can be dropped.
    ///
    /// # Errors
    /// [`Error::OutOfTables`] if a block cannot be split, and range errors; then no translation has changed.
    pub fn unmap<S: TableStore>(&mut self, store: &mut S, span: Span<A>) -> Result<(), Error> {
        let run = self.check(span)?;
        unmap::unmap(store, self.root_node(), run, A::STAGE)
    }

    /// Splits the blocks that reach across an end of `span`: what unmaps in it then, down to pages, cannot
    /// fail where no block is left in between.
    ///
    /// # Errors
    /// [`Error::OutOfTables`], and range errors; then no translation has changed.
    pub fn split<S: TableStore>(&mut self, store: &mut S, span: Span<A>) -> Result<(), Error> {
        let run = self.check(span)?;
        split::split_at(store, self.root_node(), run.start, A::STAGE)?;
        split::split_at(store, self.root_node(), run.end, A::STAGE)
    }

    /// Maps one page, where anything or nothing may be mapped, and returns what was.
    ///
    /// The flush of what was mapped is done when it returns.
    ///
    /// # Errors
    /// [`Error::OutOfTables`] and range errors; then no translation has changed.
    pub fn replace<S: TableStore>(
        &mut self,
        store: &mut S,
        at: A,
        pa: PhysAddr,
        attrs: Attrs,
    ) -> Result<Option<Mapping>, Error> {
        let at = self.check_page(at)?;
        if !pa.is_aligned(PAGE_BYTES) {
            return Err(Error::Misaligned);
        }
        if pa.raw() > lpae::ADDRESS {
            return Err(Error::OutOfRange);
        }
        page::replace(store, self.root_node(), at, map::Target { stage: A::STAGE, pa, attrs })
    }

    /// Unmaps one page if something is mapped there that `accept` takes, and returns what was.
    ///
    /// The flush is done when it returns, so that the frame's reference can be dropped.
    ///
    /// # Errors
    /// As [`unmap`](Self::unmap).
    pub fn take<S: TableStore>(
        &mut self,
        store: &mut S,
        at: A,
        accept: impl Fn(&Mapping) -> bool,
    ) -> Result<Option<Mapping>, Error> {
        let at = self.check_page(at)?;
        page::take(store, self.root_node(), at, A::STAGE, accept)
    }

    /// Gives every mapping in `span` the attributes `attrs`, splitting blocks that reach beyond it.
    ///
    /// Holes stay holes. The flush is done when it returns.
    ///
    /// # Errors
    /// As [`unmap`](Self::unmap).
    pub fn protect<S: TableStore>(
        &mut self,
        store: &mut S,
        span: Span<A>,
        attrs: Attrs,
    ) -> Result<(), Error> {
        let run = self.check(span)?;
        protect::protect(store, self.root_node(), run, protect::Change { stage: A::STAGE, attrs })
    }

    /// Returns what `input` translates to, or `None` if it is not mapped or beyond the geometry.
    pub fn lookup<S: TableStore>(&self, store: &S, input: A) -> Option<Mapping> {
        let raw = input.to_input();
        if raw >= self.geometry.input_end() {
            return None;
        }
        let page = page::lookup(store, self.root_node(), raw & !(PAGE_BYTES - 1))?;
        Some(Mapping { pa: page.pa.wrapping_add(raw & (PAGE_BYTES - 1)), ..page })
    }

    /// Finds the first mapped run in `span`, at most one leaf long.
    pub fn next_mapped<S: TableStore>(&self, store: &S, span: Span<A>) -> Option<Extent<A>> {
        let start = span.start.to_input();
        let end = start.saturating_add(span.bytes).min(self.geometry.input_end());
        if start >= end {
            return None;
        }
        let (run, mapping) = walk::next_mapped(store, self.root_node(), Run { start, end })?;
        Some(Extent { span: Span::new(A::from_input(run.start), run.end - run.start), mapping })
    }

    /// Tells whether all of `span` is mapped, by leaves with attributes that `accept` takes.
    pub fn all_mapped<S: TableStore>(
        &self,
        store: &S,
        span: Span<A>,
        accept: impl Fn(Attrs) -> bool,
    ) -> bool {
        self.check(span).is_ok_and(|run| walk::all_mapped(store, self.root_node(), run, &accept))
    }

    /// Unmaps everything, at most `max_tables` table pages at a call; call until it is complete.
    ///
    /// The tree must not be mapped into between the calls.
    pub fn teardown<S: TableStore>(&mut self, store: &mut S, max_tables: usize) -> teardown::Teardown {
        teardown::teardown(store, self.root_node(), A::STAGE, max_tables)
    }

    fn root_node(&self) -> Node {
        Node::root(&self.geometry, self.root)
    }

    fn check_page(&self, at: A) -> Result<u64, Error> {
        let at = at.to_input();
        if at & (PAGE_BYTES - 1) != 0 {
            return Err(Error::Misaligned);
        }
        if at >> self.geometry.input_bits() != 0 {
            return Err(Error::OutOfRange);
        }
        Ok(at)
    }

    fn check(&self, span: Span<A>) -> Result<Run, Error> {
        let start = span.start.to_input();
        let end = start.checked_add(span.bytes).ok_or(Error::OutOfRange)?;
        if span.bytes == 0 || (start | span.bytes) & (PAGE_BYTES - 1) != 0 {
            return Err(Error::Misaligned);
        }
        if end > self.geometry.input_end() {
            return Err(Error::OutOfRange);
        }
        Ok(Run { start, end })
    }
}

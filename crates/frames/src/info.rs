//! What the table knows of one frame, in 8 bytes.

use types::DomId;

/// One frame's state: absent (all zero), free or used; or that of all frames of a chunk.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct FrameInfo {
    /// Free head: the next one of its list. Used: the references. Split chunk: its dirty free frames.
    low: u32,
    /// Bits 31:28 state, 27 dirty. Free head: bits 23:19 order, 18:0 the previous one of its list.
    /// Used: bits 15:0 owner.
    high: u32,
}

const _: () = assert!(size_of::<FrameInfo>() == 8);

/// What a used frame is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// EL2's own: tables, heap, per-CPU memory.
    Hypervisor,
    /// A domain's memory.
    Ram,
    /// EL2's memory that the owner may map: shared_info, grant frames, event-channel arrays.
    Shared,
}

/// Whom frames are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The owner; without meaning for [`FrameKind::Hypervisor`].
    pub owner: DomId,
    /// The purpose.
    pub kind: FrameKind,
}

/// What is known of a free frame's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// Scrubbed since its last owner.
    Clean,
    /// Anything.
    Dirty,
}

impl Usage {
    /// EL2's own use.
    pub const HYPERVISOR: Self = Self { owner: DomId::ZERO, kind: FrameKind::Hypervisor };

    /// Makes the use as `owner`'s memory.
    pub const fn ram(owner: DomId) -> Self {
        Self { owner, kind: FrameKind::Ram }
    }
}

const STATE_SHIFT: u32 = 28;
const FREE_HEAD: u32 = 1;
const FREE_TAIL: u32 = 2;
const HYPERVISOR: u32 = 3;
const RAM: u32 = 4;
const SHARED: u32 = 5;
const SPLIT: u32 = 6;
const DIRTY: u32 = 1 << 27;
const ORDER_SHIFT: u32 = 19;
const LINK: u32 = (1 << ORDER_SHIFT) - 1;

/// What a frame is to the allocator.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Absent,
    /// The first frame of a free block of this order.
    FreeHead(u32),
    /// Another frame of a free block.
    FreeTail,
    /// A chunk whose frames have entries of their own.
    Split,
    Used(FrameKind),
}

/// No frame, as a link: one more than the largest index within a section.
pub(crate) const NO_LINK: u32 = 1 << 18;

impl FrameInfo {
    pub(crate) fn state(self) -> State {
        match self.high >> STATE_SHIFT {
            FREE_HEAD => State::FreeHead(self.high >> ORDER_SHIFT & 0x1f),
            FREE_TAIL => State::FreeTail,
            HYPERVISOR => State::Used(FrameKind::Hypervisor),
            RAM => State::Used(FrameKind::Ram),
            SHARED => State::Used(FrameKind::Shared),
            SPLIT => State::Split,
            _ => State::Absent,
        }
    }

    pub(crate) fn contents(self) -> Contents {
        if self.high & DIRTY == 0 { Contents::Clean } else { Contents::Dirty }
    }

    /// A free frame inside a block.
    pub(crate) fn free_tail(contents: Contents) -> Self {
        Self { low: 0, high: FREE_TAIL << STATE_SHIFT | dirty_bit(contents) }
    }

    /// A chunk whose frames have entries of their own; `dirty` of them are free and dirty.
    pub(crate) fn split(dirty: u32) -> Self {
        Self { low: dirty, high: SPLIT << STATE_SHIFT }
    }

    /// A split chunk's dirty free frames.
    pub(crate) fn split_dirty(self) -> u32 {
        self.low
    }

    pub(crate) fn set_split_dirty(&mut self, dirty: u32) {
        self.low = dirty;
    }

    /// A used frame with one reference, clean.
    pub(crate) fn new_used(usage: Usage) -> Self {
        let state = match usage.kind {
            FrameKind::Hypervisor => HYPERVISOR,
            FrameKind::Ram => RAM,
            FrameKind::Shared => SHARED,
        };
        Self { low: 1, high: state << STATE_SHIFT | u32::from(usage.owner.raw()) }
    }

    /// Becomes a free block's head; keeps what is known of its contents.
    pub(crate) fn set_free_head(&mut self, order: u32, prev: u32, next: u32) {
        self.high = FREE_HEAD << STATE_SHIFT | self.high & DIRTY | order << ORDER_SHIFT | prev & LINK;
        self.low = next;
    }

    /// Becomes free, inside a block; keeps what is known of its contents.
    pub(crate) fn set_free_tail(&mut self) {
        self.high = FREE_TAIL << STATE_SHIFT | self.high & DIRTY;
        self.low = 0;
    }

    /// Becomes `used`; keeps what is known of its contents.
    pub(crate) fn set_used(&mut self, used: Self) {
        self.high = used.high | self.high & DIRTY;
        self.low = used.low;
    }

    /// Whether a used frame has the owner and kind that `used` has.
    pub(crate) fn is_used_as(self, used: Self) -> bool {
        (self.high ^ used.high) & !DIRTY == 0
    }

    /// Counts one more reference to a frame that `owner` owns and may share, if that has at least one and
    /// one more can be counted.
    #[inline]
    pub(crate) fn get_shared(&mut self, owner: DomId) -> bool {
        // The two kinds that can be shared differ in one bit.
        let ram = RAM << STATE_SHIFT | u32::from(owner.raw());
        let is_owners = (self.high ^ ram) & !(DIRTY | (RAM ^ SHARED) << STATE_SHIFT) == 0;
        let more = self.low.wrapping_add(1);
        if !is_owners || more < 2 {
            return false;
        }
        self.low = more;
        true
    }

    /// Counts one reference less to a used frame, if that is not the last.
    #[inline]
    pub(crate) fn put_one_of_several(&mut self) -> bool {
        if self.low < 2 || !(HYPERVISOR..=SHARED).contains(&(self.high >> STATE_SHIFT)) {
            return false;
        }
        self.low -= 1;
        true
    }

    /// Tells whether a chunk's frames have entries of their own.
    #[inline]
    pub(crate) fn is_split(self) -> bool {
        self.high >> STATE_SHIFT == SPLIT
    }

    /// The neighbours in a free list: previous, next.
    pub(crate) fn links(self) -> (u32, u32) {
        (self.high & LINK, self.low)
    }

    pub(crate) fn set_prev(&mut self, prev: u32) {
        self.high = self.high & !LINK | prev & LINK;
    }

    pub(crate) fn set_next(&mut self, next: u32) {
        self.low = next;
    }

    /// A used frame's owner.
    #[expect(clippy::cast_possible_truncation, reason = "the owner is the low half")]
    pub(crate) fn owner(self) -> DomId {
        DomId::new(self.high as u16)
    }

    /// A used frame's references.
    pub(crate) fn references(self) -> u32 {
        self.low
    }

    pub(crate) fn set_references(&mut self, count: u32) {
        self.low = count;
    }
}

fn dirty_bit(contents: Contents) -> u32 {
    match contents {
        Contents::Clean => 0,
        Contents::Dirty => DIRTY,
    }
}

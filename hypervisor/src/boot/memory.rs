//! From the device tree's memory to frames that can be allocated.
//!
//! Order matters: the largest piece of RAM is mapped with the tables that the image brings; the heap
//! and the frame table are taken from it; then frames can be allocated, and the rest of RAM is mapped
//! with tables from them.

use crate::arch::{self, boot as image, layout};
use crate::domain::build;
use crate::machine::{frame_window, heap};
use crate::mm::{frames, hyp_space};
use ::frames::{BootMap, CHUNK_ENTRIES, FrameInfo, FrameTable, Prefer};
use core::fmt;
use devicetree::Tree;
use devicetree::query::{Modules, ReservedKind};
use pagetable::El2Access;
use types::{PAGE_BYTES, PAGE_SHIFT, PhysAddr, PhysRange, VirtAddr};

/// Pieces of RAM that are told apart.
pub const PIECES: usize = 64;
/// Bytes of the heap.
const HEAP_BYTES: u64 = 4 << 20;
/// Bytes of RAM that one section of the frame table describes.
const SECTION_BYTES: u64 = 1 << 30;

/// Bytes that EL2 keeps of free memory.
const SHARE_BYTES: u64 = 4 << 20;
/// And one part in so many of RAM: the tables that map dom0's memory by pages take as much.
const SHARE_PART: u64 = 512;

/// Most GiB of address space with RAM in them.
const MAX_SECTIONS: usize = 256;

/// The runs of RAM that sections of the frame table describe.
type Sections = [Option<PhysRange>; MAX_SECTIONS];

/// Why the machine's memory cannot be used.
#[derive(Debug)]
pub enum Error {
    /// The tree has no usable memory.
    NoMemory,
    /// RAM is in more pieces than can be told apart.
    TooManyPieces,
    /// No piece of RAM is large enough for EL2's own needs.
    TooSmall,
    /// EL2's tables could not be made.
    Mapping(hyp_space::Error),
    /// The frame table could not be made.
    Frames,
}

/// What RAM there is.
pub struct Memory {
    /// RAM that EL2 may touch: all but `no-map`.
    pub ram: BootMap<PIECES>,
    /// RAM that nobody uses yet.
    pub free: BootMap<PIECES>,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMemory => write!(f, "No memory: the device tree has no usable /memory node"),
            Self::TooManyPieces => write!(f, "Memory is in more than {PIECES} pieces"),
            Self::TooSmall => {
                write!(f, "No piece of free RAM is large enough for the hypervisor's own tables")
            }
            Self::Mapping(error) => write!(f, "The hypervisor's tables cannot be made: {error:?}"),
            Self::Frames => write!(f, "The frame table cannot be made"),
        }
    }
}

impl From<::frames::Full> for Error {
    fn from(_: ::frames::Full) -> Self {
        Self::TooManyPieces
    }
}

impl From<hyp_space::Error> for Error {
    fn from(error: hyp_space::Error) -> Self {
        Self::Mapping(error)
    }
}

/// Reads the machine's memory: banks, less what is reserved, less what holds the image, the tree and the modules.
///
/// # Errors
/// If there is none, or it is in too many pieces.
pub fn survey(tree: &Tree<'_>, modules: &Modules<'_>) -> Result<Memory, Error> {
    let mut ram = BootMap::<PIECES>::new();
    for bank in tree.memory() {
        if let Some(bank) = clip(bank).and_then(|bank| bank.pages_inside()) {
            ram.add(bank)?;
        }
    }
    if ram.as_slice().is_empty() {
        return Err(Error::NoMemory);
    }
    if let Some(rest) = beyond_sections(&ram) {
        log::warn!("RAM in more than {MAX_SECTIONS} GiB of addresses is not used: {rest}");
        ram.subtract(rest)?;
    }
    let mut free = BootMap::<PIECES>::new();
    for piece in ram.as_slice() {
        free.add(*piece)?;
    }
    let mut full = Ok(());
    tree.for_each_reserved(|reserved| {
        let Some(pages) = reserved.range.pages_touched() else { return };
        if reserved.kind == ReservedKind::NoMap {
            full = full.and(ram.subtract(pages));
        }
        full = full.and(free.subtract(pages));
    });
    full?;
    let mut take = |range: PhysRange| {
        if let Some(pages) = range.pages_touched() {
            full = full.and(free.subtract(pages));
        }
    };
    tree.memory_reservations().for_each(&mut take);
    build::taken(tree, modules, &mut take);
    full?;
    Ok(Memory { ram, free })
}

/// Returns the addresses from where on the frame table has no sections left for RAM.
fn beyond_sections(ram: &BootMap<PIECES>) -> Option<PhysRange> {
    let gibs = |piece: &PhysRange| {
        let last = piece.end().raw().saturating_sub(1) / SECTION_BYTES;
        piece.start().raw() / SECTION_BYTES..=last
    };
    let mut all = ram.as_slice().iter().flat_map(gibs);
    let mut last = all.next()?;
    let mut sections = 1;
    let first_without = all.find(|gib| {
        sections += usize::from(*gib != last);
        last = *gib;
        sections > MAX_SECTIONS
    })?;
    PhysRange::from_bounds(PhysAddr::new(first_without.checked_mul(SECTION_BYTES)?), PhysAddr::new(u64::MAX))
        .ok()
}

/// Cuts off what the architecture cannot reach.
fn clip(bank: PhysRange) -> Option<PhysRange> {
    let limit = PhysAddr::new(layout::PA_LIMIT);
    if bank.end() <= limit {
        return Some(bank);
    }
    log::warn!("RAM above {limit} is out of this CPU's reach and not used: {bank}");
    PhysRange::from_bounds(bank.start(), limit).ok()
}

/// Maps RAM, makes the heap and the frame table, and frees what is free.
///
/// # Errors
/// If the largest piece of free RAM cannot hold them.
pub fn bring_up(memory: &mut Memory) -> Result<(), Error> {
    let sections = sections(memory);
    let table_bytes: u64 = sections.iter().flatten().map(|piece| storage_bytes(*piece)).sum();
    let own = memory
        .free
        .find(table_bytes + HEAP_BYTES, arch::layout::BLOCK_BYTES, PhysAddr::new(u64::MAX), Prefer::Highest)
        .ok_or(Error::TooSmall)?;
    memory.free.subtract(own)?;
    let home =
        memory.ram.as_slice().iter().copied().find(|piece| piece.covers(&own)).ok_or(Error::NoMemory)?;
    hyp_space::map_ram(home)?;
    let heap_frames = PhysRange::new(own.start(), HEAP_BYTES).map_err(|_| Error::TooSmall)?;
    hyp_space::map_memory(layout::HEAP, heap_frames, El2Access::ReadWrite)?;
    heap::init(layout::HEAP, arch::to_usize(HEAP_BYTES));
    let mut table =
        FrameTable::with_capacity(sections.iter().flatten().count()).map_err(|_| Error::Frames)?;
    // In one run: as storage and addresses stay aligned to each other, blocks map it.
    let storage = PhysRange::new(heap_frames.end(), table_bytes).map_err(|_| Error::TooSmall)?;
    hyp_space::map_memory(layout::FRAME_TABLE, storage, El2Access::ReadWrite)?;
    let mut at = layout::FRAME_TABLE;
    for piece in sections.iter().copied().flatten() {
        at = add_section(&mut table, piece, at)?;
    }
    frames::init(table);
    keep_share(memory)?;
    for piece in memory.ram.as_slice() {
        if *piece != home {
            hyp_space::map_ram(*piece)?;
        }
    }
    Ok(())
}

/// Makes free what EL2 keeps for stacks, tables and what domains cost, from the top of RAM: dom0 is laid
/// out over the rest, so that no `dom0_mem` leaves EL2 without memory for dom0 itself.
fn keep_share(memory: &mut Memory) -> Result<(), Error> {
    let mut left = SHARE_BYTES + (memory.ram.total_bytes() / SHARE_PART).next_multiple_of(PAGE_BYTES);
    while left > 0 {
        let top = memory.free.as_slice().last().copied().ok_or(Error::TooSmall)?;
        let bytes = left.min(top.len_bytes());
        let start = PhysAddr::new(top.end().raw().saturating_sub(bytes));
        let piece = PhysRange::new(start, bytes).map_err(|_| Error::TooSmall)?;
        memory.free.subtract(piece)?;
        frames::add_free(piece).map_err(|_| Error::Frames)?;
        left = left.saturating_sub(bytes);
    }
    Ok(())
}

/// Cuts RAM at GiB boundaries: for each GiB the run from its first to its last byte of RAM.
fn sections(memory: &Memory) -> Sections {
    let mut sections: Sections = [None; MAX_SECTIONS];
    for piece in memory.ram.as_slice() {
        let mut start = piece.start();
        while start < piece.end() {
            let end = start.wrapping_add(1).align_up(SECTION_BYTES).unwrap_or(piece.end()).min(piece.end());
            extend(&mut sections, start, end);
            start = end;
        }
    }
    sections
}

/// Adds a run of RAM to the section of its GiB.
fn extend(sections: &mut Sections, start: PhysAddr, end: PhysAddr) {
    let gib = start.raw() / SECTION_BYTES;
    let same = |slot: &Option<PhysRange>| slot.is_none_or(|piece| piece.start().raw() / SECTION_BYTES == gib);
    if let Some(slot) = sections.iter_mut().find(|slot| same(slot)) {
        let first = slot.map_or(start, |piece| piece.start());
        *slot = PhysRange::from_bounds(first, end).ok();
    }
}

/// Entries of the frame table for a piece of RAM.
fn storage_entries(piece: PhysRange) -> usize {
    CHUNK_ENTRIES + arch::to_usize(piece.len_bytes() >> PAGE_SHIFT)
}

/// Bytes of the frame table for a piece of RAM, whole pages.
fn storage_bytes(piece: PhysRange) -> u64 {
    let bytes = storage_entries(piece) * size_of::<FrameInfo>();
    (bytes as u64).next_multiple_of(PAGE_BYTES)
}

/// Adds a section with the storage at `at` and returns where the next one's is.
fn add_section(table: &mut FrameTable<'static>, piece: PhysRange, at: VirtAddr) -> Result<VirtAddr, Error> {
    let storage = frame_window::static_slice::<FrameInfo>(at, storage_entries(piece));
    table.add_section(piece.start().frame(), storage).map_err(|_| Error::Frames)?;
    Ok(at.wrapping_add(arch::to_usize(storage_bytes(piece))))
}

/// Unmaps the entry code's page at its physical address: once the last CPU is up nobody needs it.
pub fn unmap_identity() {
    let Some(page) = image::identity_page() else { return };
    if hyp_space::unmap(page, PAGE_BYTES).is_err() {
        log::warn!("The entry code's identity page stays mapped");
    }
}

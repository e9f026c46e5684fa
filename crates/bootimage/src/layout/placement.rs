//! What may stay where it is, and where the rest goes.
//!
//! An Image stays at its offset from a 2 MiB boundary if dom0 can have all it needs from there; a
//! zImage if dom0 can have the 128 MiB-aligned base below it up to what it unpacks to. On arm32 the
//! RAM disk and the device tree lie in the first 512 MiB from that base, which every kernel maps.

use super::{Dom0, Keep, Layout, MAX_BANKS, MAX_FREE, Place};
use crate::{Isa, Kernel, LayoutError, LoadRule, Packing};
use types::{PAGE_BYTES, PhysAddr, PhysRange, PhysSet, Prefer};

const IMAGE_ALIGN: u64 = 2 << 20;
const A32_BASE_BYTES: u64 = 128 << 20;
const A32_MAPPED_BYTES: u64 = 512 << 20;
/// RAM disk and tree go so far above the kernel's bank's start, where no kernel unpacks or grows.
const CLEAR_BYTES: u64 = 128 << 20;
/// A tree may not cross a boundary of 2 MiB, which is what early arm64 kernels map of it.
const TREE_ALIGN: u64 = 2 << 20;
/// A32 kernels start with the MMU off.
const A32_LIMIT: PhysAddr = PhysAddr::new(1 << 32);

/// A kernel and all that it needs around it.
#[derive(Clone, Copy)]
struct KernelPlace {
    image: PhysRange,
    /// From its base on: the image, and what it unpacks to.
    room: PhysRange,
}

/// What stays in place, or has one place only.
#[derive(Clone, Copy)]
pub(super) struct Kept {
    kernel: Option<(Place, PhysRange)>,
    ramdisk: Option<PhysRange>,
}

impl Kept {
    /// What the banks must hold.
    pub fn ranges(&self) -> impl Iterator<Item = PhysRange> {
        self.kernel.map(|(_, room)| room).into_iter().chain(self.ramdisk)
    }
}

/// The bytes that a kernel needs at least.
pub(super) fn kernel_room_bytes(kernel: &Kernel) -> u64 {
    match kernel.load {
        LoadRule::ZImage { room_bytes } => room_bytes.saturating_add(kernel.needed_bytes),
        LoadRule::Image { .. } | LoadRule::Fixed { .. } => kernel.needed_bytes,
    }
}

/// Tells whether what `keep` names can stay, given that dom0 can get `free`.
pub(super) fn kept(request: &Dom0<'_>, free: &PhysSet<MAX_FREE>, keep: Keep) -> Result<Kept, LayoutError> {
    let usable = |range: &PhysRange| range.pages_touched().is_some_and(|pages| free.covers(&pages));
    let kernel = match (keep.kernel, fixed(request.kernel)?) {
        (true, _) => {
            let place = in_place(request).filter(|p| usable(&p.room)).ok_or(LayoutError::NoRoomForKernel)?;
            Some((Place::Stays(place.image), place.room))
        }
        (false, Some(range)) if !usable(&range) => return Err(LayoutError::Fixed(range)),
        (false, Some(range)) => Some((Place::Moves(range), range)),
        (false, None) => None,
    };
    let ramdisk = request.ramdisk.filter(|_| keep.ramdisk);
    if ramdisk.is_some_and(|r| !usable(&r) || kernel.is_some_and(|(_, room)| room.overlaps(&r))) {
        return Err(LayoutError::NoRoomForRamdisk);
    }
    Ok(Kept { kernel, ramdisk })
}

/// The one range of a kernel that has a fixed address.
fn fixed(kernel: &Kernel) -> Result<Option<PhysRange>, LayoutError> {
    match kernel.load {
        LoadRule::Fixed { load, .. } => {
            PhysRange::new(load, kernel.needed_bytes).map(Some).map_err(|_| LayoutError::NoRoomForKernel)
        }
        LoadRule::Image { .. } | LoadRule::ZImage { .. } => Ok(None),
    }
}

/// The kernel's place if it is used where its module is.
fn in_place(request: &Dom0<'_>) -> Option<KernelPlace> {
    let kernel = request.kernel;
    if kernel.payload.packing != Packing::Plain {
        return None;
    }
    let start = request.kernel_module.start().checked_add(kernel.payload.offset)?;
    let image = PhysRange::new(start, kernel.needed_bytes).ok()?;
    match kernel.load {
        LoadRule::Image { text_offset } => {
            let base = PhysAddr::new(start.raw().checked_sub(text_offset)?);
            base.is_aligned(IMAGE_ALIGN).then_some(KernelPlace { image, room: image })
        }
        LoadRule::ZImage { room_bytes } if start.is_aligned(PAGE_BYTES) => {
            let base = start.align_down(A32_BASE_BYTES);
            let unpacked = base.checked_add(room_bytes)?;
            // An image in the way of what it unpacks to moves itself behind that first.
            let moved = if start < unpacked { kernel.needed_bytes } else { 0 };
            let end = unpacked.checked_add(moved)?.max(image.end());
            let room = PhysRange::from_bounds(base, end).ok()?;
            (room.end() <= A32_LIMIT).then_some(KernelPlace { image, room })
        }
        LoadRule::Fixed { load, .. } if load == start => Some(KernelPlace { image, room: image }),
        LoadRule::ZImage { .. } | LoadRule::Fixed { .. } => None,
    }
}

/// Places what does not stay.
pub(super) fn place(
    request: &Dom0<'_>,
    banks: PhysSet<MAX_BANKS>,
    kept: &Kept,
) -> Result<Layout, LayoutError> {
    let mut room = Room::new(request, &banks, kept)?;
    let (kernel, kernel_room) = match kept.kernel {
        Some(place) => place,
        None => room.kernel(request.kernel).ok_or(LayoutError::NoRoomForKernel)?,
    };
    room.occupy(kernel_room)?;
    room.set_window(request.kernel.isa, &banks, kernel_room.start());
    let ramdisk = match (request.ramdisk, kept.ramdisk) {
        (_, Some(stays)) if !room.window.covers(&stays) => return Err(LayoutError::NoRoomForRamdisk),
        (_, Some(stays)) => Some(Place::Stays(stays)),
        (Some(moves), None) => {
            let found = room.find(moves.len_bytes(), IMAGE_ALIGN).ok_or(LayoutError::NoRoomForRamdisk)?;
            room.occupy(found)?;
            Some(Place::Moves(found))
        }
        (None, None) => None,
    };
    let tree = room.find(request.tree_bytes.max(1), TREE_ALIGN).ok_or(LayoutError::NoRoomForTree)?;
    let entry = match request.kernel.load {
        LoadRule::Fixed { entry, .. } => entry,
        LoadRule::Image { .. } | LoadRule::ZImage { .. } => kernel.range().start(),
    };
    Ok(Layout { banks, kernel, entry, ramdisk, tree })
}

/// dom0's memory that nothing is in yet.
struct Room {
    free: PhysSet<MAX_FREE>,
    /// Where the RAM disk and the tree may lie.
    window: PhysRange,
    /// Where they are looked for first.
    clear: PhysAddr,
}

impl Room {
    /// The banks without the modules: what moves must not be copied over what is still to be copied.
    fn new(request: &Dom0<'_>, banks: &PhysSet<MAX_BANKS>, kept: &Kept) -> Result<Self, LayoutError> {
        let full = |_| LayoutError::Fragmented;
        let mut free = PhysSet::new();
        for bank in banks.as_slice() {
            free.add(*bank).map_err(full)?;
        }
        let sources = [Some(request.kernel_module), request.ramdisk].into_iter().flatten();
        for range in sources.chain(kept.ranges()) {
            free.subtract(range.pages_touched().unwrap_or(range)).map_err(full)?;
        }
        let window = PhysRange::new(PhysAddr::new(0), u64::MAX).map_err(|_| LayoutError::NoRoomForKernel)?;
        Ok(Self { free, window, clear: PhysAddr::new(0) })
    }

    /// Says where the RAM disk and the tree may lie, for a kernel whose room starts at `base`.
    fn set_window(&mut self, isa: Isa, banks: &PhysSet<MAX_BANKS>, base: PhysAddr) {
        if isa == Isa::A32
            && let Ok(window) = PhysRange::new(base, A32_MAPPED_BYTES)
        {
            self.window = window;
        }
        let bank = banks.as_slice().iter().find(|b| b.contains(base));
        let start = bank.map_or(base, PhysRange::start);
        self.clear = start.checked_add(CLEAR_BYTES).unwrap_or(start);
    }

    fn occupy(&mut self, range: PhysRange) -> Result<(), LayoutError> {
        let range = range.pages_touched().unwrap_or(range);
        self.free.subtract(range).map_err(|_| LayoutError::Fragmented)
    }

    /// Finds room in the window, well clear of the kernel if there is.
    fn find(&self, bytes: u64, align: u64) -> Option<PhysRange> {
        [self.clear, self.window.start()].into_iter().find_map(|from| {
            let from = from.max(self.window.start());
            [align, PAGE_BYTES]
                .into_iter()
                .find_map(|align| find_from(&self.free, from, bytes, align))
                .filter(|found| self.window.covers(found))
        })
    }

    /// Finds a place for a kernel that is moved, and the room it needs.
    fn kernel(&self, kernel: &Kernel) -> Option<(Place, PhysRange)> {
        match kernel.load {
            LoadRule::Image { text_offset } => self.free.as_slice().iter().find_map(|range| {
                let base = match range.start().raw().checked_sub(text_offset) {
                    Some(below) => PhysAddr::new(below).align_up(IMAGE_ALIGN)?,
                    None => PhysAddr::new(0),
                };
                let image = PhysRange::new(base.checked_add(text_offset)?, kernel.needed_bytes).ok()?;
                range.covers(&image).then_some((Place::Moves(image), image))
            }),
            LoadRule::ZImage { room_bytes } => self.free.as_slice().iter().find_map(|range| {
                let base = range.start().align_up(A32_BASE_BYTES)?;
                let start = base.checked_add(room_bytes)?.align_up(IMAGE_ALIGN)?;
                let image = PhysRange::new(start, kernel.needed_bytes).ok()?;
                let room = PhysRange::from_bounds(base, image.end()).ok()?;
                let fits =
                    room.len_bytes() <= A32_BASE_BYTES && room.end() <= A32_LIMIT && range.covers(&room);
                fits.then_some((Place::Moves(image), room))
            }),
            LoadRule::Fixed { .. } => None,
        }
    }
}

fn find_from(free: &PhysSet<MAX_FREE>, from: PhysAddr, bytes: u64, align: u64) -> Option<PhysRange> {
    let mut free = free.clone();
    if let Ok(below) = PhysRange::from_bounds(PhysAddr::new(0), from) {
        free.subtract(below).ok()?;
    }
    free.find(bytes, align, PhysAddr::new(u64::MAX), Prefer::Lowest)
}

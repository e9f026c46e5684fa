//! What a domain shares with EL2: its page of shared_info, its grant table's frames, its vCPUs' areas.
//!
//! The page belongs to EL2 and is the domain's for good; the guest maps it by XENMEM_add_to_physmap.
//! Its event words are crates/evtchn's; here is the wall clock, which all domains share.

mod runstate;

pub use runstate::{VcpuInfo, came_to_cpu, left_cpu, register};

use super::Domain;
use super::events::FrameWords;
use super::grants::{Grants, Maps};
use crate::drivers::timer::{boot_count, ticks_to_ns};
use crate::hypercall::Budget;
use crate::machine::fallible;
use crate::machine::frame_window;
use crate::machine::sync::{Lock, rank};
use crate::mm::frames;
use ::frames::{FrameKind, Usage, Within};
use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, Ordering};
use evtchn::{SharedWords, Word};
use gnttab::DEFAULT_MAX_PAGES;
use types::{DomId, Mfn, PAGE_BYTES, PhysRange};
use xen_abi::shared_info::{WC_NSEC, WC_SEC, WC_SEC_HI, WC_VERSION};

/// There is no memory for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

/// What a domain shares with EL2.
pub struct SharedInfo {
    mfn: Mfn,
    /// What it grants.
    pub grants: Arc<Grants>,
    /// What it maps of others' grants.
    pub maps: Maps,
    /// Whether run state areas are marked while they are written (VMASST_TYPE_runstate_update_flag).
    pub marks_runstate: AtomicBool,
}

/// The time of day at system time zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallClock {
    /// Seconds since 1970-01-01 00:00 UTC.
    pub seconds: u64,
    /// Nanoseconds.
    pub nanoseconds: u32,
}

static WALL_CLOCK: Lock<WallClock, { rank::WALL_CLOCK }> =
    Lock::new(WallClock { seconds: 0, nanoseconds: 0 });

/// Sets the time of day, in all domains' pages (`xen/include/public/platform.h`, XENPF_settime64).
pub fn set_wall_clock(clock: WallClock) {
    let mut current = WALL_CLOCK.lock();
    *current = clock;
    super::for_each(|domain| domain.write_wall_clock(clock));
}

impl Domain {
    /// Writes the wall clock again after the toolstack changed its offset.
    pub fn renew_wall_clock(&self) {
        let current = WALL_CLOCK.lock();
        self.write_wall_clock(*current);
    }

    /// Writes the time of day at the domain's own time zero.
    fn write_wall_clock(&self, clock: WallClock) {
        let age_ns = match self.time_base {
            0 => 0,
            count => ticks_to_ns(count.wrapping_sub(boot_count())),
        };
        let offset_s = self.settings.with(|values| values.clock_offset_s);
        let ns = u64::from(clock.nanoseconds) + age_ns % SECOND_NS;
        self.shared_info.write_wall_clock(WallClock {
            seconds: (clock.seconds + age_ns / SECOND_NS + ns / SECOND_NS).wrapping_add_signed(offset_s),
            nanoseconds: u32::try_from(ns % SECOND_NS).unwrap_or(0),
        });
    }
}

const SECOND_NS: u64 = 1_000_000_000;

impl SharedInfo {
    /// Allocates the page of domain `dom`, and its grant table of up to `grant_frames`.
    ///
    /// # Errors
    /// If memory is short.
    pub fn new(dom: DomId, grant_frames: u32) -> Result<Self, OutOfMemory> {
        let grants = fallible::arc(Grants::new(dom, grant_frames).map_err(|_| OutOfMemory)?);
        let grants = grants.ok_or(OutOfMemory)?;
        let mfn = alloc_shared(dom).ok_or(OutOfMemory)?;
        let maps = Maps::new(DEFAULT_MAX_PAGES);
        Ok(Self { mfn, grants, maps, marks_runstate: AtomicBool::new(false) })
    }

    /// Returns the page's frame.
    pub fn mfn(&self) -> Mfn {
        self.mfn
    }

    /// Writes the wall clock, its version odd meanwhile (`xen/include/public/xen.h`, wc_version).
    fn write_wall_clock(&self, clock: WallClock) {
        let store = |offset: usize, value: u32| FrameWords.store(self.word(offset), value);
        let version = FrameWords.load(self.word(WC_VERSION)) | 1;
        let low = |value: u64| u32::try_from(value & 0xffff_ffff).unwrap_or(0);
        store(WC_VERSION, version);
        store(WC_SEC, low(clock.seconds));
        store(WC_SEC_HI, low(clock.seconds >> 32));
        store(WC_NSEC, clock.nanoseconds);
        store(WC_VERSION, version.wrapping_add(1));
    }

    fn word(&self, offset: usize) -> Word {
        Word { frame: self.mfn, index: offset >> 2 }
    }
}

impl Drop for SharedInfo {
    fn drop(&mut self) {
        frames::put(self.mfn);
    }
}

/// Allocates a zeroed frame that EL2 shares with domain `dom`, clean to memory.
pub(super) fn alloc_shared(dom: DomId) -> Option<Mfn> {
    let frame = frames::alloc(0, Within::Any, Usage { owner: dom, kind: FrameKind::Shared })?.mfn;
    frame_window::zero_frame(frame.addr());
    // A guest may look at it with its caches off.
    let range = PhysRange::new(frame.addr(), PAGE_BYTES).ok()?;
    frame_window::clean_invalidate(range).ok()?;
    Some(frame)
}

/// Lets go of the frames of its own memory that a domain lets EL2 write: at its end; false: call again.
pub fn release_all(domain: &Domain, budget: &mut Budget) -> bool {
    if !budget.spend(1) {
        return false;
    }
    super::events::release_vcpu_info(domain);
    domain.vcpus().iter().for_each(|vcpu| runstate::release(vcpu));
    true
}

impl SharedInfo {
    /// Tells whether run state areas are marked while they are written.
    pub fn marks_runstate(&self) -> bool {
        self.marks_runstate.load(Ordering::Relaxed)
    }
}

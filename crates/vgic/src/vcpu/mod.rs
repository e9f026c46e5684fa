//! One vCPU's part of the controller: its SGIs and PPIs, and its list registers.
//!
//! [`VcpuGic::flush`] before the guest is entered, [`VcpuGic::park`] when the vCPU leaves its CPU,
//! [`VcpuGic::maintain`] at a maintenance interrupt. Submodules: `flush` (the pass before guest
//! entry), `quick` (its short ways), `deliver` (straight into a list register), `choose` (what belongs into
//! list registers), `place` (putting it there), `merge` (what happened to it since), `back` (taking it from
//! there), `ends` (of what was in none).

mod back;
mod choose;
mod deliver;
mod ends;
mod flush;
mod merge;
mod place;
mod quick;

use crate::bits::bit;
use crate::port::{ListRegs, Maintenance};
use crate::word::{Word, each};
use crate::{Distributor, Effects, Error, Model, Version};
use arm_spec::gic::{Lr, LrState, Origin, PRIVATE, gicr};
use types::{IntId, VcpuId};

/// Most list registers that the architecture has (GIC IHI 0069H 12.4.5).
pub(crate) const MAX_LRS: usize = 16;
const CANDIDATE_WORDS: usize = 31;

/// What a flush has to do besides choosing; the posted ones are the mailbox's signal bits.
mod work {
    use crate::mailbox::signal;

    /// All list registers are to be taken back.
    pub(super) const RECALL: u32 = signal::RECALL;
    /// The state of what is resident is to be published.
    pub(super) const PUBLISH: u32 = signal::PUBLISH_PRIVATE | signal::PUBLISH_SHARED;
    /// What stays of a mailbox's signal.
    pub(super) const POSTED: u32 = RECALL | PUBLISH;
    /// All list registers are to be read.
    pub(super) const SWEEP: u32 = 1 << 16;
    /// A word of the distributor has physical interrupts to deactivate or to make pending.
    pub(super) const REPORT: u32 = 1 << 17;
    /// Only SPIs can make room.
    pub(super) const ROOM: u32 = 1 << 18;
    /// What cannot be done without the distributor.
    pub(super) const WITH_DISTRIBUTOR: u32 = RECALL | signal::PUBLISH_SHARED | SWEEP | REPORT | ROOM;
}

/// Where a redistributor stands in its range, for GICR_TYPER.Last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// More follow at the next addresses.
    Inner,
    /// It is the last of its contiguous range.
    Last,
}

/// A vCPU's private interrupts, redistributor and list-register shadow.
#[derive(Debug)]
pub struct VcpuGic {
    pub(crate) id: VcpuId,
    pub(crate) model: Model,
    pub(crate) place: Place,
    pub(crate) waker: u32,
    /// Something is to be done before guest entry that the mailbox does not tell.
    dirty: bool,
    /// What the next flush has to do besides: bits of [`work`].
    work: u32,
    /// All list registers have been read in this flush.
    swept: bool,
    /// What the hardware was last told.
    maintenance: Maintenance,
    /// That was more than nothing: not all that belongs into list registers may be in them.
    loud: bool,
    /// Ends of interrupts that were in no list register.
    unlisted_ends: u32,
    /// The published state of resident private interrupts is fresh.
    pub(crate) fresh: bool,
    /// The distributor's group enables, as of the last recall.
    groups: u32,
    /// The CPU interface's group enables, as of this flush.
    interface: u32,
    /// SGIs 0-15 and PPIs 16-31. An SGI's `latch` on version 2 says that it has `sources`.
    pub(crate) word: Word,
    pub(crate) priority: [u8; PRIVATE as usize],
    pintid: [u16; 16],
    /// Version 2: senders of pending SGIs, a bit each.
    pub(crate) sources: [u8; 16],
    /// Version 2: sender of an active SGI.
    active_source: [u8; 16],
    shadow: [Lr; MAX_LRS],
    /// Where the resident private interrupts are.
    private_lrs: [u8; PRIVATE as usize],
    /// Those of them that were only pending when their list register was last written, and asked for nothing
    /// at their end: whatever would keep such a one from being signalled takes it back from there.
    again: u32,
    /// List registers that may be occupied.
    used: u32,
    /// Those of them that hold SPIs.
    spi_lrs: u32,
    /// Those of them whose pending half came from a latch.
    latched: u32,
    /// SPIs to look at: every one that is pending for this vCPU and not resident, and others.
    candidates: [u32; CANDIDATE_WORDS],
    candidate_summary: u32,
}

/// What a pass over the list registers works with.
struct Run<'a, H> {
    dist: Option<&'a mut Distributor>,
    host: &'a mut H,
    fx: Effects,
}

impl VcpuGic {
    /// Makes a vCPU's part at reset.
    ///
    /// # Errors
    /// [`Error::Vcpus`] if the model has no such vCPU.
    pub fn new(model: Model, id: VcpuId, place: Place) -> Result<Self, Error> {
        if id.raw() >= u16::from(model.vcpus()) {
            return Err(Error::Vcpus);
        }
        let mut word = Word { edge: 0xffff, ..Word::default() };
        if model.version() == Version::V2 {
            // SGIs cannot be disabled on a GIC-400 (Arm DDI 0471B 3.2).
            word.enabled = 0xffff;
        }
        Ok(Self {
            id,
            model,
            place,
            waker: gicr::WAKER_PROCESSOR_SLEEP | gicr::WAKER_CHILDREN_ASLEEP,
            dirty: false,
            work: 0,
            swept: false,
            maintenance: Maintenance::default(),
            loud: false,
            unlisted_ends: 0,
            fresh: false,
            groups: 0,
            interface: 3,
            word,
            priority: [0; PRIVATE as usize],
            pintid: [0; 16],
            sources: [0; 16],
            active_source: [0; 16],
            shadow: [Lr::EMPTY; MAX_LRS],
            private_lrs: [0; PRIVATE as usize],
            again: 0,
            used: 0,
            spi_lrs: 0,
            latched: 0,
            candidates: [0; CANDIDATE_WORDS],
            candidate_summary: 0,
        })
    }

    /// Returns whose part it is.
    #[inline]
    pub const fn id(&self) -> VcpuId {
        self.id
    }

    /// Makes `ppi` stand for the physical PPI `pintid` of whatever CPU the vCPU runs on.
    ///
    /// # Errors
    /// [`Error::NoSuchInterrupt`].
    pub fn forward(&mut self, ppi: IntId, pintid: IntId) -> Result<(), Error> {
        if !ppi.is_ppi() || !pintid.is_ppi() {
            return Err(Error::NoSuchInterrupt);
        }
        let physical = u16::try_from(pintid.raw()).map_err(|_| Error::NoSuchInterrupt)?;
        let slot = self.pintid.get_mut(ppi.raw().wrapping_sub(16) as usize);
        *slot.ok_or(Error::NoSuchInterrupt)? = physical;
        self.word.hw |= bit(ppi.raw());
        Ok(())
    }

    /// Returns the physical interrupt behind a forwarded PPI.
    pub fn physical(&self, ppi: IntId) -> Option<IntId> {
        if !ppi.is_ppi() || self.word.hw & bit(ppi.raw()) == 0 {
            return None;
        }
        self.pintid.get(ppi.raw().wrapping_sub(16) as usize).map(|id| IntId::new(u32::from(*id)))
    }

    /// Notes a maintenance interrupt: list registers emptied, an interrupt wants to be looked at
    /// again after its end, or the guest ended `unlisted_ends` interrupts that were in no list
    /// register (ICH_HCR_EL2.EOIcount, GICH_HCR.EOICount, which the kernel then clears). The next
    /// flush sees to it.
    #[inline]
    pub fn maintain(&mut self, unlisted_ends: u32) {
        self.unlisted_ends = unlisted_ends & 31;
        // A group that the CPU interface has ceased to signal concerns every list register.
        let groups = self.maintenance.group_enabled | self.maintenance.group_disabled;
        self.work |= if groups == 0 { work::SWEEP } else { work::RECALL };
        self.dirty = true;
    }

    /// Returns the forwarded PPIs that the vCPU, parked, has pending or active: their physical
    /// active bits are part of its state. At switch-in the kernel sets these on the CPU and clears
    /// those of the other forwarded PPIs.
    #[inline]
    pub const fn hw_ppis_active(&self) -> u32 {
        (self.word.latch | self.word.active) & self.word.hw
    }

    /// Tells whether a list register was last seen with a forwarded interrupt.
    pub fn holds_forwarded(&self) -> bool {
        let mut shadows = each(self.used).filter_map(|n| self.shadow.get(n as usize));
        shadows.any(|lr| matches!(lr.origin, Origin::Hardware { .. }))
    }

    /// Tells whether, after a flush, an interrupt would be signalled to the guest, whose CPU
    /// interface masks priorities from `pmr` on and signals `groups` (bit 0 and bit 1): what ends
    /// a WFI. The running priority is not looked at: a WFI may end early (Arm ARM DDI 0487J
    /// D1.6.1).
    pub fn has_deliverable<R: ListRegs + ?Sized>(&self, regs: &mut R, pmr: u8, groups: u32) -> bool {
        each(self.used).any(|n| {
            let lr = regs.read(n as usize);
            let group = if lr.group1 { 2 } else { 1 };
            lr.state == LrState::Pending && lr.priority < pmr && groups & group != 0
        })
    }

    /// Tells whether the next guest entry is to flush, whatever the mailbox holds.
    #[inline]
    pub const fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Has the next guest entry flush.
    #[inline]
    pub(crate) fn touch(&mut self) {
        self.dirty = true;
    }

    /// Has the next flush report what the distributor's words have dropped or raised.
    #[inline]
    pub(crate) fn report_soon(&mut self) {
        self.work |= work::REPORT;
        self.dirty = true;
    }

    /// Adds SPIs to look at.
    #[inline]
    pub(crate) fn add_candidates(&mut self, index: u32, mask: u32) {
        if let Some(word) = self.candidates.get_mut(index as usize) {
            *word |= mask;
            self.candidate_summary |= bit(index);
        }
    }
}

//! What the state machine needs of its host: list registers, physical lines, mailboxes.

use crate::Mailbox;
use arm_spec::gic::{Lr, LrState, gich};
use types::{IntId, VcpuId};

/// The list registers of this CPU, which runs the vCPU in question.
pub trait ListRegs {
    /// Returns how many there are: 1 to 16.
    fn count(&self) -> usize;
    /// Reads one.
    fn read(&mut self, index: usize) -> Lr;
    /// Tells whether one is empty: the guest has ended what was in it.
    #[inline]
    fn is_empty(&mut self, index: usize) -> bool {
        self.read(index).state == LrState::Invalid
    }
    /// Writes one.
    fn write(&mut self, index: usize, lr: Lr);
}

/// The rest of this CPU's virtual interface.
pub trait Controls {
    /// Returns the groups that the guest's CPU interface signals: bits 1:0 of ICH_VMCR_EL2 and
    /// GICH_VMCR. Asked only when something waits for a list register.
    fn enabled_groups(&mut self) -> u32;
    /// Chooses when a maintenance interrupt comes. Called only when it changes.
    fn set_maintenance(&mut self, wanted: Maintenance);
}

/// When maintenance interrupts are wanted, besides the ends that list registers ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Maintenance {
    /// Something active is in no list register: once at most one is occupied.
    pub underflow: bool,
    /// Something active is in no list register: when the guest ends an interrupt that is in none.
    /// Where it can be trapped, ICC_DIR_EL1 is to be too (ICH_HCR_EL2.TDIR), and to be answered by
    /// [`VcpuGic::deactivate`](crate::VcpuGic::deactivate).
    pub unlisted: bool,
    /// Something pending waits: when the guest has acknowledged all that is in list registers.
    pub no_pending: bool,
    /// What waits is of these groups, which the guest's CPU interface has disabled: when the guest
    /// enables one.
    pub group_enabled: u32,
    /// What is in list registers may be of these groups, which it has enabled, while others wait:
    /// when the guest disables one.
    pub group_disabled: u32,
}

impl Maintenance {
    /// Returns UIE, LRENPIE, NPIE and VGrp{0,1}{E,D}IE as GICH_HCR and ICH_HCR_EL2 have them.
    pub const fn hcr_bits(self) -> u32 {
        let underflow = if self.underflow { gich::HCR_UIE } else { 0 };
        let unlisted = if self.unlisted { gich::HCR_LRENPIE } else { 0 };
        let no_pending = if self.no_pending { gich::HCR_NPIE } else { 0 };
        underflow | unlisted | no_pending | group_bits(self.group_enabled, self.group_disabled)
    }
}

const fn group_bits(enabled: u32, disabled: u32) -> u32 {
    let group0 = if enabled & 1 != 0 { gich::HCR_VGRP0EIE } else { 0 };
    let group1 = if enabled & 2 != 0 { gich::HCR_VGRP1EIE } else { 0 };
    let off0 = if disabled & 1 != 0 { gich::HCR_VGRP0DIE } else { 0 };
    let off1 = if disabled & 2 != 0 { gich::HCR_VGRP1DIE } else { 0 };
    group0 | group1 | off0 | off1
}

/// The lines of physical interrupts that are forwarded to a guest.
pub trait HwLines {
    /// Returns which of the guest's interrupts `base + n`, n in `mask`, have their physical
    /// interrupt pending at the moment, which for a level means that the line is high (physical
    /// GICD_ISPENDR; the timer's registers, saved ones for a vCPU that does not run here).
    fn pending(&mut self, vcpu: VcpuId, base: IntId, mask: u32) -> u32;
}

/// The mailboxes of the domain.
pub trait Mailboxes {
    /// Returns a vCPU's, or `None` if there is no such vCPU.
    fn mailbox(&self, vcpu: VcpuId) -> Option<&Mailbox>;
}

/// All that the state machine calls.
pub trait Host: ListRegs + Controls + HwLines + Mailboxes {}

impl<T: ListRegs + Controls + HwLines + Mailboxes> Host for T {}

impl Mailboxes for [Mailbox] {
    fn mailbox(&self, vcpu: VcpuId) -> Option<&Mailbox> {
        self.get(vcpu.index())
    }
}

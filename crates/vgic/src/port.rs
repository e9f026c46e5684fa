//! What the state machine needs of its host: list registers, physical lines, mailboxes.

use crate::Mailbox;
use arm_spec::gic::Lr;
use types::{IntId, VcpuId};

/// The list registers of this CPU, which runs the vCPU in question.
pub trait ListRegs {
    /// Returns how many there are: 1 to 16.
    fn count(&self) -> usize;
    /// Reads one.
    fn read(&mut self, index: usize) -> Lr;
    /// Writes one.
    fn write(&mut self, index: usize, lr: Lr);
    /// Chooses when a maintenance interrupt comes. Called only when it changes.
    fn set_maintenance(&mut self, wanted: Maintenance);
}

/// When maintenance interrupts are wanted, besides the ends that list registers ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Maintenance {
    /// Something waits: once at most one list register is occupied (ICH_HCR_EL2.UIE, GICH_HCR.UIE).
    pub underflow: bool,
    /// Something active found no list register: when the guest ends an interrupt that is in none
    /// (ICH_HCR_EL2.LRENPIE, GICH_HCR.LRENPIE); where it can be trapped, ICC_DIR_EL1 is to be too
    /// (ICH_HCR_EL2.TDIR) and to be answered by [`VcpuGic::deactivate`](crate::VcpuGic::deactivate).
    pub unlisted: bool,
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
pub trait Host: ListRegs + HwLines + Mailboxes {}

impl<T: ListRegs + HwLines + Mailboxes> Host for T {}

impl Mailboxes for [Mailbox] {
    fn mailbox(&self, vcpu: VcpuId) -> Option<&Mailbox> {
        self.get(vcpu.index())
    }
}

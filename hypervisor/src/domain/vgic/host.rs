//! What crates/vgic asks for, on the CPU that runs the vCPU in question.

use crate::domain::{Domain, Vcpu};
use crate::drivers::gic::{self, Gic};
use arm_spec::gic::{Lr, ich};
use types::{IntId, VcpuId};
use vgic::{Controls, HwLines, ListRegs, Mailbox, Mailboxes, Maintenance};

/// The interface of this CPU, where `own` runs, and its domain.
pub(super) struct Host<'a> {
    pub(super) gic: &'static Gic,
    domain: &'a Domain,
    own: VcpuId,
}

impl<'a> Host<'a> {
    #[inline]
    pub(super) fn new(vcpu: &'a Vcpu) -> Option<Self> {
        Some(Self { gic: gic::get()?, domain: &vcpu.domain, own: vcpu.id })
    }
}

impl ListRegs for Host<'_> {
    #[inline]
    fn count(&self) -> usize {
        self.gic.list_registers().count()
    }

    #[inline]
    fn read(&mut self, index: usize) -> Lr {
        self.gic.list_registers().read(index)
    }

    #[inline]
    fn is_empty(&mut self, index: usize) -> bool {
        self.gic.list_registers().is_empty(index)
    }

    #[inline]
    fn write(&mut self, index: usize, lr: Lr) {
        self.gic.list_registers().write(index, lr);
    }
}

impl Controls for Host<'_> {
    fn enabled_groups(&mut self) -> u32 {
        interface_controls(self.gic).1
    }

    fn set_maintenance(&mut self, wanted: Maintenance) {
        self.gic.set_maintenance(wanted);
    }
}

impl HwLines for Host<'_> {
    fn pending(&mut self, vcpu: VcpuId, base: IntId, mask: u32) -> u32 {
        if base.raw() < 32 && vcpu != self.own {
            return 0;
        }
        self.gic.pending_word(base) & mask
    }
}

impl Mailboxes for Host<'_> {
    fn mailbox(&self, vcpu: VcpuId) -> Option<&Mailbox> {
        self.domain.mailbox(vcpu)
    }
}

impl Mailboxes for Domain {
    #[inline(never)]
    fn mailbox(&self, vcpu: VcpuId) -> Option<&Mailbox> {
        self.vcpu(vcpu).map(|vcpu| vcpu.gic.mailbox())
    }
}

/// Returns the guest's priority mask and group enables.
pub(super) fn interface_controls(gic: &Gic) -> (u8, u32) {
    let vmcr = gic.vmcr();
    let groups = u32::try_from(vmcr & 3).unwrap_or(0);
    let shift = ich::VMCR_PMR_SHIFT;
    // GICH_VMCR has the upper five bits at 31:27, ICH_VMCR_EL2 all eight at 31:24: the same place.
    (u8::try_from(vmcr >> shift & 0xff).unwrap_or(0xff), groups)
}

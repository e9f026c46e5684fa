//! Software-generated interrupts: whom a write to GICD_SGIR or ICC_SGI1R_EL1 interrupts.
//!
//! Decoding and posting need no lock: the targets' mailboxes are atomic.

use crate::bits::{Bits, bit, low8, low32};
use crate::effects::Effects;
use crate::mailbox::Posted;
use crate::port::Mailboxes;
use crate::{Model, VcpuSet};
use types::{IntId, VcpuId};

/// The register that a guest used, which decides for which group its SGI is meant
/// (GIC IHI 0069H 12.1.10, with one security state).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SgiGroup {
    /// ICC_SGI0R_EL1 and ICC_ASGI1R_EL1: interrupts that the target has in group 0.
    Zero,
    /// ICC_SGI1R_EL1: interrupts that the target has in group 1.
    One,
    /// GICD_SGIR: either.
    Any,
}

/// The vCPUs that one write names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SgiTargets {
    /// The interrupt, 0-15.
    pub sgi: IntId,
    group: SgiGroup,
    /// Up to sixteen vCPUs from `base`, a bit each; or all but the sender.
    list: u32,
    base: u16,
    all_but: Option<VcpuId>,
}

/// Decodes a write to ICC_SGI1R_EL1, ICC_SGI0R_EL1 or ICC_ASGI1R_EL1, of which the A32 forms carry
/// the same 64 bits (GIC IHI 0069H 12.2.15, ICC_SGI1R_EL1).
#[inline]
pub fn sgi1r(value: u64, group: SgiGroup, sender: VcpuId) -> SgiTargets {
    let low = low32(value);
    let high = low32(value >> 32);
    let sgi = IntId::new(low >> 24 & 0xf);
    // IRM, bit 40: all but the sender.
    if high & 1 << 8 != 0 {
        return SgiTargets { sgi, group, list: 0, base: 0, all_but: Some(sender) };
    }
    let (aff1, aff2, aff3) = (low >> 16 & 0xff, high & 0xff, high >> 16 & 0xff);
    // RS, bits 47:44: targets 16 x RS and up, which our clusters of sixteen do not have.
    let elsewhere = aff2 | aff3 | (high >> 12 & 0xf);
    let list = if elsewhere == 0 { low & 0xffff } else { 0 };
    let base = u16::from(low8(aff1)) << 4;
    SgiTargets { sgi, group, list, base, all_but: None }
}

/// Decodes a write to GICD_SGIR (GIC IHI 0048B.b 4.3.15). The NSATT bit has no meaning with one
/// security state.
#[inline]
pub fn sgir(value: u32, sender: VcpuId) -> SgiTargets {
    let sgi = IntId::new(value & 0xf);
    let group = SgiGroup::Any;
    let listed = |list| SgiTargets { sgi, group, list, base: 0, all_but: None };
    match value >> 24 & 3 {
        0 => listed(value >> 16 & 0xff),
        1 => SgiTargets { sgi, group, list: 0, base: 0, all_but: Some(sender) },
        2 => listed(bit(u32::from(sender.raw()) & 7)),
        _ => listed(0),
    }
}

impl SgiTargets {
    /// Tells whether the write names `vcpu` and nobody else.
    #[inline]
    pub fn is_only(&self, vcpu: VcpuId) -> bool {
        // All but the sender has an empty list.
        self.list == bit(u32::from(vcpu.raw()) & 15) && self.base == vcpu.raw() & !15
    }

    /// Posts the interrupt to each target and returns whom to kick.
    #[inline]
    pub fn post<M: Mailboxes + ?Sized>(self, model: &Model, sender: VcpuId, boxes: &M) -> Effects {
        let mut fx = Effects::NONE;
        match self.all_but {
            None => {
                for n in Bits(self.list) {
                    let offset = u16::from(low8(n));
                    self.post_one(VcpuId::new(self.base.wrapping_add(offset)), sender, boxes, &mut fx.kick);
                }
            }
            Some(but) => {
                let others = (0..u16::from(model.vcpus())).map(VcpuId::new).filter(|v| *v != but);
                others.for_each(|vcpu| self.post_one(vcpu, sender, boxes, &mut fx.kick));
            }
        }
        fx
    }

    #[inline]
    fn post_one<M: Mailboxes + ?Sized>(self, vcpu: VcpuId, sender: VcpuId, boxes: &M, kick: &mut VcpuSet) {
        let Some(mailbox) = boxes.mailbox(vcpu) else { return };
        let in_group1 = mailbox.sgi_groups() & bit(self.sgi.raw()) != 0;
        let meant = match self.group {
            SgiGroup::Zero => !in_group1,
            SgiGroup::One => in_group1,
            SgiGroup::Any => true,
        };
        if meant && mailbox.post_sgi(self.sgi, sender) == Posted::Kick {
            kick.insert(vcpu);
        }
    }
}

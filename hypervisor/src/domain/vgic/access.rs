//! Trapped accesses to the controller: its frames, and the registers that send SGIs.

use super::deliver::send_own_sgi;
use super::effects::perform;
use super::host::Host;
use super::{Access, DomainVgic, Frame, Version, Width};
use crate::domain::Vcpu;
use crate::trap::{Cx, Effect};
use arm_spec::gic::gicd;
use types::VcpuId;
use vgic::{Effects, Outcome, SgiGroup, SgiTargets};

/// What a trapped access to a frame ends in.
pub enum Done {
    /// A load's value, or zero for a store.
    Value(u64),
    /// The guest executes the instruction again: another CPU must bring its state first.
    Again,
}

/// Reads a word of the distributor that shows nothing of what is in list registers, if nobody else has the
/// distributor just now.
#[inline(always)]
pub fn read_word(vcpu: &Vcpu, offset: u32) -> Option<u32> {
    let vgic = &vcpu.domain.vgic;
    match vgic.model.read_unlocked(offset, vcpu.gic.mailbox()) {
        Some(value) => Some(value),
        None => read_locked(vgic, offset),
    }
}

#[inline(never)]
fn read_locked(vgic: &DomainVgic, offset: u32) -> Option<u32> {
    let access = Access { offset, width: Width::Word };
    u32::try_from(vgic.dist.try_lock()?.read_alone(access)?).ok()
}

/// Reads a word of the first frame of the calling vCPU's redistributor.
#[inline(never)]
pub fn read_own_word(vcpu: &Vcpu, offset: u32) -> Option<u32> {
    vcpu.gic.with(|gic| gic.gicr_read_alone(offset))
}

/// Writes a word of the distributor if it sends an SGI, or changes nothing: what is enabled is enabled again.
/// Otherwise returns `None`.
#[inline(always)]
pub fn write_word(vcpu: &Vcpu, offset: u32, value: u32) -> Option<Effect> {
    let vgic = &vcpu.domain.vgic;
    if offset == gicd::SGIR && vgic.model.version() == Version::V2 {
        send(vcpu, SgiGroup::Any, vgic::sgir(value, vcpu.id));
        return Some(Effect::More);
    }
    vgic.dist.try_lock()?.changes_nothing(offset, value).then_some(Effect::Registers)
}

/// Reads a register of the controller.
pub fn read(vcpu: &Vcpu, frame: Frame, access: Access) -> Done {
    let vgic = &vcpu.domain.vgic;
    let alone = match frame {
        Frame::Distributor => vgic.model.identify(access).or_else(|| vgic.dist.lock().read_alone(access)),
        Frame::Redistributor(_) => None,
    };
    alone.map_or_else(|| read_frame(vcpu, frame, access), Done::Value)
}

/// Reads a register that may show what is in list registers, or is a vCPU's own.
#[inline(never)]
fn read_frame(vcpu: &Vcpu, frame: Frame, access: Access) -> Done {
    let Some(mut host) = Host::new(vcpu) else { return Done::Value(0) };
    let outcome = match frame {
        Frame::Distributor => {
            let mut dist = vcpu.domain.vgic.dist.lock();
            vcpu.gic.with(|gic| gic.gicd_read(&mut dist, access, &mut host))
        }
        Frame::Redistributor(id) => {
            let Some(owner) = owner(vcpu, id) else { return Done::Value(0) };
            owner.gic.with(|gic| gic.gicr_read(vcpu.id, access, &mut host))
        }
    };
    match outcome {
        Outcome::Value(value) => Done::Value(value),
        Outcome::Retry(vcpus) => {
            perform(&vcpu.domain, &Effects { kick: vcpus, ..Effects::NONE });
            Done::Again
        }
    }
}

/// Writes a register of the controller.
pub fn write(vcpu: &Vcpu, frame: Frame, access: Access, value: u64) {
    let vgic = &vcpu.domain.vgic;
    let mut effects = Effects::NONE;
    let alone = match frame {
        Frame::Distributor => vgic.dist.lock().write_alone(access, value, &*vcpu.domain, &mut effects),
        Frame::Redistributor(_) => false,
    };
    if alone {
        perform(&vcpu.domain, &effects);
    } else {
        write_frame(vcpu, frame, access, value);
    }
}

/// Writes a register that may change what is in list registers, or is a vCPU's own.
#[inline(never)]
fn write_frame(vcpu: &Vcpu, frame: Frame, access: Access, value: u64) {
    let Some(mut host) = Host::new(vcpu) else { return };
    let effects = match frame {
        Frame::Distributor => {
            let mut dist = vcpu.domain.vgic.dist.lock();
            vcpu.gic.with(|gic| gic.gicd_write(&mut dist, access, value, &mut host))
        }
        Frame::Redistributor(id) => {
            let Some(owner) = owner(vcpu, id) else { return };
            owner.gic.with(|gic| gic.gicr_write(vcpu.id, access, value, &mut host))
        }
    };
    perform(&vcpu.domain, &effects);
}

/// Returns the vCPU whose redistributor is meant: nearly always the caller's.
#[inline]
fn owner(vcpu: &Vcpu, id: VcpuId) -> Option<&Vcpu> {
    if id == vcpu.id { Some(vcpu) } else { vcpu.domain.vcpu(id).map(AsRef::as_ref) }
}

/// Handles a write of ICC_SGI1R_EL1 or its siblings.
#[inline]
pub fn sgi_register(cx: &mut Cx<'_>, group: SgiGroup, value: u64) {
    send(cx.vcpu, group, vgic::sgi1r(value, group, cx.vcpu.id));
}

#[inline]
fn send(vcpu: &Vcpu, group: SgiGroup, targets: SgiTargets) {
    if targets.is_only(vcpu.id) {
        send_own_sgi(vcpu, targets.sgi, group);
    } else {
        post(vcpu, targets);
    }
}

#[inline(never)]
fn post(vcpu: &Vcpu, targets: SgiTargets) {
    let domain = &*vcpu.domain;
    let effects = targets.post(&domain.vgic.model, vcpu.id, domain);
    perform(domain, &effects);
}

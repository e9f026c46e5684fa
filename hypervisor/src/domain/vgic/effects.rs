//! Doing what an operation on the controller left to do, once the locks are dropped.

use super::deliver::wake_other;
use crate::domain::Domain;
use crate::drivers::gic::{self, Gic, State, Trigger};
use crate::machine::percpu;
use core::sync::atomic::Ordering;
use types::{CpuId, IntId};
use vgic::{Effects, PhysOp};

/// Does it; most operations leave nothing.
#[inline]
pub(super) fn perform(domain: &Domain, effects: &Effects) {
    if !effects.is_none() {
        perform_some(domain, effects);
    }
}

#[inline(never)]
fn perform_some(domain: &Domain, effects: &Effects) {
    for id in effects.kick {
        if let Some(vcpu) = domain.vcpu(id) {
            wake_other(vcpu);
        }
    }
    let Some(gic) = gic::get() else { return };
    for ppi in bits(effects.deactivate_ppis) {
        gic.deactivate(IntId::new(ppi));
    }
    perform_physical(gic, domain, effects.phys);
}

/// Iterates over the positions of a word's bits.
fn bits(mask: u32) -> impl Iterator<Item = u32> {
    let without_lowest = |left: &u32| Some(left & left.wrapping_sub(1));
    core::iter::successors(Some(mask), without_lowest).take_while(|left| *left != 0).map(u32::trailing_zeros)
}

fn each(base: IntId, mask: u32, f: impl Fn(IntId)) {
    bits(mask).for_each(|bit| f(IntId::new(base.raw() + bit)));
}

fn perform_physical(gic: &Gic, domain: &Domain, op: PhysOp) {
    match op {
        PhysOp::None => {}
        PhysOp::Enable { base, mask } => each(base, mask, |spi| {
            retarget(gic, domain, spi);
            gic.enable(spi);
        }),
        PhysOp::Disable { base, mask } => each(base, mask, |spi| gic.disable(spi)),
        PhysOp::SetPending { base, mask } => each(base, mask, |spi| gic.set_pending(spi, State::Set)),
        PhysOp::ClearPending { base, mask, deactivate } => {
            each(base, mask, |spi| gic.set_pending(spi, State::Clear));
            each(base, deactivate, |spi| gic.deactivate(spi));
        }
        PhysOp::SetActive { base, mask } => each(base, mask, |spi| gic.set_active(spi, State::Set)),
        PhysOp::ClearActive { base, mask } => each(base, mask, |spi| gic.set_active(spi, State::Clear)),
        PhysOp::Retarget { base, mask } => each(base, mask, |spi| retarget(gic, domain, spi)),
        PhysOp::Trigger { base, mask, edges } => each(base, mask, |spi| {
            let edge = edges & 1 << (spi.raw() - base.raw()) != 0;
            gic.configure(spi, if edge { Trigger::Edge } else { Trigger::Level });
        }),
    }
}

/// Sends a physical SPI to the CPU where its vCPU runs, or ran last.
fn retarget(gic: &Gic, domain: &Domain, spi: IntId) {
    let dist = domain.vgic.dist.lock();
    let vcpu = dist.home(spi).and_then(|id| domain.vcpu(id));
    let home = vcpu.map_or(0, |vcpu| vcpu.interrupt_home.load(Ordering::Relaxed));
    let cpu = home.checked_sub(1).and_then(|id| u16::try_from(id).ok()).map(CpuId::new);
    if let Some(cpu) = cpu.and_then(percpu::get) {
        gic.route(spi, cpu.id, cpu.mpidr);
        gic.renew_active(spi, if dist.is_in_flight(spi) { State::Set } else { State::Clear });
    }
}

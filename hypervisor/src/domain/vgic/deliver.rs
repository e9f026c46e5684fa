//! Interrupts for guests: the physical ones that are forwarded, SGIs, events, timers.

use super::effects::perform;
use super::flush::flush;
use crate::domain::{Domain, Vcpu};
use crate::drivers::gic::{self, CpuInterface, Gic, State};
use crate::machine::percpu::{self, PerCpu};
use crate::sched;
use core::sync::atomic::Ordering;
use types::IntId;
use vgic::{Level, Posted, SgiGroup};

/// Gives the vCPU that runs here a forwarded PPI that this CPU acknowledged.
#[inline]
pub fn inject_forwarded_ppi<I: CpuInterface>(interface: &I, cpu: &'static PerCpu, vcpu: &Vcpu, ppi: IntId) {
    let part = &vcpu.gic;
    if part.with(|own| own.deliver_hw_ppi(ppi, part.mailbox(), &mut interface.list_registers())).is_err() {
        interface.deactivate(ppi);
    }
    if interface.loses_lines() {
        sched::look_at_lines(cpu);
    }
}

/// Gives a domain a forwarded SPI that this CPU acknowledged.
pub fn inject_forwarded_spi(gic: &Gic, domain: &Domain, spi: IntId) {
    let mut dist = domain.vgic.dist.lock();
    let Ok(effects) = dist.inject(spi, domain) else {
        drop(dist);
        return gic.deactivate(spi);
    };
    if gic.keeps_active_by_cpu() && dist.is_in_flight(spi) {
        // Its vCPU may have moved to another CPU as this one acknowledged it.
        let vcpu = dist.home(spi).and_then(|id| domain.vcpu(id));
        let home = vcpu.map_or(0, |vcpu| vcpu.interrupt_home.load(Ordering::Relaxed));
        if percpu::this().is_some_and(|cpu| home != u32::from(cpu.id.raw()) + 1) {
            gic.renew_active(spi, State::Set);
        }
    }
    drop(dist);
    perform(domain, &effects);
}

/// Makes a software PPI pending on a vCPU, once.
pub fn post_ppi(vcpu: &Vcpu, ppi: IntId) {
    if runs_here(vcpu) {
        raise_own_ppi(vcpu, ppi);
    } else if vcpu.gic.mailbox().post_ppi(ppi) == Posted::Kick {
        sched::wake(vcpu);
    }
}

/// Makes a software PPI pending on the vCPU that runs here, once.
#[inline]
pub fn raise_own_ppi(vcpu: &Vcpu, ppi: IntId) {
    let part = &vcpu.gic;
    match gic::get() {
        Some(Gic::V2(interface)) => {
            part.with(|own| own.deliver_ppi(ppi, part.mailbox(), &mut interface.list_registers()));
        }
        Some(Gic::V3(interface)) => {
            part.with(|own| own.deliver_ppi(ppi, part.mailbox(), &mut interface.list_registers()));
        }
        None => {}
    }
}

/// Makes an SGI pending that the vCPU that runs here sends itself.
#[inline]
pub(super) fn send_own_sgi(vcpu: &Vcpu, sgi: IntId, group: SgiGroup) {
    let part = &vcpu.gic;
    match gic::get() {
        Some(Gic::V2(interface)) => {
            part.with(|own| own.deliver_own_sgi(sgi, group, part.mailbox(), &mut interface.list_registers()))
        }
        Some(Gic::V3(interface)) => {
            part.with(|own| own.deliver_own_sgi(sgi, group, part.mailbox(), &mut interface.list_registers()))
        }
        None => {}
    }
}

/// Sets the line of a software PPI of the vCPU that runs here.
pub fn set_own_ppi_line(vcpu: &Vcpu, ppi: IntId, level: Level) {
    let Some(gic) = gic::get() else { return };
    let part = &vcpu.gic;
    part.with(|own| own.set_own_line(ppi, level, part.mailbox(), &mut gic.list_registers()));
}

/// Sets the line of a software SPI.
pub fn set_spi_line(domain: &Domain, spi: IntId, level: Level) {
    let effects = domain.vgic.dist.lock().set_line(spi, level, domain);
    if let Ok(effects) = effects {
        perform(domain, &effects);
    }
}

/// Handles the maintenance interrupt of the running vCPU: what raised it is gone when this returns.
pub fn maintenance(gic: &Gic, vcpu: &Vcpu) {
    let ends = gic.take_unlisted_ends();
    vcpu.gic.with(|own| own.maintain(ends));
    flush(vcpu);
}

/// Wakes a vCPU to which something was posted; the one that runs here flushes on its way out.
#[inline(never)]
pub(super) fn wake_other(vcpu: &Vcpu) {
    if !runs_here(vcpu) {
        sched::wake(vcpu);
    }
}

#[inline]
fn runs_here(vcpu: &Vcpu) -> bool {
    percpu::this().and_then(PerCpu::current).is_some_and(|own| core::ptr::eq(own, vcpu))
}

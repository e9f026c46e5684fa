//! A vCPU leaves a CPU, or comes to one.

use super::effects::perform;
use super::host::Host;
use crate::domain::Vcpu;
use crate::drivers::gic::{self, Gic, State};
use crate::irq;
use crate::machine::percpu;
use core::sync::atomic::Ordering;
use types::IntId;

/// Saves the vCPU's interrupts and interface: it leaves this CPU.
pub fn switch_out(vcpu: &Vcpu) {
    let Some(mut host) = Host::new(vcpu) else { return };
    let alone = vcpu.gic.with(|gic| (!gic.park_wants_distributor()).then(|| gic.park(None, &mut host)));
    let effects = alone.unwrap_or_else(|| {
        let mut dist = vcpu.domain.vgic.dist.lock();
        vcpu.gic.with(|gic| gic.park(Some(&mut dist), &mut host))
    });
    perform(&vcpu.domain, &effects);
    vcpu.state.with(|state| host.gic.save_interface(&mut state.interface));
}

/// Loads the vCPU's interface: it comes to this CPU. Its interrupts follow at the next flush.
pub fn switch_in(vcpu: &Vcpu) {
    let Some(gic) = gic::get() else { return };
    vcpu.state.with(|state| gic.load_interface(&state.interface));
    // The active bit of a forwarded PPI is part of the vCPU's state.
    let active = vcpu.gic.with(|gic| gic.hw_ppis_active());
    let timer = irq::private().virtual_timer;
    let state = if active & 1 << timer.raw() != 0 { State::Set } else { State::Clear };
    gic.set_active(timer, state);
    follow(gic, vcpu);
}

/// Lets the physical SPIs of a vCPU follow it to this CPU, so that the CPU that acknowledges one is the
/// CPU on which the guest ends it.
///
/// A GICv2 may keep an SPI's active state by the CPU that acknowledged it (QEMU does), and an end on
/// another one would leave it active for good: what is in flight becomes active anew, what is not
/// becomes inactive.
fn follow(gic: &Gic, vcpu: &Vcpu) {
    let Some(cpu) = percpu::this() else { return };
    let home = u32::from(cpu.id.raw()) + 1;
    // Only the CPU that runs the vCPU writes it.
    if vcpu.interrupt_home.load(Ordering::Relaxed) == home {
        return;
    }
    vcpu.interrupt_home.store(home, Ordering::Relaxed);
    let spis = (32..gic.interrupt_count()).map(IntId::new);
    for spi in spis.filter(|spi| irq::is_routed_to(*spi, vcpu.domain.id)) {
        let dist = vcpu.domain.vgic.dist.lock();
        if dist.home(spi) != Some(vcpu.id) || !dist.is_enabled(spi) {
            continue;
        }
        gic.route(spi, cpu.id, cpu.mpidr);
        gic.renew_active(spi, if dist.is_in_flight(spi) { State::Set } else { State::Clear });
    }
}

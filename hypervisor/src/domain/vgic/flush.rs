//! Bringing what waits into list registers, before the guest goes on.

use super::effects::perform;
use super::host::{Host, interface_controls};
use crate::domain::Vcpu;
use crate::machine::percpu;
use crate::sched;

/// Flushes before one guest entry.
const MAX_TURNS: u32 = 8;

/// Fills the list registers of the vCPU that is about to run here; mostly they are as they belong.
#[inline]
pub fn flush(vcpu: &Vcpu) {
    if vcpu.gic.wants_flush() {
        flush_waiting(vcpu);
    }
}

#[inline(never)]
fn flush_waiting(vcpu: &Vcpu) {
    let Some(mut host) = Host::new(vcpu) else { return };
    // Others may post as fast as this flushes: what comes after the last turn comes with a kick.
    for _ in 0..MAX_TURNS {
        let mailbox = vcpu.gic.mailbox();
        let alone =
            vcpu.gic.with(|gic| (!gic.wants_distributor(mailbox)).then(|| gic.flush(None, &mut host)));
        let effects = alone.unwrap_or_else(|| {
            let mut dist = vcpu.domain.vgic.dist.lock();
            vcpu.gic.with(|gic| gic.flush(Some(&mut dist), &mut host))
        });
        perform(&vcpu.domain, &effects);
        if !vcpu.gic.wants_flush() {
            break;
        }
    }
    if host.gic.loses_lines()
        && vcpu.gic.with(|gic| gic.holds_forwarded())
        && let Some(cpu) = percpu::this()
    {
        sched::look_at_lines(cpu);
    }
}

/// Tells whether the vCPU that runs here has an interrupt that ends a WFI.
pub fn has_deliverable(vcpu: &Vcpu) -> bool {
    flush(vcpu);
    let Some(mut host) = Host::new(vcpu) else { return false };
    let (mask, groups) = interface_controls(host.gic);
    vcpu.gic.with(|gic| gic.has_deliverable(&mut host, mask, groups))
}

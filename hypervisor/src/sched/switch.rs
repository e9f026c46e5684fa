//! The switch between vCPUs: an exchange of system registers and of the context pointer.

use crate::arch::timer::{self, VirtualTimer};
use crate::arch::tlb;
use crate::domain::{Vcpu, ptimer, shared_info, vgic};
use crate::machine::percpu::PerCpu;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;

/// Saves who runs on this CPU, loads `next`, and returns who ran.
pub fn switch(cpu: &'static PerCpu, next: Option<Arc<Vcpu>>) -> Option<Arc<Vcpu>> {
    let previous = cpu.current_arc();
    if let Some(vcpu) = &previous {
        save(cpu, vcpu);
    }
    if let Some(vcpu) = &next {
        load(cpu, vcpu);
    }
    cpu.switch_to(next);
    previous
}

fn save(cpu: &'static PerCpu, vcpu: &Arc<Vcpu>) {
    vcpu.save_fp();
    vgic::switch_out(vcpu);
    let deadline = vcpu.state.with(|state| {
        state.system.save();
        state.virtual_timer.save();
        earliest(&state.virtual_timer, state.physical_timer.deadline(timer::counter()))
    });
    // Zero means none: the count zero was passed at reset.
    vcpu.sched.deadline.store(deadline.unwrap_or(0), Ordering::SeqCst);
    if deadline.is_some() {
        cpu.local.with(|local| {
            if !local.sleepers.iter().any(|sleeper| Arc::ptr_eq(sleeper, vcpu)) {
                local.sleepers.push(vcpu.clone());
            }
        });
    }
    shared_info::left_cpu(vcpu);
}

fn load(cpu: &PerCpu, vcpu: &Vcpu) {
    vcpu.sched.deadline.store(0, Ordering::SeqCst);
    vcpu.state.with(|state| {
        state.system.load();
        state.virtual_timer.load();
    });
    if vcpu.domain.replaces_on(cpu.id, vcpu.id) {
        // The other vCPU's stage-1 entries carry the same VMID.
        tlb::flush_vmid_stage1_local();
    }
    vgic::switch_in(vcpu);
    shared_info::came_to_cpu(vcpu);
    ptimer::check(vcpu);
}

fn earliest(virtual_timer: &VirtualTimer, physical: Option<u64>) -> Option<u64> {
    [virtual_timer.deadline(), physical].into_iter().flatten().min()
}

/// Returns the earliest count at which a sleeper must be woken.
pub fn next_deadline(sleepers: &[Arc<Vcpu>]) -> Option<u64> {
    sleepers.iter().map(|vcpu| vcpu.sched.deadline.load(Ordering::SeqCst)).filter(|count| *count != 0).min()
}

/// Wakes the sleepers whose time has come and forgets those that run elsewhere meanwhile.
pub fn fire_deadlines(cpu: &'static PerCpu, now: u64) {
    loop {
        let due = cpu.local.with(|local| take_due(&mut local.sleepers, now));
        let Some(vcpu) = due else { return };
        super::wake(&vcpu);
    }
}

/// Takes one sleeper that is due, dropping stale ones.
fn take_due(sleepers: &mut Vec<Arc<Vcpu>>, now: u64) -> Option<Arc<Vcpu>> {
    sleepers.retain(|vcpu| vcpu.sched.deadline.load(Ordering::SeqCst) != 0);
    let at = sleepers.iter().position(|vcpu| vcpu.sched.deadline.load(Ordering::SeqCst) <= now)?;
    let vcpu = sleepers.swap_remove(at);
    vcpu.sched.deadline.store(0, Ordering::SeqCst);
    Some(vcpu)
}

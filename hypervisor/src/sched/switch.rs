//! The switch between vCPUs: an exchange of system registers and of the context pointer.

use super::deadlines;
use crate::arch::timer;
use crate::arch::tlb;
use crate::domain::{Vcpu, ptimer, shared_info, vgic};
use crate::machine::percpu::PerCpu;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};

/// Saves who runs on this CPU and loads `next`.
pub fn switch(cpu: &'static PerCpu, next: Option<Arc<Vcpu>>) {
    if let Some(vcpu) = cpu.current_shared() {
        save(cpu, vcpu);
    }
    if let Some(vcpu) = &next {
        load(cpu, vcpu);
    }
    cpu.switch_to(next);
}

fn save(cpu: &'static PerCpu, vcpu: &Arc<Vcpu>) {
    vcpu.save_fp();
    vgic::switch_out(vcpu);
    let deadline = vcpu.state.with(|state| {
        state.system.save();
        state.virtual_timer.save();
        let physical = state.physical_timer.deadline(timer::counter());
        let patience = take(&vcpu.sched.patience);
        [state.virtual_timer.deadline(), physical, patience].into_iter().flatten().min()
    });
    deadlines::note(cpu, vcpu, deadline);
    shared_info::left_cpu(vcpu);
}

fn load(cpu: &PerCpu, vcpu: &Vcpu) {
    deadlines::forget(vcpu);
    vcpu.state.with(|state| {
        state.system.load();
        state.virtual_timer.load();
    });
    vcpu.expect_fp(cpu);
    if vcpu.domain.replaces_on(cpu.id, vcpu.id) {
        // The other vCPU's stage-1 entries carry the same VMID.
        tlb::flush_vmid_stage1_local();
    }
    vgic::switch_in(vcpu);
    shared_info::came_to_cpu(vcpu);
    ptimer::check(vcpu);
}

/// Takes a count that only this CPU writes now; zero is none.
fn take(count: &AtomicU64) -> Option<u64> {
    let taken = Some(count.load(Ordering::Relaxed)).filter(|count| *count != 0);
    if taken.is_some() {
        count.store(0, Ordering::Relaxed);
    }
    taken
}

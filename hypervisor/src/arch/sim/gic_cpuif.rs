//! The GICv3 CPU interface and its virtual half.

use super::state::{self, Event};

/// Prepares this CPU's interface.
pub fn init_cpu() {
    state::with(|cpu| {
        cpu.ich_hcr = 1;
        cpu.ich_vmcr = 0;
    });
}

/// Acknowledges the interrupt that has waited longest; 1023 means there is none.
pub fn acknowledge() -> u32 {
    state::with(|cpu| if cpu.pending.is_empty() { 1023 } else { cpu.pending.remove(0) })
}

/// Drops the priority of an acknowledged interrupt.
pub fn drop_priority(intid: u32) {
    state::note(Event::PriorityDrop(intid));
}

/// Deactivates an interrupt.
pub fn deactivate(intid: u32) {
    state::note(Event::Deactivate(intid));
}

/// Sends SGI `intid` to one CPU, given its affinity.
pub fn send_sgi(intid: u32, mpidr: u64) {
    state::note(Event::Sgi(intid, mpidr));
}

/// Returns the number of list registers.
pub fn list_register_count() -> usize {
    state::with(|cpu| cpu.list_registers.len())
}

/// Returns the number of preemption bits.
pub fn preemption_bits() -> u32 {
    5
}

/// Returns the number of priority bits.
pub fn priority_bits() -> u8 {
    5
}

/// Tells whether affinity level 3 may be non-zero.
pub fn has_affinity3() -> bool {
    false
}

/// Returns which list registers are empty: neither pending nor active.
pub fn empty_list_registers() -> u64 {
    state::with(|cpu| {
        let empty = cpu.list_registers.iter().enumerate().filter(|(_, lr)| **lr >> 62 == 0);
        empty.map(|(n, _)| 1 << n).sum()
    })
}

/// Returns ICH_HCR_EL2.
pub fn hcr() -> u64 {
    state::with(|cpu| cpu.ich_hcr)
}

/// Sets ICH_HCR_EL2.
pub fn set_hcr(value: u64) {
    state::with(|cpu| cpu.ich_hcr = value);
}

/// Returns ICH_MISR_EL2.
pub fn maintenance_status() -> u64 {
    0
}

/// Returns ICH_VMCR_EL2.
pub fn vmcr() -> u64 {
    state::with(|cpu| cpu.ich_vmcr)
}

/// Sets ICH_VMCR_EL2.
pub fn set_vmcr(value: u64) {
    state::with(|cpu| cpu.ich_vmcr = value);
}

/// The active priorities of a vCPU's interface.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct ActivePriorities {
    /// ICH_AP0R0_EL2.
    pub group0: u64,
    /// ICH_AP1R0_EL2.
    pub group1: u64,
}

impl ActivePriorities {
    /// Reads the CPU's.
    pub fn save(&mut self) {
        *self = state::with(|cpu| cpu.active_priorities);
    }

    /// Writes the CPU's.
    pub fn load(&self) {
        state::with(|cpu| cpu.active_priorities = *self);
    }
}

/// Reads list register `n`; 0 beyond the last.
pub fn read_list_register(n: usize) -> u64 {
    state::with(|cpu| cpu.list_registers.get(n).copied().unwrap_or(0))
}

/// Writes list register `n`; nothing beyond the last.
pub fn write_list_register(n: usize, value: u64) {
    state::with(|cpu| {
        if let Some(lr) = cpu.list_registers.get_mut(n) {
            *lr = value;
        }
    });
}

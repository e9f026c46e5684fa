//! The generic timer.

use super::state;

/// CNT*_CTL.ENABLE.
pub const CTL_ENABLE: u64 = 1 << 0;
/// CNT*_CTL.IMASK.
pub const CTL_IMASK: u64 = 1 << 1;
/// CNT*_CTL.ISTATUS.
pub const CTL_ISTATUS: u64 = 1 << 2;

/// Returns the physical count, which moves on by one each time.
#[inline]
pub fn counter() -> u64 {
    state::with(|cpu| {
        cpu.count += 1;
        cpu.count
    })
}

/// Returns CNTFRQ_EL0 in Hz.
pub fn frequency_hz() -> u64 {
    state::with(|cpu| cpu.frequency_hz)
}

/// Prepares this CPU.
pub fn init_cpu() {
    state::with(|cpu| {
        cpu.hyp_deadline = None;
        cpu.virtual_timer = VirtualTimer::default();
    });
}

/// Sets EL2's timer to fire when the count reaches `deadline`, or stops it.
pub fn set_hyp_deadline(deadline: Option<u64>) {
    state::with(|cpu| cpu.hyp_deadline = deadline);
}

/// The virtual timer of a vCPU that does not run.
#[derive(Clone, Copy, Default, Debug)]
pub struct VirtualTimer {
    /// CNTV_CTL_EL0.
    pub ctl: u64,
    /// CNTV_CVAL_EL0.
    pub cval: u64,
    /// CNTVOFF_EL2: subtracted from the physical count.
    pub offset: u64,
}

impl VirtualTimer {
    /// Saves the CPU's virtual timer and stops it.
    pub fn save(&mut self) {
        let loaded = state::with(|cpu| core::mem::take(&mut cpu.virtual_timer));
        (self.ctl, self.cval) = (loaded.ctl, loaded.cval);
    }

    /// Loads the CPU's virtual timer.
    pub fn load(&self) {
        state::with(|cpu| cpu.virtual_timer = *self);
    }

    /// Returns the physical count at which it fires, or `None` if it is off or masked.
    pub fn deadline(&self) -> Option<u64> {
        if self.ctl & (CTL_ENABLE | CTL_IMASK) != CTL_ENABLE {
            return None;
        }
        Some(self.cval.wrapping_add(self.offset))
    }
}

/// Returns the loaded virtual timer's state without stopping it.
pub fn read_virtual(offset: u64) -> VirtualTimer {
    VirtualTimer { offset, ..state::with(|cpu| cpu.virtual_timer) }
}

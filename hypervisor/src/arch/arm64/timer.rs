//! The generic timer: the counter, EL2's own timer and the guest's virtual timer.

use super::errata::{self, Erratum};
use super::sysreg::{read, write};

/// CNT*_CTL.ENABLE.
pub const CTL_ENABLE: u64 = 1 << 0;
/// CNT*_CTL.IMASK.
pub const CTL_IMASK: u64 = 1 << 1;
/// CNT*_CTL.ISTATUS.
pub const CTL_ISTATUS: u64 = 1 << 2;

/// Returns the physical count.
#[inline]
pub fn counter() -> u64 {
    super::cpu::isb();
    let first = read!("cntpct_el0");
    if !errata::is_active(Erratum::CounterWrap) {
        return first;
    }
    let second = read!("cntpct_el0");
    if (first ^ second) >> 32 & 1 != 0 { first } else { second }
}

/// Returns CNTFRQ_EL0 in Hz; 0 where firmware did not set it.
pub fn frequency_hz() -> u64 {
    read!("cntfrq_el0") & 0xffff_ffff
}

/// Prepares this CPU: guests read both counters, the physical timer traps, no offset.
pub fn init_cpu() {
    write!("cnthctl_el2", 1);
    write!("cntvoff_el2", 0);
    write!("cntv_ctl_el0", 0);
    write!("cnthp_ctl_el2", 0);
    super::cpu::isb();
}

/// Sets EL2's timer to fire when the count reaches `deadline`, or stops it.
#[inline]
pub fn set_hyp_deadline(deadline: Option<u64>) {
    match deadline {
        Some(count) => {
            write!("cnthp_cval_el2", count);
            write!("cnthp_ctl_el2", CTL_ENABLE);
        }
        None => write!("cnthp_ctl_el2", 0),
    }
    super::cpu::isb();
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
        self.ctl = read!("cntv_ctl_el0");
        self.cval = read!("cntv_cval_el0");
        write!("cntv_ctl_el0", 0);
        super::cpu::isb();
    }

    /// Loads the CPU's virtual timer.
    pub fn load(&self) {
        write!("cntvoff_el2", self.offset);
        write!("cntv_cval_el0", self.cval);
        super::cpu::isb();
        write!("cntv_ctl_el0", self.ctl & (CTL_ENABLE | CTL_IMASK));
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
    VirtualTimer { ctl: read!("cntv_ctl_el0"), cval: read!("cntv_cval_el0"), offset }
}

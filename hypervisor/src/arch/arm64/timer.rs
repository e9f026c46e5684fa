//! The generic timer: the counter, EL2's own timer and the guest's virtual timer.

use super::errata::{self, Erratum};
use super::sysreg::write;
use aarch64_cpu::registers::{
    CNTFRQ_EL0, CNTHCTL_EL2, CNTHP_CTL_EL2, CNTPCT_EL0, CNTV_CTL_EL0, CNTV_CVAL_EL0, CNTVOFF_EL2, Readable,
    Writeable,
};

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
    let first = CNTPCT_EL0.get();
    if !errata::is_active(Erratum::CounterWrap) {
        return first;
    }
    let second = CNTPCT_EL0.get();
    if (first ^ second) >> 32 & 1 != 0 { first } else { second }
}

/// Returns CNTFRQ_EL0 in Hz; 0 where firmware did not set it.
pub fn frequency_hz() -> u64 {
    CNTFRQ_EL0.get() & 0xffff_ffff
}

/// Prepares this CPU: guests read both counters, the physical timer traps, no offset.
pub fn init_cpu() {
    CNTHCTL_EL2.write(CNTHCTL_EL2::EL1PCTEN::SET);
    CNTVOFF_EL2.set(0);
    CNTV_CTL_EL0.set(0);
    CNTHP_CTL_EL2.set(0);
    super::cpu::isb();
}

/// Sets EL2's timer to fire when the count reaches `deadline`, or stops it.
#[inline]
pub fn set_hyp_deadline(deadline: Option<u64>) {
    match deadline {
        Some(count) => {
            write!("cnthp_cval_el2", count);
            CNTHP_CTL_EL2.write(CNTHP_CTL_EL2::ENABLE::SET);
        }
        None => CNTHP_CTL_EL2.set(0),
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
        self.ctl = CNTV_CTL_EL0.get();
        self.cval = CNTV_CVAL_EL0.get();
        CNTV_CTL_EL0.set(0);
        super::cpu::isb();
    }

    /// Loads the CPU's virtual timer.
    pub fn load(&self) {
        CNTVOFF_EL2.set(self.offset);
        CNTV_CVAL_EL0.set(self.cval);
        super::cpu::isb();
        CNTV_CTL_EL0.set(self.ctl & (CTL_ENABLE | CTL_IMASK));
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
    VirtualTimer { ctl: CNTV_CTL_EL0.get(), cval: CNTV_CVAL_EL0.get(), offset }
}

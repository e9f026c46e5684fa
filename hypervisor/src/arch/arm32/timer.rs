//! The generic timer: the counter, Hyp mode's own timer and the guest's virtual timer.

use super::cp15::low;

/// CNT*_CTL.ENABLE.
pub const CTL_ENABLE: u64 = 1 << 0;
/// CNT*_CTL.IMASK.
pub const CTL_IMASK: u64 = 1 << 1;
/// CNT*_CTL.ISTATUS.
pub const CTL_ISTATUS: u64 = 1 << 2;

/// Returns the physical count (CNTPCT).
#[inline]
pub fn counter() -> u64 {
    super::cpu::isb();
    read64!(cntpct)
}

/// Returns CNTFRQ in Hz; 0 where firmware did not set it.
pub fn frequency_hz() -> u64 {
    u64::from(read!(cntfrq))
}

/// Prepares this CPU: guests read both counters, the physical timer traps, no offset.
pub fn init_cpu() {
    write!(cnthctl, 1);
    write64!(cntvoff, 0);
    write!(cntv_ctl, 0);
    write!(cnthp_ctl, 0);
    super::cpu::isb();
}

/// Sets Hyp mode's timer to fire when the count reaches `deadline`, or stops it.
#[inline]
pub fn set_hyp_deadline(deadline: Option<u64>) {
    match deadline {
        Some(count) => {
            write64!(cnthp_cval, count);
            write!(cnthp_ctl, low(CTL_ENABLE));
        }
        None => write!(cnthp_ctl, 0),
    }
    super::cpu::isb();
}

/// The virtual timer of a vCPU that does not run.
#[derive(Clone, Copy, Default, Debug)]
pub struct VirtualTimer {
    /// CNTV_CTL.
    pub ctl: u64,
    /// CNTV_CVAL.
    pub cval: u64,
    /// CNTVOFF: subtracted from the physical count.
    pub offset: u64,
}

impl VirtualTimer {
    /// Saves the CPU's virtual timer and stops it.
    pub fn save(&mut self) {
        self.ctl = u64::from(read!(cntv_ctl));
        self.cval = read64!(cntv_cval);
        write!(cntv_ctl, 0);
        super::cpu::isb();
    }

    /// Loads the CPU's virtual timer.
    pub fn load(&self) {
        write64!(cntvoff, self.offset);
        write64!(cntv_cval, self.cval);
        super::cpu::isb();
        write!(cntv_ctl, low(self.ctl & (CTL_ENABLE | CTL_IMASK)));
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
    VirtualTimer { ctl: u64::from(read!(cntv_ctl)), cval: read64!(cntv_cval), offset }
}

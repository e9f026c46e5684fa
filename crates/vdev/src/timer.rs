//! The registers of a generic timer, for the one that is emulated: the physical timer.
//!
//! Arm ARM DDI 0487J D11.2.4 and D19.12 (CNTP_CTL_EL0, CNTP_CVAL_EL0, CNTP_TVAL_EL0); on ARMv7
//! DDI 0406C B8.1.5. All values are ticks of the system counter; the count is given by the caller,
//! already less the guest's offset.

/// CNTP_CTL.ENABLE.
pub const CTL_ENABLE: u64 = 1 << 0;
/// CNTP_CTL.IMASK: the interrupt is not signalled.
pub const CTL_IMASK: u64 = 1 << 1;
/// CNTP_CTL.ISTATUS, read only: the condition is met.
pub const CTL_ISTATUS: u64 = 1 << 2;

/// A register of a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// Control.
    Ctl,
    /// The count at which the condition is met.
    Cval,
    /// The ticks until then, 32 bits and signed.
    Tval,
}

/// The level of a device's interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Not signalled.
    Low,
    /// Signalled.
    High,
}

/// A timer of one vCPU, as reset: disabled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timer {
    /// ENABLE and IMASK.
    ctl: u64,
    cval: u64,
}

impl Timer {
    /// Reads a register when the counter shows `now`.
    pub const fn read(&self, register: Register, now: u64) -> u64 {
        match register {
            // ISTATUS is UNKNOWN while the timer is disabled; it reads as 0 here.
            Register::Ctl if self.is_met(now) => self.ctl | CTL_ISTATUS,
            Register::Ctl => self.ctl,
            Register::Cval => self.cval,
            Register::Tval => self.cval.wrapping_sub(now) & 0xffff_ffff,
        }
    }

    /// Writes a register when the counter shows `now`; afterwards the level and the deadline are to
    /// be looked at again.
    pub const fn write(&mut self, register: Register, value: u64, now: u64) {
        match register {
            Register::Ctl => self.ctl = value & (CTL_ENABLE | CTL_IMASK),
            Register::Cval => self.cval = value,
            Register::Tval => self.cval = now.wrapping_add(sign_extended(value)),
        }
    }

    /// Returns the level of the interrupt when the counter shows `now`.
    pub const fn level(&self, now: u64) -> Level {
        if self.is_met(now) && self.ctl & CTL_IMASK == 0 { Level::High } else { Level::Low }
    }

    /// Returns the count at which the interrupt becomes signalled, or `None` if it is now or will
    /// not be.
    pub const fn deadline(&self, now: u64) -> Option<u64> {
        let armed = self.ctl & (CTL_ENABLE | CTL_IMASK) == CTL_ENABLE;
        if armed && !self.is_met(now) { Some(self.cval) } else { None }
    }

    /// Tells whether the timer is enabled and its condition met.
    const fn is_met(&self, now: u64) -> bool {
        self.ctl & CTL_ENABLE != 0 && now >= self.cval
    }
}

/// Extends bit 31 of a value upwards.
const fn sign_extended(value: u64) -> u64 {
    (value & 0xffff_ffff ^ 0x8000_0000).wrapping_sub(0x8000_0000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timer(ctl: u64, cval: u64) -> Timer {
        let mut timer = Timer::default();
        timer.write(Register::Ctl, ctl, 0);
        timer.write(Register::Cval, cval, 0);
        timer
    }

    #[test]
    fn control_keeps_two_bits_and_shows_the_status() {
        let timer = timer(u64::MAX, 100);
        assert_eq!(timer.read(Register::Ctl, 99), CTL_ENABLE | CTL_IMASK);
        assert_eq!(timer.read(Register::Ctl, 100), CTL_ENABLE | CTL_IMASK | CTL_ISTATUS);
    }

    #[test]
    fn a_disabled_timer_is_silent() {
        let timer = timer(0, 0);
        assert_eq!(timer.read(Register::Ctl, 5), 0);
        assert_eq!((timer.level(5), timer.deadline(5)), (Level::Low, None));
    }

    #[test]
    fn the_level_follows_the_condition_and_the_mask() {
        let mut timer = timer(CTL_ENABLE, 100);
        assert_eq!((timer.level(99), timer.deadline(99)), (Level::Low, Some(100)));
        assert_eq!((timer.level(100), timer.deadline(100)), (Level::High, None));
        timer.write(Register::Ctl, CTL_ENABLE | CTL_IMASK, 100);
        assert_eq!((timer.level(100), timer.deadline(99)), (Level::Low, None));
        timer.write(Register::Ctl, CTL_ENABLE, 100);
        timer.write(Register::Cval, 200, 100);
        assert_eq!((timer.level(100), timer.deadline(100)), (Level::Low, Some(200)));
    }

    #[test]
    fn the_timer_value_counts_down_and_is_signed() {
        let mut timer = timer(CTL_ENABLE, 0);
        timer.write(Register::Tval, 50, 1 << 40);
        assert_eq!(timer.read(Register::Cval, 0), (1 << 40) + 50);
        assert_eq!(timer.read(Register::Tval, (1 << 40) + 20), 30);
        assert_eq!(timer.read(Register::Tval, (1 << 40) + 51), 0xffff_ffff);
        timer.write(Register::Tval, 0xffff_ffff_ffff_fff6, 1000);
        assert_eq!(timer.read(Register::Cval, 0), 990);
        assert_eq!(timer.level(1000), Level::High);
        timer.write(Register::Tval, 0x1_8000_0000, 1 << 40);
        assert_eq!(timer.read(Register::Cval, 0), (1 << 40) - (1 << 31));
        timer.write(Register::Tval, 0x1_7fff_ffff, 0);
        assert_eq!(timer.read(Register::Cval, 0), 0x7fff_ffff);
    }
}

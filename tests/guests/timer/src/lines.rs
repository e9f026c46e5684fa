//! The two timers under one set of names.

use rt::arch::sysreg;
use rt::machine::Machine;

/// CTL.ENABLE.
pub const ENABLE: u64 = 1;
/// CTL.IMASK.
pub const IMASK: u64 = 2;
/// CTL.ISTATUS.
pub const ISTATUS: u64 = 4;

/// One timer.
#[derive(Clone, Copy)]
pub struct Line {
    /// `virtual` or `physical`.
    pub name: &'static str,
    /// Its INTID.
    pub intid: u32,
    /// Its counter.
    pub counter: fn() -> u64,
    /// Reads CTL.
    pub ctl: fn() -> u64,
    /// Writes CTL.
    pub set_ctl: fn(u64),
    /// Reads CVAL.
    pub cval: fn() -> u64,
    /// Writes CVAL.
    pub set_cval: fn(u64),
    /// Reads TVAL.
    pub tval: fn() -> u64,
    /// Writes TVAL.
    pub set_tval: fn(u64),
}

fn counter_physical() -> u64 {
    rt::arch::isb();
    sysreg::cntpct_el0()
}

/// The virtual timer.
pub fn virtual_timer(machine: &Machine) -> Option<Line> {
    Some(Line {
        name: "virtual",
        intid: machine.timer[2]?,
        counter: rt::timer::now,
        ctl: sysreg::cntv_ctl_el0,
        set_ctl: sysreg::set_cntv_ctl_el0,
        cval: sysreg::cntv_cval_el0,
        set_cval: sysreg::set_cntv_cval_el0,
        tval: sysreg::cntv_tval_el0,
        set_tval: sysreg::set_cntv_tval_el0,
    })
}

/// The physical timer.
pub fn physical_timer(machine: &Machine) -> Option<Line> {
    Some(Line {
        name: "physical",
        intid: machine.timer[1]?,
        counter: counter_physical,
        ctl: sysreg::cntp_ctl_el0,
        set_ctl: sysreg::set_cntp_ctl_el0,
        cval: sysreg::cntp_cval_el0,
        set_cval: sysreg::set_cntp_cval_el0,
        tval: sysreg::cntp_tval_el0,
        set_tval: sysreg::set_cntp_tval_el0,
    })
}

/// Those the tree has.
pub fn all(machine: &Machine) -> impl Iterator<Item = Line> {
    [virtual_timer(machine), physical_timer(machine)].into_iter().flatten()
}

impl Line {
    /// Off, and its interrupt neither pending nor enabled.
    pub fn quiet(&self) {
        (self.set_ctl)(0);
        rt::gic::disable(self.intid);
        (self.set_cval)(u64::MAX);
    }

    /// Expires `ms` from now.
    pub fn after_ms(&self, ms: u64) -> u64 {
        let deadline = (self.counter)() + rt::timer::ticks(ms);
        (self.set_cval)(deadline);
        deadline
    }
}

/// A check's name with the timer's in front.
#[macro_export]
macro_rules! named {
    ($line:expr, $name:literal) => {
        if $line.name == "virtual" { concat!("virtual: ", $name) } else { concat!("physical: ", $name) }
    };
}

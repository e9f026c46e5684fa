//! One CPU: the guest's own trap, and what must not touch the registers.

use crate::pattern;
use rt::arch::{self, fp, sysreg};
use rt::check::{check, check_eq, check_with, skip};
use rt::fault::{self, FaultKind};
use rt::machine::Machine;
use rt::{gic, irq, psci, timer, xen};

/// CPACR: the guest may trap its own use, and gets that trap.
pub fn trap() {
    fp::disable();
    let fault = fault::catch(|| {
        let mut state = pattern::of(0);
        fp::store(&mut state);
    });
    let kind = if cfg!(target_arch = "arm") { FaultKind::Undefined } else { FaultKind::Other };
    let class = fault.map_or(0, |fault| fault.class());
    let right = fault.is_some_and(|fault| fault.kind == kind) && (cfg!(target_arch = "arm") || class == 7);
    check_with("disabled in CPACR the guest gets the trap", right, format_args!("{fault:x?}"));
    fp::enable();
    check("enabled it gets none", fault::catch(|| pattern::load(1)).is_none());
    check_eq("registers keep what is loaded", pattern::lost(1), 0);
    fp::disable();
    fp::enable();
    check_eq("the trap does not touch them", pattern::lost(1), 0);
}

pub fn registers(machine: &'static Machine) {
    pattern::load(2);
    timer::delay_ms(50);
    check_eq("they survive 50 ms of time slices", pattern::lost(2), 0);
    pattern::load(3);
    (0..20).for_each(|_| _ = psci::call(psci::VERSION, [0; 3]));
    check_eq("they survive calls of firmware", pattern::lost(3), 0);
    pattern::load(4);
    (0..20).for_each(|_| _ = gic::lines());
    check_eq("they survive device accesses", pattern::lost(4), 0);
    sleeping(machine);
    if machine.is_xen() {
        pattern::load(6);
        (0..50).for_each(|_| _ = xen::hypercall_words(xen::SCHED_OP, [0, 0]));
        check_eq("they survive yielding", pattern::lost(6), 0);
    } else {
        skip("they survive yielding", "no /hypervisor");
    }
    (7..40).for_each(pattern::load);
    check_eq("the last of many loads counts", pattern::lost(39), 0);
}

/// WFI blocks the vCPU; the timer's interrupt wakes it, masked first, taken then.
fn sleeping(machine: &'static Machine) {
    let Some(intid) = machine.timer[2] else { return };
    irq::set_hook(|_| sysreg::set_cntv_ctl_el0(0));
    gic::enable(intid);
    pattern::load(5);
    for _ in 0..5 {
        sysreg::set_cntv_tval_el0(timer::ticks(10));
        sysreg::set_cntv_ctl_el0(1);
        arch::wfi();
    }
    check_eq("they survive WFI", pattern::lost(5), 0);
    irq::reset();
    arch::unmask_irq();
    for _ in 0..10 {
        let before = irq::total(intid);
        sysreg::set_cntv_tval_el0(timer::ticks(2));
        sysreg::set_cntv_ctl_el0(1);
        timer::wait_ms("the timer", 1000, || irq::total(intid) > before);
    }
    arch::mask_irq();
    check_eq("they survive interrupts", pattern::lost(5), 0);
    gic::disable(intid);
    irq::clear_hook();
}

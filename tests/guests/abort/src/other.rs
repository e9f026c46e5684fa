//! Faults that stage 1 or the CPU itself raises, and the state after all of them.

use rt::arch::{operation::clean_set_way, sysreg};
use rt::check::{check, check_eq, check_with};
use rt::fault::{self, FaultKind};
use rt::machine::Machine;
use rt::{arch, mmio, pages, timer};

/// A page of the window that stage 1 does not map: level 3 translation fault, status 0x07.
pub fn stage1(machine: &Machine) {
    let address = arch::WINDOW + 0x1f_f010;
    let fault = fault::catch(|| _ = mmio::load32(address, 0));
    let seen = fault.is_some_and(|fault| fault.status() == 0x07 && fault.far == address as u64);
    check_with("a stage 1 translation fault is the guest's own", seen, format_args!("{fault:x?}"));
    let fault = fault::catch(|| mmio::store32(address, 0));
    let write = if cfg!(target_arch = "arm") { 1 << 11 } else { 1 << 6 };
    check_with(
        "and so is one of a store",
        fault.is_some_and(|fault| fault.syndrome & write != 0),
        format_args!("{fault:x?}"),
    );
    let fault = fault::catch(|| mmio::run_at(address & !0xfff));
    let fetch = fault.is_some_and(|fault| fault.kind == FaultKind::PrefetchAbort && fault.status() == 0x07);
    check_with("and one of a fetch", fetch, format_args!("{fault:x?}"));
    unaligned(machine);
}

/// Arm ARM B2.9: an exclusive that is not aligned is an alignment fault, status 0x21.
fn unaligned(machine: &Machine) {
    let address = pages::take(machine).address() + 1;
    let fault = fault::catch(|| mmio::load_exclusive(address));
    let seen = fault.is_some_and(|fault| fault.status() == 0x21 && fault.far == address as u64);
    check_with("an unaligned exclusive is an alignment fault", seen, format_args!("{fault:x?}"));
}

/// UDF, and registers that EL1 does not have.
pub fn undefined() {
    let fault = fault::catch(mmio::undefined);
    check_with(
        "UDF is undefined",
        fault.is_some_and(|fault| fault.kind == FaultKind::Undefined),
        format_args!("{fault:x?}"),
    );
    check_eq("UDF is taken once", fault::count(), 1);
    let fault = fault::catch(arch::touch_hypervisor_register);
    check_with(
        "a register of the hypervisor is undefined",
        fault.is_some_and(|fault| fault.kind == FaultKind::Undefined),
        format_args!("{fault:x?}"),
    );
}

/// Maintenance by set and way, then the caches off and on: no write is lost, no register forgotten.
pub fn caches(machine: &Machine) {
    const SCTLR_C: u64 = 1 << 2;
    let page = pages::take(machine);
    page.fill(0x2468_ace0);
    let fault = fault::catch(|| {
        clean_set_way::act(0);
        clean_set_way::act(0x40);
    });
    check_with("caches can be cleaned by set and way", fault.is_none(), format_args!("{fault:x?}"));
    let context = sysreg::contextidr_el1();
    sysreg::set_contextidr_el1(0x5a);
    check_eq("CONTEXTIDR takes a value after that", sysreg::contextidr_el1(), 0x5a);
    sysreg::set_contextidr_el1(context);
    let on = sysreg::sctlr_el1();
    let fault = fault::catch(|| sysreg::set_sctlr_el1(on & !SCTLR_C));
    let off = sysreg::sctlr_el1();
    sysreg::set_sctlr_el1(on);
    check_with("data caches can be turned off", fault.is_none(), format_args!("{fault:x?}"));
    check_eq("SCTLR had the value written", off, on & !SCTLR_C);
    check_eq("and has the old one again", sysreg::sctlr_el1(), on);
    check("memory is what was written", (0..4096).step_by(4).all(|offset| page.get32(offset) == 0x2468_ace0));
}

/// Nothing is left behind.
pub fn after(machine: &Machine) {
    check_eq("no asynchronous abort is pending", arch::sysreg::isr_el1() & 0x100, 0);
    let serror = fault::catch(|| {
        arch::unmask_serror();
        timer::delay_ms(1);
        arch::mask_serror();
    });
    check_with("unmasking asynchronous aborts brings none", serror.is_none(), format_args!("{serror:x?}"));
    let page = pages::take(machine);
    page.fill(0x1357_9bdf);
    check("memory still works", (0..4096).step_by(4).all(|offset| page.get32(offset) == 0x1357_9bdf));
    check("a cache line can be cleaned", fault::catch(|| mmio::clean_line(page.address())).is_none());
}

//! Addresses with nothing behind them: a synchronous external abort on the bare machine.

use rt::check::{check, check_eq, check_with};
use rt::fault::{self, Fault, FaultKind};
use rt::machine::Range;
use rt::{arch, mm, mmio};

/// WnR: ESR_EL1.ISS bit 6; DFSR bit 11.
const WRITE: u64 = if cfg!(target_arch = "arm") { 1 << 11 } else { 1 << 6 };

/// One load, every part of what is reported.
pub fn load(hole: usize) {
    let address = hole + 0x1234;
    let mut value = 0;
    let masks = arch::sysreg::daif() & 0x1c0;
    let fault = fault::catch(|| value = mmio::load32(address, 0x600d_cafe));
    let count = fault::count();
    if !check("a load from nothing aborts", fault.is_some()) {
        return;
    }
    let Some(fault) = fault else { return };
    check_with("it is a data abort", fault.kind == FaultKind::DataAbort, format_args!("{fault:x?}"));
    check_eq("FAR has the address", fault.far, address as u64);
    check_with(
        "the status is a synchronous external abort",
        fault.is_external(),
        format_args!("{:#x}", fault.syndrome),
    );
    check_eq("it is not a write", fault.syndrome & WRITE, 0);
    check_eq("the register keeps its value", value, 0x600d_cafe);
    check_eq("it is taken once", count, 1);
    let code = fault.pc.wrapping_sub(arch::WINDOW as u64);
    check_with("its return address is in the code", code < 0x10_0000, format_args!("{:#x}", fault.pc));
    check_eq("it returns to the same masks", fault.pstate & 0x1c0, masks);
    syndrome(&fault);
}

#[cfg(target_arch = "aarch64")]
fn syndrome(fault: &Fault) {
    check_eq("EC is a data abort from the same level", fault.class(), 0x25);
    check_eq("IL is set", fault.syndrome >> 25 & 1, 1);
    check_eq("it returns to EL1h", fault.pstate & 0x1f, 5);
    check_eq("FnV is clear", fault.syndrome >> 10 & 1, 0);
}

#[cfg(target_arch = "arm")]
fn syndrome(fault: &Fault) {
    check_eq("DFSR.LPAE is set", fault.syndrome >> 9 & 1, 1);
    check_eq("it returns to SVC", fault.pstate & 0x1f, 0x13);
    check_eq("DFSR.CM is clear", fault.syndrome >> 13 & 1, 0);
}

fn expect(name: &str, address: usize, write: bool, access: impl FnOnce()) {
    match fault::catch(access) {
        Some(fault) => {
            let right = fault.kind == FaultKind::DataAbort
                && fault.far == address as u64
                && (fault.syndrome & WRITE != 0) == write;
            check_with(name, right, format_args!("{fault:x?}"));
        }
        None => {
            check(name, false);
        }
    }
}

/// Every width and form reports its own address and direction.
pub fn forms(hole: usize) {
    let at = hole + 0x2008;
    expect("a byte load aborts", at + 1, false, || _ = mmio::load8(at + 1, 0));
    expect("a halfword load aborts", at + 2, false, || _ = mmio::load16(at + 2, 0));
    expect("a byte store aborts as a write", at + 3, true, || mmio::store8(at + 3, 0));
    expect("a halfword store aborts as a write", at + 2, true, || mmio::store16(at + 2, 0));
    expect("a word store aborts as a write", at, true, || mmio::store32(at, 0));
    expect("a load with write-back aborts", at, false, || mmio::load_write_back(at));
    expect("a load of several registers aborts", at, false, || mmio::load_pair(at));
    expect("a load-exclusive aborts", at, false, || mmio::load_exclusive(at));
    #[cfg(target_arch = "aarch64")]
    {
        expect("a doubleword load aborts", at, false, || _ = mmio::load64(at, 0));
        expect("a doubleword store aborts as a write", at, true, || mmio::store64(at, 0));
        expect("a store pair aborts as a write", at, true, || mmio::store_pair(at));
        expect("a load-acquire aborts", at, false, || mmio::load_acquire(at));
        expect("a store-release aborts as a write", at, true, || mmio::store_release(at));
        expect("a load into the zero register aborts", at, false, || mmio::load_discarded(at));
    }
    expect("a load at a page's last byte aborts", (at | 0xfff) & !3, false, || {
        _ = mmio::load32((at | 0xfff) & !3, 0)
    });
}

/// An instruction fetch: the block is made executable first.
pub fn fetch(hole: usize) {
    mm::map_touching(Range { base: hole as u64, size: 4096 });
    let address = hole + 0x40;
    let fault = fault::catch(|| mmio::run_at(address));
    let Some(fault) = fault else {
        check("a fetch from nothing aborts", false);
        return;
    };
    check("a fetch from nothing aborts", true);
    check_with(
        "it is an instruction abort",
        fault.kind == FaultKind::PrefetchAbort,
        format_args!("{fault:x?}"),
    );
    check_eq("its FAR has the address", fault.far, address as u64);
    check_eq("its return address is the target", fault.pc, address as u64);
    check_with(
        "its status is a synchronous external abort",
        fault.is_external(),
        format_args!("{:#x}", fault.syndrome),
    );
    #[cfg(target_arch = "aarch64")]
    check_eq("EC is an instruction abort from the same level", fault.class(), 0x21);
}

pub fn many(hole: usize) {
    let caught = (0..1000).filter(|i| fault::catch(|| _ = mmio::load32(hole + i * 4, 0)).is_some()).count();
    check_eq("a thousand aborts in a row", caught, 1000);
}

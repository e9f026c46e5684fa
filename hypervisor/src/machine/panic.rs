//! The end: what is said when the hypervisor itself is at fault, and how all CPUs stop.

use crate::arch::traps::{self, HostFrame};
use crate::arch::{self, layout};
use crate::machine::{console, percpu};
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};

static PANICKING: AtomicBool = AtomicBool::new(false);

/// Stops this CPU if another one panicked: called from every wait loop and before guest entry.
#[inline]
pub fn stop_if_panicking() {
    if PANICKING.load(Ordering::Relaxed) {
        park_unless_owner();
    }
}

#[cold]
fn park_unless_owner() {
    let owner = OWNER.load(Ordering::Relaxed);
    if owner != this_id() {
        traps::stop();
    }
}

static OWNER: core::sync::atomic::AtomicU32 = core::sync::atomic::AtomicU32::new(u32::MAX);

fn this_id() -> u32 {
    percpu::this().map_or(0, |cpu| u32::from(cpu.id.raw()))
}

/// Tells of a panic and stops the machine.
pub fn panicked(message: fmt::Arguments<'_>) -> ! {
    report(message, None);
}

/// Tells of an exception that EL2 itself took and stops the machine.
pub fn hypervisor_fault(message: fmt::Arguments<'_>, frame: &HostFrame) -> ! {
    crate::boot::blame::tell();
    report(message, Some(frame));
}

fn report(message: fmt::Arguments<'_>, frame: Option<&HostFrame>) -> ! {
    if PANICKING.swap(true, Ordering::AcqRel) {
        traps::stop();
    }
    OWNER.store(this_id(), Ordering::Relaxed);
    console::enter_panic();
    crate::irq::stop_other_cpus();
    console::write_panic(format_args!("\n****************************************\n"));
    console::write_panic(format_args!("Panic on CPU {}:\n{message}\n", this_id()));
    if let Some(vcpu) = percpu::this().and_then(|cpu| cpu.current()) {
        console::write_panic(format_args!("Running d{}v{}\n", vcpu.domain.id, vcpu.id));
    }
    let (pc, fp) = match frame {
        Some(frame) => {
            let width = 2 * size_of::<usize>();
            for (n, chunk) in frame.registers().chunks(4).enumerate() {
                console::write_panic(format_args!("  r{:<2} {chunk:0width$x?}\n", n * 4));
            }
            let (pc, fp, lr) = frame.position();
            console::write_panic(format_args!("Backtrace:\n"));
            print_caller(pc);
            print_caller(lr);
            (pc, fp)
        }
        None => {
            console::write_panic(format_args!("Backtrace:\n"));
            (0, traps::frame_pointer())
        }
    };
    backtrace(pc, fp);
    console::write_panic(format_args!("****************************************\n"));
    crate::boot::end_of_machine()
}

/// Follows the frame records from `fp` and names each caller.
fn backtrace(_pc: usize, mut fp: usize) {
    for _ in 0..32 {
        let Some((next, caller)) = traps::frame_record(fp, stack_of(fp)) else { return };
        if caller == 0 {
            return;
        }
        print_caller(caller);
        if next <= fp {
            return;
        }
        fp = next;
    }
}

/// Returns the bounds of the EL2 stack that `fp` may lie in.
fn stack_of(fp: usize) -> core::ops::Range<usize> {
    let boot = arch::boot::boot_stack().raw();
    let boot = boot..boot + layout::BOOT_STACK_BYTES;
    if boot.contains(&fp) {
        return boot;
    }
    percpu::this().map_or(boot, |cpu| cpu.stack_top.raw() - layout::STACK_BYTES..cpu.stack_top.raw())
}

fn print_caller(address: usize) {
    if !arch::boot::is_text(address) {
        console::write_panic(format_args!("   [<{address:016x}>] ?\n"));
        return;
    }
    let mut name = symbols::NameBuffer::default();
    let offset = address - layout::IMAGE.raw();
    match symbols::Table::parse(arch::boot::symbols())
        .ok()
        .and_then(|table| table.lookup(offset as u64, &mut name))
    {
        Some(found) => {
            console::write_panic(format_args!("   [<{address:016x}>] {}+{:#x}\n", found.name, found.offset));
        }
        None => console::write_panic(format_args!("   [<{address:016x}>] ?\n")),
    }
}

//! The end: what is said when the hypervisor itself is at fault, and how all CPUs stop.
//!
//! The first CPU to call [`stop_the_others`] owns the machine from then on. The others stop where they
//! wait for a lock, on their way out of EL2, or at the interrupt that they are sent; one that does
//! neither within [`PATIENCE_NS`] is stuck, and named.

use crate::arch::context::Named;
use crate::arch::timer::counter;
use crate::arch::traps::{self, HostFrame};
use crate::arch::{self, cpu, layout, sysreg};
use crate::drivers::timer;
use crate::irq;
use crate::machine::console::{self, print};
use crate::machine::percpu::{self, PerCpu};
use core::fmt;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The CPU that owns the machine, or [`NOBODY`].
static OWNER: AtomicU32 = AtomicU32::new(NOBODY);
const NOBODY: u32 = u32::MAX;
/// CPUs that stopped, a bit each.
static STOPPED: AtomicU64 = AtomicU64::new(0);
/// Faults while the machine ends.
static AGAIN: AtomicU32 = AtomicU32::new(0);
/// So many are still told of.
const AGAIN_MAX: u32 = 2;
/// How long the others have to stop.
const PATIENCE_NS: u64 = 1_000_000_000;
/// As many turns at most, should the counter stand still.
const PATIENCE_TURNS: u32 = 100_000_000;
/// Callers that are shown.
const DEPTH: usize = 32;
/// Registers in a line.
const COLUMNS: usize = 4;

/// Stops this CPU if another one owns the machine: called from every wait loop and before guest entry.
#[inline]
pub fn stop_if_panicking() {
    if OWNER.load(Ordering::Relaxed) != NOBODY {
        stop_unless_owner();
    }
}

#[cold]
fn stop_unless_owner() {
    if OWNER.load(Ordering::Acquire) != this_id() {
        stop();
    }
}

fn stop() -> ! {
    STOPPED.fetch_or(bit(this_id()), Ordering::Release);
    traps::stop()
}

fn this_id() -> u32 {
    percpu::this().map_or(0, |cpu| u32::from(cpu.id.raw()))
}

fn bit(id: u32) -> u64 {
    1 << (id & 63)
}

/// Whether this CPU owned the machine already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Claim {
    New,
    Again,
}

/// Makes this CPU the only one that runs, from here to the end; if another one is that already, this
/// one stops.
pub fn stop_the_others() {
    let _ = claim();
}

fn claim() -> Claim {
    let own = this_id();
    match OWNER.compare_exchange(NOBODY, own, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => {}
        Err(owner) if owner == own => return Claim::Again,
        Err(_) => stop(),
    }
    irq::stop_other_cpus();
    wait_for_the_others(own);
    console::take_over();
    for cpu in running(own) {
        print(format_args!("CPU{} does not stop: it is stuck in the hypervisor\n", cpu.id));
    }
    Claim::New
}

fn running(own: u32) -> impl Iterator<Item = &'static PerCpu> {
    percpu::all().filter(move |cpu| {
        let id = u32::from(cpu.id.raw());
        id != own && STOPPED.load(Ordering::Acquire) & bit(id) == 0
    })
}

fn wait_for_the_others(own: u32) {
    let start = counter();
    for _ in 0..PATIENCE_TURNS {
        let late = timer::ticks_to_ns(counter().wrapping_sub(start)) > PATIENCE_NS;
        if late || running(own).next().is_none() {
            return;
        }
        cpu::relax();
    }
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
    if claim() == Claim::Again {
        if AGAIN.fetch_add(1, Ordering::Relaxed) >= AGAIN_MAX {
            traps::stop();
        }
        print(format_args!("Panic while the machine ends: {message}\n"));
        crate::boot::end_of_machine();
    }
    print(format_args!("\n****************************************\n"));
    print(format_args!("Panic on CPU {}:\n{message}\n", this_id()));
    print_guest();
    if let Some(frame) = frame {
        print(format_args!("Registers at the fault:\n"));
        print_registers(&frame.named());
    }
    print(format_args!("EL2's system registers:\n"));
    print_registers(&sysreg::named());
    print(format_args!("Xen call trace:\n"));
    let fp = match frame {
        Some(frame) => {
            let (pc, fp, lr) = frame.position();
            print_place(pc, pc, " (PC)");
            print_caller(lr, " (LR)");
            fp
        }
        None => traps::frame_pointer(),
    };
    backtrace(fp);
    print(format_args!("****************************************\n"));
    crate::boot::end_of_machine()
}

fn print_guest() {
    let Some(vcpu) = percpu::this().and_then(PerCpu::current) else {
        return print(format_args!("No guest runs on it\n"));
    };
    print(format_args!("It runs d{}v{}:\n", vcpu.domain.id, vcpu.id));
    let regs = vcpu.context.with(|context| context.regs);
    print_registers(&regs.named());
}

fn print_registers(named: &[Named]) {
    for row in named.chunks(COLUMNS) {
        print(format_args!("{}\n", Row(row)));
    }
}

struct Row<'a>(&'a [Named]);

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = 2 * size_of::<usize>();
        self.0.iter().try_for_each(|(name, value)| write!(f, " {name:>9} {value:0width$x}"))
    }
}

/// Follows the frame records from `fp` and names each caller.
fn backtrace(mut fp: usize) {
    for _ in 0..DEPTH {
        let Some((next, caller)) = traps::frame_record(fp, stack_of(fp)) else { return };
        if caller == 0 {
            return;
        }
        print_caller(caller, "");
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

/// Names the function around the instruction before a return address.
fn print_caller(address: usize, note: &str) {
    print_place(address, address.wrapping_sub(1), note);
}

/// Prints an address and names the function around `inside`; `?` where it is none.
fn print_place(address: usize, inside: usize, note: &str) {
    let width = 2 * size_of::<usize>();
    let mut name = symbols::NameBuffer::default();
    let table = symbols::Table::parse(arch::boot::symbols()).ok();
    let offset = arch::boot::is_text(inside).then(|| (inside - layout::IMAGE.raw()) as u64);
    match table.zip(offset).and_then(|(table, offset)| table.lookup(offset, &mut name)) {
        Some(found) => {
            let offset = found.offset + (address - inside) as u64;
            print(format_args!("   [<{address:0width$x}>] {}+{offset:#x}{note}\n", found.name));
        }
        None => print(format_args!("   [<{address:0width$x}>] ?{note}\n")),
    }
}

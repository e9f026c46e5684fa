//! The other CPUs, brought up one at a time.

use super::Machine;
use crate::arch::{self, layout, smc, sysreg};
use crate::drivers::{gic, timer};
use crate::machine::frame_window;
use crate::machine::percpu::{self, MAX_CPUS, PerCpu};
use crate::machine::platform_port::HostPort;
use crate::mm::{frames, hyp_space, p2m};
use crate::{irq, sched};
use ::frames::{Usage, Within};
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use devicetree::query::Cpu;
use pagetable::El2Access;
use platforms::BringUp;
use types::{CpuId, PAGE_BYTES, PhysAddr, PhysRange, VirtAddr};

/// How long a CPU may take to come up, in microseconds.
const PATIENCE_US: u32 = 2_000_000;

/// Number of the CPU that is coming up, plus one; it clears it when it is up.
static COMING: AtomicU32 = AtomicU32::new(0);

/// The CPU that came up parked itself.
static REFUSED: AtomicBool = AtomicBool::new(false);
/// MIDR of the boot CPU.
static BOOT_MIDR: AtomicU32 = AtomicU32::new(0);

/// Why a CPU does not take part.
enum Failure {
    /// It did not start; others may.
    Off(&'static str),
    /// It was told to start and did not arrive. It may still do so, on the stack that it was given, so
    /// that no other is started.
    Lost,
}

/// Whether every CPU that was told to start has done so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// The entry code is not needed any more.
    All,
    /// One may still come, and park.
    NotAll,
}

/// Brings up every CPU of the tree but this one, at most as many as `maxcpus` says.
pub fn start_others(machine: &Machine) -> Arrived {
    let boot = sysreg::mpidr();
    BOOT_MIDR.store(low_word(sysreg::midr()), Ordering::Relaxed);
    let most = machine.options.maxcpus.map_or(MAX_CPUS, |max| (max.max(1) as usize).min(MAX_CPUS));
    let mut next = 1;
    let mut arrived = Arrived::All;
    for (attempt, cpu) in (1..).zip(machine.tree.cpus().filter(|cpu| cpu.mpidr != boot)) {
        if next >= most {
            log::info!("CPU {:#x} stays off: the limit is {most}", cpu.mpidr);
            continue;
        }
        match start(machine, &cpu, next, attempt) {
            Ok(()) => next += 1,
            Err(Failure::Off(reason)) => log::error!("CPU {:#x} does not come up: {reason}", cpu.mpidr),
            Err(Failure::Lost) => {
                log::error!(
                    "CPU {:#x} does not come up within 2 seconds: no further CPU is started",
                    cpu.mpidr
                );
                arrived = Arrived::NotAll;
                break;
            }
        }
    }
    log::info!("Brought up {next} CPUs");
    arrived
}

/// Starts a CPU as number `number`, on a stack of its own for each attempt.
fn start(machine: &Machine, cpu: &Cpu<'_>, number: usize, attempt: usize) -> Result<(), Failure> {
    let psci = machine.tree.psci();
    let how = platforms::bring_up(cpu, psci.as_ref(), machine.platform)
        .map_err(|_| Failure::Off("nobody knows how to start it"))?;
    let id = CpuId::new(u16::try_from(number).map_err(|_| Failure::Off("too many CPUs"))?);
    let stack_top = make_stack(attempt).ok_or(Failure::Off("no memory for its stack"))?;
    let entry = arch::boot::secondary_entry_phys();
    let data = PerCpu::create(id, cpu.mpidr, stack_top);
    arch::boot::set_secondary_stack(stack_top);
    COMING.store(u32::from(id.raw()) + 1, Ordering::SeqCst);
    let result = match wake(machine, how, data, entry) {
        Err(reason) => Err(Failure::Off(reason)),
        Ok(()) if !wait() => Err(Failure::Lost),
        Ok(()) if REFUSED.swap(false, Ordering::SeqCst) => Err(Failure::Off("it parked itself")),
        Ok(()) => Ok(()),
    };
    if result.is_err() {
        COMING.store(0, Ordering::SeqCst);
        percpu::withdraw(id);
    }
    result
}

/// Parks the CPU that comes up, which has said why.
fn refuse() -> ! {
    REFUSED.store(true, Ordering::SeqCst);
    COMING.store(0, Ordering::SeqCst);
    arch::cpu::park()
}

fn low_word(value: u64) -> u32 {
    u32::try_from(value & u64::from(u32::MAX)).unwrap_or(0)
}

/// Tells whether this CPU is of the boot CPU's kind, as a guest that moves between them needs.
fn same_kind() -> bool {
    let allowed = super::machine().is_some_and(|machine| machine.options.hmp_unsafe);
    allowed || low_word(sysreg::midr()) == BOOT_MIDR.load(Ordering::Relaxed)
}

fn wake(machine: &Machine, how: BringUp, cpu: &PerCpu, entry: PhysAddr) -> Result<(), &'static str> {
    match how {
        BringUp::Psci(function) => {
            let result = smc::call(function, [cpu.mpidr, entry.raw(), 0]);
            if result == 0 { Ok(()) } else { Err("firmware's CPU_ON refused") }
        }
        BringUp::SpinTable(release) => {
            frame_window::write(release, &entry.raw().to_le_bytes())
                .map_err(|_| "its release address is not in RAM")?;
            let line = PhysRange::new(release, 8).map_err(|_| "its release address wraps")?;
            frame_window::clean_invalidate(line).map_err(|_| "its release address is not in RAM")?;
            arch::cpu::send_event();
            Ok(())
        }
        BringUp::Platform => {
            machine.platform.cpu_on(&mut HostPort, cpu.id, entry).map_err(|_| "the board's sequence failed")
        }
    }
}

fn wait() -> bool {
    let start = arch::timer::counter();
    let ticks = timer::ns_to_ticks(u64::from(PATIENCE_US) * 1000);
    while COMING.load(Ordering::SeqCst) != 0 {
        if arch::timer::counter().wrapping_sub(start) > ticks {
            return false;
        }
        arch::cpu::relax();
    }
    true
}

/// Maps a stack with an unmapped page under it and returns its top.
fn make_stack(number: usize) -> Option<VirtAddr> {
    let bytes = layout::STACK_BYTES as u64;
    let order = (bytes / PAGE_BYTES).trailing_zeros();
    let stack = frames::alloc(order, Within::Any, Usage::HYPERVISOR)?.mfn.addr();
    let slot = layout::STACK_BYTES + arch::to_usize(PAGE_BYTES);
    let bottom = layout::STACKS.wrapping_add(number * slot + arch::to_usize(PAGE_BYTES));
    hyp_space::map_memory(bottom, PhysRange::new(stack, bytes).ok()?, El2Access::ReadWrite).ok()?;
    Some(bottom.wrapping_add(layout::STACK_BYTES))
}

/// Where a CPU arrives from the entry code, on its own stack.
pub fn secondary() -> ! {
    let number = COMING.load(Ordering::SeqCst).wrapping_sub(1);
    let cpu = u16::try_from(number).ok().and_then(|id| percpu::get(CpuId::new(id)));
    // A CPU that nobody waits for, or another than is waited for, has no number.
    let cpu = cpu.filter(|cpu| cpu.mpidr == sysreg::mpidr());
    let (Some(cpu), Some(gic)) = (cpu, gic::get()) else { arch::cpu::park() };
    cpu.adopt();
    if !same_kind() {
        log::error!(
            "CPU {:#x} stays off: it is of another kind ({:#x}); hmp-unsafe overrides",
            cpu.mpidr,
            sysreg::midr()
        );
        refuse();
    }
    sysreg::init_cpu();
    sysreg::set_vtcr(p2m::shape().vtcr);
    arch::timer::init_cpu();
    if gic.init_cpu(cpu.id, cpu.mpidr).is_err() {
        log::error!("CPU {:#x} has no redistributor", cpu.mpidr);
        refuse();
    }
    irq::init_cpu(gic);
    if sched::add_cpu(cpu).is_err() {
        log::error!("CPU {:#x} cannot take part", cpu.mpidr);
        refuse();
    }
    COMING.store(0, Ordering::SeqCst);
    sched::leave(cpu);
    arch::traps::enter(cpu)
}

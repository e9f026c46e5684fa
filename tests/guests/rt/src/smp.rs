//! Other CPUs: start one with a job, wait for it, turn it off again.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::cpu::MAX_CPUS;
use crate::machine::Machine;
use crate::{arch, gic, mm, psci, timer};

type Job = fn(usize);

/// State in which a started CPU arrived.
#[repr(C)]
pub struct Arrival {
    /// The context id it was given.
    pub context: AtomicUsize,
    /// CurrentEL, or CPSR.
    pub level: AtomicUsize,
    /// DAIF, or CPSR.
    pub masks: AtomicUsize,
    /// SCTLR.
    pub sctlr: AtomicUsize,
    /// MPIDR's affinity.
    pub affinity: AtomicUsize,
    /// The virtual counter at the first instruction.
    pub counter: AtomicU64,
    /// Times this CPU arrived.
    pub arrivals: AtomicUsize,
    /// Jobs it finished.
    pub finished: AtomicUsize,
}

static ARRIVALS: [Arrival; MAX_CPUS] = [const {
    Arrival {
        context: AtomicUsize::new(0),
        level: AtomicUsize::new(0),
        masks: AtomicUsize::new(0),
        sctlr: AtomicUsize::new(0),
        affinity: AtomicUsize::new(0),
        counter: AtomicU64::new(0),
        arrivals: AtomicUsize::new(0),
        finished: AtomicUsize::new(0),
    }
}; MAX_CPUS];

static JOBS: [AtomicUsize; MAX_CPUS] = [const { AtomicUsize::new(0) }; MAX_CPUS];

unsafe extern "C" {
    fn _secondary();
}

/// How CPU `cpu` arrived.
pub fn arrival(cpu: usize) -> &'static Arrival {
    &ARRIVALS[cpu % MAX_CPUS]
}

/// Physical address of the entry of other CPUs.
pub fn entry() -> u64 {
    mm::physical(_secondary as *const () as usize)
}

/// Calls CPU_ON for the CPU of this index; bits above the low three of `context` are the caller's.
pub fn start(machine: &Machine, cpu: usize, context: usize, job: Job) -> isize {
    let Some(target) = machine.cpus.as_slice().get(cpu) else { return psci::INVALID_PARAMETERS };
    assign(cpu, job);
    psci::cpu_on(*target, entry(), context & !7 | cpu)
}

/// Says what the CPU of this index does when it arrives at [`entry`] with the index as its context.
pub fn assign(cpu: usize, job: Job) {
    JOBS[cpu % MAX_CPUS].store(job as usize, Ordering::Release);
    arch::dsb();
}

/// Starts a CPU with a job and waits until it arrived.
pub fn start_and_wait(machine: &Machine, cpu: usize, job: Job) -> bool {
    let before = arrival(cpu).arrivals.load(Ordering::Acquire);
    start(machine, cpu, 0, job) == psci::SUCCESS
        && timer::wait_ms("a CPU to arrive", 10_000, || {
            arrival(cpu).arrivals.load(Ordering::Acquire) != before
        })
}

/// Waits until AFFINITY_INFO says a CPU is off.
pub fn wait_off(machine: &Machine, cpu: usize) -> bool {
    let Some(target) = machine.cpus.as_slice().get(cpu) else { return false };
    timer::wait_ms("a CPU to go off", 10_000, || psci::affinity_info(*target) == 1)
}

#[unsafe(no_mangle)]
extern "C" fn rt_secondary(context: usize, level: usize, masks: usize, sctlr: usize, counter: u64) -> ! {
    let cpu = arch::cpu_index();
    let arrival = arrival(cpu);
    arrival.context.store(context, Ordering::Relaxed);
    arrival.level.store(level, Ordering::Relaxed);
    arrival.masks.store(masks, Ordering::Relaxed);
    arrival.sctlr.store(sctlr, Ordering::Relaxed);
    arrival.affinity.store(usize::try_from(crate::cpu::affinity()).unwrap_or(0), Ordering::Relaxed);
    arrival.counter.store(counter, Ordering::Relaxed);
    gic::init_cpu();
    let job = JOBS[cpu % MAX_CPUS].load(Ordering::Acquire);
    arrival.arrivals.fetch_add(1, Ordering::AcqRel);
    if job != 0 {
        // SAFETY: Only `assign` stores here, and it stores a `Job`.
        let job = unsafe { core::mem::transmute::<usize, Job>(job) };
        job(cpu);
    }
    arch::mask_irq();
    arrival.finished.fetch_add(1, Ordering::AcqRel);
    arch::dsb();
    arch::sev();
    psci::cpu_off();
    loop {
        arch::wfe();
    }
}

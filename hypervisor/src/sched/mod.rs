//! Which vCPU runs where, and the switch between them.
//!
//! [`leave`] is the way out of every trap: it does what is pending, takes another vCPU if this one
//! blocked or used its slice, and idles where there is none. Lock rank: SCHED.

mod switch;

use crate::arch::{cpu, timer};
use crate::arch::traps::Context;
use crate::domain::{Vcpu, vgic};
use crate::drivers::timer as clock;
use crate::irq;
use crate::machine::percpu::{self, PerCpu};
use crate::machine::sync::{Lock, rank};
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use types::CpuId;

/// Nanoseconds that a vCPU runs while others wait.
pub const SLICE_NS: u64 = 10_000_000;

/// What a vCPU has in the scheduler.
#[derive(Debug, Default)]
pub struct Entity {
    /// A [`Place`]; written under the queue's lock.
    place: AtomicU32,
    /// Somebody woke it since it last came to a CPU.
    woken: AtomicBool,
    /// Number of reasons for which it may not run.
    paused: AtomicU32,
    /// The count at which a timer of it fires while it does not run; 0 is never.
    pub(crate) deadline: AtomicU64,
}

/// What a CPU has in the scheduler.
#[derive(Default)]
pub struct Local {
    slice_end: u64,
    /// The current vCPU wants to sleep.
    blocking: bool,
    /// vCPUs that went to sleep here with a timer armed.
    sleepers: Vec<Arc<Vcpu>>,
}

/// A vCPU's place: asleep, waiting for a CPU, or on CPU `n - RUNNING`.
const ASLEEP: u32 = 0;
const QUEUED: u32 = 1;
const RUNNING: u32 = 2;

struct Queue {
    waiting: VecDeque<Arc<Vcpu>>,
    /// CPUs that have nothing to do, a bit each.
    idle: u64,
}

static QUEUE: Lock<Queue, { rank::SCHED }> = Lock::new(Queue { waiting: VecDeque::new(), idle: 0 });

impl Entity {
    /// Returns the CPU that it is on.
    pub fn running_on(&self) -> Option<CpuId> {
        u16::try_from(self.place.load(Ordering::SeqCst).checked_sub(RUNNING)?).ok().map(CpuId::new)
    }
}

fn running_here(cpu: &PerCpu) -> u32 {
    RUNNING + u32::from(cpu.id.raw())
}

/// Makes sure the queue never allocates later: there is room for `vcpus` more.
pub fn reserve(vcpus: usize) -> Result<(), alloc::collections::TryReserveError> {
    QUEUE.lock().waiting.try_reserve(vcpus)
}

/// Makes a vCPU run, or look at what was posted to it if it does already.
pub fn wake(vcpu: &Arc<Vcpu>) {
    vcpu.sched.woken.store(true, Ordering::SeqCst);
    let mut queue = QUEUE.lock();
    if let Some(cpu) = vcpu.sched.running_on() {
        drop(queue);
        return kick(cpu);
    }
    if vcpu.sched.place.load(Ordering::Relaxed) == ASLEEP && may_run(vcpu) {
        enqueue(&mut queue, vcpu.clone());
    }
}

/// Puts a vCPU into the queue and sees that a CPU takes it: an idle one, else this one at its next
/// way out.
fn enqueue(queue: &mut Queue, vcpu: Arc<Vcpu>) {
    vcpu.sched.place.store(QUEUED, Ordering::SeqCst);
    queue.waiting.push_back(vcpu);
    if queue.idle != 0 {
        return kick(CpuId::new(u16::try_from(queue.idle.trailing_zeros()).unwrap_or(0)));
    }
    if let Some(cpu) = percpu::this() {
        reschedule(cpu);
    }
}

/// Interrupts a CPU, unless it is this one.
pub fn kick(id: CpuId) {
    let own = percpu::this().is_some_and(|cpu| cpu.id == id);
    if own {
        return;
    }
    if let Some(cpu) = percpu::get(id) {
        irq::send_kick(cpu);
    }
}

fn may_run(vcpu: &Vcpu) -> bool {
    vcpu.online.load(Ordering::SeqCst) && vcpu.sched.paused.load(Ordering::SeqCst) == 0
}

/// Lets others run, if any waits.
pub fn yield_now(cpu: &'static PerCpu) {
    cpu.local.with(|local| local.slice_end = 0);
    reschedule(cpu);
}

/// Asks for a scheduling decision here before a guest runs on.
pub fn reschedule(cpu: &PerCpu) {
    cpu.reschedule.store(true, Ordering::Relaxed);
}

/// Blocks the running vCPU until something is posted to it, unless something is there already.
pub fn wait_for_interrupt(cpu: &'static PerCpu, vcpu: &Vcpu) {
    vcpu.sched.woken.store(false, Ordering::SeqCst);
    if !vgic::has_deliverable(vcpu) {
        block(cpu);
    }
}

/// Takes the running vCPU off the CPU until [`wake`].
///
/// It is asleep only once its registers are saved; a wake or a post that comes before is seen then.
pub fn block(cpu: &'static PerCpu) {
    cpu.local.with(|local| local.blocking = true);
    reschedule(cpu);
}

/// What a scheduling decision says.
enum Choice {
    /// The current vCPU runs on.
    Stay,
    /// Another runs, or none.
    Switch(Option<Arc<Vcpu>>),
}

fn choose(cpu: &'static PerCpu, blocking: bool) -> Choice {
    let mut queue = QUEUE.lock();
    let current = cpu.current().filter(|vcpu| !blocking && may_run(vcpu));
    let slice_left = cpu.local.with(|local| timer::counter() < local.slice_end);
    if current.is_some() && (slice_left || queue.waiting.is_empty()) {
        return Choice::Stay;
    }
    let bit = 1u64 << (cpu.id.raw() & 63);
    let Some(next) = queue.waiting.pop_front() else {
        queue.idle |= bit;
        return Choice::Switch(None);
    };
    queue.idle &= !bit;
    next.sched.place.store(running_here(cpu), Ordering::SeqCst);
    cpu.local.with(|local| local.slice_end = timer::counter() + clock::ns_to_ticks(SLICE_NS));
    Choice::Switch(Some(next))
}

/// Takes a scheduling decision and carries it out.
fn decide(cpu: &'static PerCpu) {
    let blocking = cpu.local.with(|local| core::mem::take(&mut local.blocking));
    if let Choice::Switch(next) = choose(cpu, blocking) {
        let previous = switch::switch(cpu, next);
        if let Some(previous) = previous {
            settle(previous, blocking);
        }
    }
    set_deadline(cpu);
}

/// Finds the place of a vCPU that has just left its CPU, registers saved.
fn settle(vcpu: Arc<Vcpu>, blocking: bool) {
    let mut queue = QUEUE.lock();
    let wanted = !blocking || vcpu.sched.woken.load(Ordering::SeqCst) || vgic::is_signalled(&vcpu);
    if wanted && may_run(&vcpu) {
        enqueue(&mut queue, vcpu);
    } else {
        vcpu.sched.place.store(ASLEEP, Ordering::SeqCst);
    }
}

/// Decides what runs next on this CPU and makes it ready to run.
pub fn leave(cpu: &'static PerCpu) -> *mut Context {
    crate::machine::panic::stop_if_panicking();
    loop {
        if cpu.current().is_none() || cpu.reschedule.swap(false, Ordering::Relaxed) {
            decide(cpu);
        }
        let Some(vcpu) = cpu.current() else {
            idle(cpu);
            continue;
        };
        vgic::flush(vcpu);
        if !cpu.reschedule.load(Ordering::Relaxed) {
            return vcpu.context.as_ptr();
        }
    }
}

/// Sleeps until an interrupt comes and handles it.
fn idle(cpu: &'static PerCpu) {
    cpu::wait_for_interrupt();
    irq::dispatch(cpu);
}

/// Sets EL2's timer to the earliest of the slice's end, if others wait, the emulated timer of the
/// vCPU that runs, and the timers of those that sleep.
pub fn set_deadline(cpu: &'static PerCpu) {
    let contended = !QUEUE.lock().waiting.is_empty();
    let running = cpu.current().map(|vcpu| vcpu.state.with(|state| state.physical_timer.deadline(timer::counter())));
    let (slice, sleeping) = cpu.local.with(|local| {
        let slice = (contended && running.is_some()).then_some(local.slice_end);
        (slice, switch::next_deadline(&local.sleepers))
    });
    timer::set_hyp_deadline([slice, sleeping, running.flatten()].into_iter().flatten().min());
}

/// EL2's timer fired: wake those whose time has come, and decide anew.
pub fn timer_fired(cpu: &'static PerCpu) {
    switch::fire_deadlines(cpu, timer::counter());
    if let Some(vcpu) = cpu.current() {
        crate::domain::ptimer::check(vcpu);
    }
    reschedule(cpu);
}

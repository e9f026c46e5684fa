//! Two vCPUs: starting one, and yielding to each other; what they send each other is in [`messages`].

use core::sync::atomic::{AtomicU32, Ordering};

use crate::events::Events;
use crate::messages;
use crate::row::Bench;
use rt::arch::fp;
use rt::arch::operation::{hypercall, touch_fp};
use rt::check::{check, check_with};
use rt::{arch, psci, smp, window, xen};

/// Whether the other vCPU is to end.
pub static STOP: AtomicU32 = AtomicU32::new(0);
static TURNS: AtomicU32 = AtomicU32::new(0);

/// SCHEDOP_yield.
pub const YIELD: usize = 0;
const NAMES: [&str; 3] = ["cpu-on", "yield-pingpong", "yield-pingpong-fp"];

/// All of them.
pub fn run(bench: &Bench, events: Option<&Events>) {
    if bench.machine.cpus.as_slice().len() < 2 {
        return NAMES.iter().chain(&messages::NAMES).for_each(|name| bench.skip(name, "one vCPU"));
    }
    bench.singles(NAMES[0], 8, &mut |loops| (0..loops).map(|_| start(bench)).sum());
    if bench.machine.is_xen() {
        yields(bench, NAMES[1], yielder, || {});
        fp::enable();
        yields(bench, NAMES[2], yielder_fp, touch_fp::act);
        fp::disable();
    } else {
        NAMES[1..].iter().for_each(|name| bench.skip(name, "no hypervisor"));
    }
    messages::run(bench, events);
}

/// Lets the other vCPU run, on this CPU or on its own.
fn give_way(bench: &Bench) {
    if bench.machine.is_xen() {
        yield_once();
    }
    arch::relax();
}

/// Lets whoever else can run do so.
pub fn yield_once() {
    hypercall::act(xen::SCHED_OP, YIELD, 0, 0);
}

fn nothing(_: usize) {}

/// Starts vCPU 1; gives the ticks from the call to its first instruction.
fn start(bench: &Bench) -> u64 {
    let arrival = smp::arrival(1);
    let arrivals = arrival.arrivals.load(Ordering::Acquire);
    window::begin();
    let before = window::counter();
    let result = smp::start(bench.machine, 1, 0, nothing);
    while result == psci::SUCCESS && arrival.arrivals.load(Ordering::Acquire) == arrivals {
        give_way(bench);
    }
    window::end();
    if result != psci::SUCCESS {
        check("CPU_ON", false);
    }
    wait_off(bench);
    arrival.counter.load(Ordering::Acquire).wrapping_sub(before)
}

/// Waits until vCPU 1 is off.
pub fn wait_off(bench: &Bench) {
    let target = bench.machine.cpus.as_slice().get(1).copied().unwrap_or(0);
    while psci::affinity_info(target) != 1 {
        give_way(bench);
    }
}

/// Starts vCPU 1 with a job that ends when it is told to, and waits until it arrived.
pub fn begin(bench: &Bench, job: fn(usize)) -> bool {
    STOP.store(0, Ordering::Release);
    let arrival = smp::arrival(1);
    let arrivals = arrival.arrivals.load(Ordering::Acquire);
    let started = smp::start(bench.machine, 1, 0, job) == psci::SUCCESS;
    while started && arrival.arrivals.load(Ordering::Acquire) == arrivals {
        give_way(bench);
    }
    check("vCPU 1 starts", started)
}

/// Yields until told to stop.
fn yielder(_: usize) {
    while STOP.load(Ordering::Acquire) == 0 {
        TURNS.fetch_add(1, Ordering::Relaxed);
        hypercall::act(xen::SCHED_OP, YIELD, 0, 0);
    }
}

/// As [`yielder`], changing an FP register each time.
fn yielder_fp(_: usize) {
    fp::enable();
    while STOP.load(Ordering::Acquire) == 0 {
        TURNS.fetch_add(1, Ordering::Relaxed);
        touch_fp::act();
        hypercall::act(xen::SCHED_OP, YIELD, 0, 0);
    }
}

/// Both yield to each other: two switches are one operation.
fn yields(bench: &Bench, name: &str, job: fn(usize), each: fn()) {
    if !bench.wants(name) || !begin(bench, job) {
        return;
    }
    let turns = TURNS.load(Ordering::Acquire);
    window::timed(100, || hypercall::act(xen::SCHED_OP, YIELD, 0, 0));
    let turns = TURNS.load(Ordering::Acquire) - turns;
    check_with("100 yields give vCPU 1 100 turns", turns.abs_diff(100) < 3, format_args!("{turns}"));
    let mut round = |loops| {
        window::timed(loops, || {
            each();
            hypercall::act(xen::SCHED_OP, YIELD, 0, 0);
        })
    };
    let mut shape = |loops| window::timed(loops, || hypercall::shape(xen::SCHED_OP, YIELD, 0, 0));
    bench.row(name, 128, &mut round, &mut shape);
    STOP.store(1, Ordering::Release);
    wait_off(bench);
}

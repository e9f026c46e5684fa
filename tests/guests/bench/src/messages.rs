//! Interrupts from one vCPU to another, by SGI and by event channel.
//!
//! With both on one CPU they wait in WFI with IRQs masked: the hypervisor runs the one that is not asleep, so
//! the clock never jumps. With a CPU each they spin on YIELD, on which the emulator turns to the other CPU: the
//! figure is the work of both. An exchange there and back is one operation, but for `kick` and `wake`: those
//! are an SGI to a vCPU that runs, and to one that sleeps, until its handler has run.

use core::sync::atomic::{AtomicU32, Ordering};

use crate::events::{self, Events};
use crate::pair::{self, STOP};
use crate::row::Bench;
use rt::irq::{self, Taken};
use rt::lent::Lent;
use rt::xen::{self, Block};
use rt::{arch, gic, timer, window};

/// How a vCPU waits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waiting {
    Asleep,
    Spinning,
}

/// What is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Medium {
    Sgi,
    Event,
}

pub const NAMES: [&str; 6] =
    ["sgi-pingpong-1cpu", "evtchn-pingpong-1cpu", "sgi-2cpu", "evtchn-2cpu", "kick-2cpu", "wake-2cpu"];

const SGI: u32 = 5;
static EVENTS: Lent<Events> = Lent::new();
/// The port that notifies each vCPU.
static PORTS: [AtomicU32; 2] = [const { AtomicU32::new(0) }; 2];
/// Messages that each vCPU has not seen yet.
static ARRIVED: [AtomicU32; 2] = [const { AtomicU32::new(0) }; 2];
/// Messages that vCPU 1 was interrupted by.
static HANDLED: AtomicU32 = AtomicU32::new(0);

/// All of them; those for two CPUs when they are asked for by name.
pub fn run(bench: &Bench, events: Option<&Events>) {
    irq::set_hook(taken);
    listen();
    if let Some(events) = events {
        EVENTS.lend(*events);
        by_event(bench, events);
    } else {
        bench.skip(NAMES[1], "no hypervisor");
        bench.skip(NAMES[3], "no hypervisor");
    }
    if bench.machine.is_xen() {
        exchange(bench, NAMES[0], Waiting::Asleep, Medium::Sgi);
    } else {
        bench.skip(NAMES[0], "no hypervisor");
    }
    if bench.choice.names(NAMES[2]) {
        exchange(bench, NAMES[2], Waiting::Spinning, Medium::Sgi);
    }
    for (name, job) in [(NAMES[4], stay_awake as fn(usize)), (NAMES[5], stay_asleep)] {
        if bench.choice.names(name) {
            one_way(bench, name, job);
        }
    }
    arch::mask_irq();
    irq::clear_hook();
}

fn by_event(bench: &Bench, events: &Events) {
    for vcpu in [0, 1] {
        let port = events::ipi_port(vcpu).unwrap_or(0);
        rt::check::check("a port for IPIs", port != 0);
        PORTS[vcpu as usize].store(port, Ordering::Release);
        events.open(port);
    }
    exchange(bench, NAMES[1], Waiting::Asleep, Medium::Event);
    if bench.choice.names(NAMES[3]) {
        exchange(bench, NAMES[3], Waiting::Spinning, Medium::Event);
    }
}

/// The handler: says that something came.
fn taken(taken: Taken) {
    let cpu = arch::cpu_index() & 1;
    if taken.intid != SGI
        && let Some(events) = EVENTS.get()
    {
        events.settle(cpu, PORTS[cpu].load(Ordering::Relaxed));
    }
    ARRIVED[cpu].store(1, Ordering::Release);
    if cpu == 1 {
        HANDLED.fetch_add(1, Ordering::Release);
    }
}

/// Enables what is sent, on the CPU this runs on.
fn listen() {
    gic::enable(SGI);
    if let Some(events) = EVENTS.get() {
        gic::set_priority(events.ppi, 0xa0);
        gic::enable(events.ppi);
    }
}

fn send(medium: Medium, target: usize) {
    match medium {
        Medium::Sgi => {
            if let Some(machine) = rt::start_machine() {
                gic::send_sgi(machine, target, SGI);
            }
        }
        Medium::Event => {
            let mut block = Block::<8>::new();
            block.set32(0, PORTS[target & 1].load(Ordering::Relaxed));
            xen::call(xen::EVENT_CHANNEL_OP, events::SEND, &mut block);
        }
    }
}

fn wait(waiting: Waiting, cpu: usize) {
    while ARRIVED[cpu].swap(0, Ordering::Acquire) == 0 {
        match waiting {
            Waiting::Spinning => arch::relax(),
            Waiting::Asleep => {
                arch::wfi();
                arch::unmask_irq();
                arch::isb();
                arch::mask_irq();
            }
        }
    }
}

/// Answers each message until told to stop.
fn echo(waiting: Waiting, medium: Medium) {
    listen();
    if waiting == Waiting::Spinning {
        arch::unmask_irq();
    }
    loop {
        wait(waiting, 1);
        if STOP.load(Ordering::Acquire) != 0 {
            return;
        }
        send(medium, 0);
    }
}

fn echo_asleep_sgi(_: usize) {
    echo(Waiting::Asleep, Medium::Sgi);
}

fn echo_asleep_event(_: usize) {
    echo(Waiting::Asleep, Medium::Event);
}

fn echo_spinning_sgi(_: usize) {
    echo(Waiting::Spinning, Medium::Sgi);
}

fn echo_spinning_event(_: usize) {
    echo(Waiting::Spinning, Medium::Event);
}

fn stay_awake(_: usize) {
    listen();
    arch::unmask_irq();
    while STOP.load(Ordering::Acquire) == 0 {
        arch::relax();
    }
}

fn stay_asleep(_: usize) {
    listen();
    while STOP.load(Ordering::Acquire) == 0 {
        wait(Waiting::Asleep, 1);
    }
}

fn exchange(bench: &Bench, name: &str, waiting: Waiting, medium: Medium) {
    let job = match (waiting, medium) {
        (Waiting::Asleep, Medium::Sgi) => echo_asleep_sgi,
        (Waiting::Asleep, Medium::Event) => echo_asleep_event,
        (Waiting::Spinning, Medium::Sgi) => echo_spinning_sgi,
        (Waiting::Spinning, Medium::Event) => echo_spinning_event,
    };
    if !bench.wants(name) || !pair::begin(bench, job) {
        return;
    }
    listen();
    arch::mask_irq();
    if waiting == Waiting::Spinning {
        arch::unmask_irq();
    }
    ARRIVED[0].store(0, Ordering::Release);
    let mut round = |loops| {
        window::timed(loops, || {
            send(medium, 1);
            wait(waiting, 0);
        })
    };
    bench.row(name, 64, &mut round, &mut |loops| window::timed(loops, || {}));
    end(bench, medium);
}

fn end(bench: &Bench, medium: Medium) {
    STOP.store(1, Ordering::Release);
    send(medium, 1);
    pair::wait_off(bench);
    arch::mask_irq();
}

/// From the send to the end of the handler's hook on the other CPU, which has time to fall asleep between.
fn one_way(bench: &Bench, name: &str, job: fn(usize)) {
    if !pair::begin(bench, job) {
        return;
    }
    let pause = timer::frequency() / 20_000;
    let mut round = |loops| (0..loops).map(|_| one(pause)).sum();
    bench.singles(name, 32, &mut round);
    end(bench, Medium::Sgi);
}

fn one(pause: u64) -> u64 {
    let start = window::counter();
    while window::counter() - start < pause {
        arch::relax();
    }
    let handled = HANDLED.load(Ordering::Acquire);
    window::begin();
    let start = window::counter();
    send(Medium::Sgi, 1);
    while HANDLED.load(Ordering::Acquire) == handled {
        arch::relax();
    }
    let ticks = window::counter() - start;
    window::end();
    ticks
}

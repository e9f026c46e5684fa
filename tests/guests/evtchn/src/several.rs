//! Events for other vCPUs.

use core::sync::atomic::{AtomicIsize, AtomicUsize, Ordering};

use crate::ops;
use crate::shared::Shared;
use crate::upcalls::{self, channel, settle, upcalls};
use rt::check::{check, check_eq, skip_all};
use rt::machine::Machine;
use rt::{arch, smp, timer};

const NAMES: [&str; 7] = [
    "vcpu_info of vCPU 1 is registered",
    "an IPI's port of vCPU 1 brings its upcall there",
    "and none here",
    "a port moved to vCPU 1 brings its upcall there",
    "and none here either",
    "200 events in turns are all seen",
    "CPU 1 goes off",
];

static LEAVE: AtomicUsize = AtomicUsize::new(0);
static REGISTERED: AtomicIsize = AtomicIsize::new(1);
static READY: AtomicUsize = AtomicUsize::new(0);

/// Registers its vcpu_info itself, as Linux does: a vCPU that is off is not notified.
fn attend(cpu: usize) {
    crate::shared::with(|shared| REGISTERED.store(shared.register(cpu), Ordering::Release));
    upcalls::listen_here();
    settle();
    READY.store(1, Ordering::Release);
    timer::wait_ms("the end of attention", 60_000, || LEAVE.load(Ordering::Acquire) != 0);
    arch::mask_irq();
}

pub fn run(machine: &'static Machine, shared: &Shared) {
    if machine.cpus.as_slice().len() < 2 {
        return skip_all(&NAMES, "one CPU");
    }
    let up = smp::start_and_wait(machine, 1, attend)
        && timer::wait_ms("CPU 1", 5000, || READY.load(Ordering::Acquire) != 0);
    check_eq(NAMES[0], REGISTERED.load(Ordering::Acquire), 0);
    let ports = (ops::bind_ipi(1), channel(shared));
    let (Ok(ipi), Some((sender, receiver)), true) = (ports.0, ports.1, up) else {
        return skip_all(&NAMES[1..], "CPU 1 or the ports are missing");
    };
    there(shared, ipi, ipi, [NAMES[1], NAMES[2]]);
    ops::bind_vcpu(receiver, 1);
    there(shared, sender, receiver, [NAMES[3], NAMES[4]]);
    turns(shared, sender, receiver);
    LEAVE.store(1, Ordering::Release);
    check(NAMES[6], smp::wait_off(machine, 1));
    ops::close(sender);
    ops::close(receiver);
    ops::close(ipi);
}

fn there(shared: &Shared, sender: u32, receiver: u32, names: [&str; 2]) {
    shared.take_selector(1);
    shared.clear(receiver);
    shared.unmask(receiver);
    let (here, other) = (upcalls(0), upcalls(1));
    ops::send(sender);
    let came = timer::wait_ms("the upcall on CPU 1", 2000, || upcalls(1) > other);
    check(names[0], came && shared.pending(receiver));
    settle();
    check_eq(names[1], upcalls(0), here);
    shared.clear(receiver);
    shared.take_selector(1);
}

fn turns(shared: &Shared, sender: u32, receiver: u32) {
    let mut seen = 0;
    while seen < 200 {
        let before = upcalls(1);
        shared.clear(receiver);
        shared.take_selector(1);
        ops::send(sender);
        if !timer::wait_ms("an event of a row", 2000, || upcalls(1) > before) {
            break;
        }
        seen += 1;
    }
    check_eq(NAMES[5], seen, 200);
    shared.clear(receiver);
    shared.take_selector(1);
}

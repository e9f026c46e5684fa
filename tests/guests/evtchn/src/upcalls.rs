//! Upcalls by the 2-level ABI: pending bit, selector, upcall flag, interrupt. And SCHEDOP_poll.

use core::sync::atomic::{AtomicU32, Ordering};

use crate::ops;
use crate::shared::Shared;
use rt::check::{check, check_eq, check_with};
use rt::irq::{self, Taken};
use rt::pages::Page;
use rt::xen::{self, Block, DOMID_SELF};
use rt::{arch, gic, timer};

static PPI: AtomicU32 = AtomicU32::new(0);

/// Clears the upcall flag, as a kernel does before it looks for ports.
fn upcall(taken: Taken) {
    if taken.intid == PPI.load(Ordering::Acquire) {
        crate::shared::with(|shared| shared.take_upcall(arch::cpu_index()));
    }
}

/// Enables the event-channel PPI of this CPU.
pub fn listen(ppi: u32, shared: &Shared) {
    PPI.store(ppi, Ordering::Release);
    crate::shared::publish(*shared);
    irq::reset();
    irq::set_hook(upcall);
    gic::enable(ppi);
    gic::set_priority(ppi, 0xa0);
    arch::unmask_irq();
    settle();
}

/// Enables the PPI on another CPU.
pub fn listen_here() {
    let ppi = PPI.load(Ordering::Acquire);
    gic::set_priority(ppi, 0xa0);
    gic::enable(ppi);
    arch::unmask_irq();
}

/// Interrupts of the PPI taken on a CPU.
pub fn upcalls(cpu: usize) -> u32 {
    irq::count(cpu, PPI.load(Ordering::Acquire))
}

/// Time for what should not come.
pub fn settle() {
    timer::delay_ms(3);
}

/// A channel of this domain with itself: (sender, receiver), neither pending.
pub fn channel(shared: &Shared) -> Option<(u32, u32)> {
    let receiver = ops::alloc_unbound(DOMID_SELF).ok()?;
    shared.clear(receiver);
    let sender = ops::bind_interdomain(DOMID_SELF, receiver).ok()?;
    shared.clear(sender);
    Some((sender, receiver))
}

/// What was sent to the unbound port before might be lost: the new port starts pending.
fn bound_pending(shared: &Shared) {
    let Ok(receiver) = ops::alloc_unbound(DOMID_SELF) else { return };
    if let Ok(sender) = ops::bind_interdomain(DOMID_SELF, receiver) {
        check("bind_interdomain leaves its port pending", shared.pending(sender));
        shared.clear(sender);
        ops::close(sender);
    }
    ops::close(receiver);
}

pub fn two_level(shared: &Shared) {
    bound_pending(shared);
    let Some((sender, receiver)) = channel(shared) else {
        check("a channel for the upcalls", false);
        return;
    };
    shared.clear(receiver);
    shared.take_selector(0);
    shared.unmask(receiver);
    let before = upcalls(0);
    check_eq("send returns 0", ops::send(sender), 0);
    check("the receiver is pending", shared.pending(receiver));
    check("the sender is not", !shared.pending(sender));
    let came = timer::wait_ms("the upcall", 1000, || upcalls(0) > before);
    check("the interrupt comes", came);
    check_eq("once", upcalls(0), before + 1);
    check_eq("the selector names the word", shared.take_selector(0), 1 << (receiver / 64));
    check_eq("a second send before the first is seen", ops::send(sender), 0);
    settle();
    check_eq("brings no interrupt", upcalls(0), before + 1);
    shared.clear(receiver);
    ops::send(sender);
    let came = timer::wait_ms("the upcall", 1000, || upcalls(0) == before + 2);
    check("after it is seen it does", came);
    shared.clear(receiver);
    shared.take_selector(0);
    held(shared, sender, receiver);
    ops::close(sender);
    ops::close(receiver);
}

/// With IRQs masked the flag stands until the interrupt is taken.
fn held(shared: &Shared, sender: u32, receiver: u32) {
    let before = upcalls(0);
    arch::mask_irq();
    ops::send(sender);
    settle();
    check("with IRQs masked the upcall flag is set", shared.upcall(0));
    check_eq("and nothing is taken", upcalls(0), before);
    arch::unmask_irq();
    check("unmasking takes it", timer::wait_ms("the upcall", 1000, || upcalls(0) == before + 1));
    check("which clears the flag", !shared.upcall(0));
    shared.clear(receiver);
    shared.take_selector(0);
}

pub fn masks(shared: &Shared) {
    let Some((sender, receiver)) = channel(shared) else { return };
    shared.mask(receiver);
    shared.clear(receiver);
    let before = upcalls(0);
    ops::send(sender);
    settle();
    check("a masked port becomes pending", shared.pending(receiver));
    check_eq("without an interrupt", upcalls(0), before);
    check_eq("EVTCHNOP_unmask returns 0", ops::unmask(receiver), 0);
    check("clears the mask", !shared.masked(receiver));
    check("and brings the interrupt", timer::wait_ms("the upcall", 1000, || upcalls(0) == before + 1));
    shared.clear(receiver);
    shared.take_selector(0);
    shared.mask(receiver);
    ops::unmask(receiver);
    settle();
    check_eq("unmasking a port that is not pending brings none", upcalls(0), before + 1);
    let ipi = ops::bind_ipi(0);
    if let Ok(port) = ipi {
        shared.clear(port);
        shared.unmask(port);
        let before = upcalls(0);
        check_eq("an IPI can be sent to oneself", ops::send(port), 0);
        check(
            "and comes",
            timer::wait_ms("the upcall", 1000, || upcalls(0) == before + 1) && shared.pending(port),
        );
        shared.clear(port);
        shared.take_selector(0);
        ops::close(port);
    }
    ops::close(sender);
    ops::close(receiver);
}

/// struct sched_poll { ports, nr_ports, timeout }: returns when a port is pending, or at the timeout.
pub fn poll(shared: &Shared) {
    let Some((sender, receiver)) = channel(shared) else { return };
    shared.mask(receiver);
    shared.clear(receiver);
    ops::send(sender);
    let mut list = Block::<4>::new();
    list.set32(0, receiver);
    let mut block = Block::<24>::new();
    block.set64(0, list.address() as u64).set32(8, 1).set64(16, 0);
    let start = timer::now();
    let result = xen::call(xen::SCHED_OP, 3, &mut block);
    let slept = timer::now() - start;
    check_eq("poll of a pending port returns 0", result, 0);
    check_with("at once", slept < timer::ticks(500), format_args!("{slept} ticks"));
    shared.clear(receiver);
    // System time is nanoseconds of the virtual counter, give or take the domain's start.
    let now = timer::now() * 1000 / (timer::frequency() / 1_000_000);
    block.set64(0, list.address() as u64).set32(8, 1).set64(16, now + 20_000_000);
    let start = timer::now();
    let result = xen::call(xen::SCHED_OP, 3, &mut block);
    let slept = timer::now() - start;
    check_eq("poll of a quiet port returns 0", result, 0);
    check_with("at its timeout", slept < timer::ticks(5000), format_args!("{slept} ticks"));
    ops::close(sender);
    ops::close(receiver);
}

/// A page nobody uses yet, zeroed.
pub fn fresh(machine: &rt::machine::Machine) -> Page {
    let page = rt::pages::take(machine);
    page.fill(0);
    page
}

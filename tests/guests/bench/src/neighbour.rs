//! Two domains on one CPU: events there and back, turns, and waking up.
//!
//! Both wait in WFI with IRQs masked, so that the hypervisor runs the one that is not asleep. What is said of
//! "this side" is true of the copy too, which has everything here twice.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use crate::events::{self, Events};
use crate::pair::{YIELD, yield_once};
use crate::row::Bench;
use crate::twin::{BOARD, INFO, PORT, READY, TURNS, Twin, WOKEN};
use rt::arch::operation::hypercall;
use rt::arch::sysreg;
use rt::check::check_with;
use rt::irq::{self, Taken};
use rt::machine::Range;
use rt::xen::{self, Block};
use rt::{arch, gic, mm, pages, window};

const NAMES: [&str; 3] = ["evtchn-round-trip", "domain-switch", "wake-to-running"];
/// GUEST_EVTCHN_PPI (xen/include/public/arch-arm.h).
const PPI: u32 = 31;

/// This side's port, and the addresses of its shared_info and its vcpu_info.
static OWN: AtomicU32 = AtomicU32::new(0);
static PAGES: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
/// Whether an event came that this side has not seen yet.
static ARRIVED: AtomicU32 = AtomicU32::new(0);

/// All of them.
pub fn run(bench: &Bench, events: Option<&Events>) {
    let Some(events) = events else {
        return NAMES.iter().for_each(|name| bench.skip(name, "no hypervisor"));
    };
    if bench.wants(NAMES[0]) {
        with_twin(bench, events, echo, |twin| {
            let mut round = |loops| window::timed(loops, || exchange(twin.port));
            bench.row(NAMES[0], 64, &mut round, &mut |loops| window::timed(loops, || {}));
        });
    }
    if bench.wants(NAMES[1]) {
        with_twin(bench, events, yielder, |twin| turns(bench, twin));
    }
    if bench.wants(NAMES[2]) {
        with_twin(bench, events, sleeper, |twin| {
            bench.singles(NAMES[2], 32, &mut |loops| (0..loops).map(|_| woken(twin)).sum());
        });
    }
}

fn with_twin(bench: &Bench, events: &Events, job: fn(usize), measure: impl FnOnce(&Twin)) {
    let Some(twin) = Twin::start(bench.machine, job) else { return };
    listen(events, twin.port);
    measure(&twin);
    gic::disable(events.ppi);
    irq::clear_hook();
    twin.end();
}

/// Takes the events of a port on this side, one that came before too.
fn listen(events: &Events, port: u32) {
    for (place, page) in PAGES.iter().zip([events.info, events.vcpus]) {
        place.store(page.address(), Ordering::Relaxed);
    }
    OWN.store(port, Ordering::Relaxed);
    irq::set_hook(taken);
    events.settle(0, port);
    events.open(port);
    gic::set_priority(events.ppi, 0xa0);
    gic::enable(events.ppi);
    take();
    ARRIVED.store(0, Ordering::Relaxed);
}

/// The handler: says that something came.
fn taken(taken: Taken) {
    let [info, vcpus] = PAGES.each_ref().map(|page| pages::at(page.load(Ordering::Relaxed)));
    Events { info, vcpus, ppi: taken.intid }.settle(0, OWN.load(Ordering::Relaxed));
    ARRIVED.store(1, Ordering::Release);
}

fn send(port: u32) {
    let mut block = Block::<8>::new();
    block.set32(0, port);
    xen::call(xen::EVENT_CHANNEL_OP, events::SEND, &mut block);
}

fn take() {
    arch::unmask_irq();
    arch::isb();
    arch::mask_irq();
}

fn wait() {
    while ARRIVED.swap(0, Ordering::Acquire) == 0 {
        arch::wfi();
        take();
    }
}

fn exchange(port: u32) {
    send(port);
    wait();
}

/// The copy's shared_info and interrupt controller.
fn settle_in() {
    gic::init_distributor();
    let address = usize::try_from(BOARD.get(INFO)).unwrap_or(0);
    mm::map_touching(Range { base: address as u64, size: 4096 });
    let info = pages::at(address);
    events::share_info(info);
    // The first vcpu_info is at the start of shared_info.
    listen(&Events { info, vcpus: info, ppi: PPI }, BOARD.get(PORT));
    BOARD.set(READY, 1);
}

/// Answers each event.
fn echo(_: usize) {
    settle_in();
    loop {
        wait();
        send(BOARD.get(PORT));
    }
}

/// As [`echo`], noting when it woke up.
fn sleeper(_: usize) {
    settle_in();
    loop {
        arch::wfi();
        let [low, high] = halves(counter());
        BOARD.set(WOKEN, low);
        BOARD.set(WOKEN + 1, high);
        take();
        if ARRIVED.swap(0, Ordering::Acquire) != 0 {
            send(BOARD.get(PORT));
        }
    }
}

/// Yields for ever.
fn yielder(_: usize) {
    BOARD.set(READY, 1);
    loop {
        BOARD.set(TURNS, BOARD.get(TURNS).wrapping_add(1));
        hypercall::act(xen::SCHED_OP, YIELD, 0, 0);
    }
}

/// Both yield to each other: two switches are one operation.
fn turns(bench: &Bench, twin: &Twin) {
    let before = twin.get(TURNS);
    window::timed(100, || hypercall::act(xen::SCHED_OP, YIELD, 0, 0));
    let turns = twin.get(TURNS).wrapping_sub(before);
    check_with("100 yields give the copy 100 turns", turns.abs_diff(100) < 3, format_args!("{turns}"));
    let mut round = |loops| window::timed(loops, || hypercall::act(xen::SCHED_OP, YIELD, 0, 0));
    let mut shape = |loops| window::timed(loops, || hypercall::shape(xen::SCHED_OP, YIELD, 0, 0));
    bench.row(NAMES[1], 128, &mut round, &mut shape);
}

/// From the send to the first instruction of the copy, which sleeps.
fn woken(twin: &Twin) -> u64 {
    // It has answered, and goes to sleep again.
    (0..3).for_each(|_| yield_once());
    window::begin();
    let before = counter();
    exchange(twin.port);
    window::end();
    (u64::from(twin.get(WOKEN)) | u64::from(twin.get(WOKEN + 1)) << 32).wrapping_sub(before)
}

/// The physical counter, which is the same in both domains.
fn counter() -> u64 {
    arch::isb();
    sysreg::cntpct_el0()
}

fn halves(value: u64) -> [u32; 2] {
    [0, 32].map(|shift| u32::try_from(value >> shift & 0xffff_ffff).unwrap_or(0))
}

//! The FIFO ABI: control block, event words, queues by priority, and upcalls from them.

use core::sync::atomic::Ordering;

use crate::ops;
use crate::shared::Shared;
use crate::upcalls::{channel, fresh, settle, upcalls};
use rt::check::{check, check_eq, check_with};
use rt::machine::Machine;
use rt::pages::Page;
use rt::timer;
use rt::xen::{EINVAL, ENOENT};

const PENDING: u32 = 1 << 31;
const MASKED: u32 = 1 << 30;
const LINKED: u32 = 1 << 29;
const LINK: u32 = (1 << 17) - 1;
const DEFAULT_PRIORITY: usize = 7;

/// Control block of vCPU 0 and the first page of event words.
struct Fifo {
    control: Page,
    words: Page,
}

impl Fifo {
    fn word(&self, port: u32) -> u32 {
        self.words.atomic32(port as usize * 4).load(Ordering::Acquire)
    }

    fn head(&self, priority: usize) -> u32 {
        self.control.atomic32(8 + priority * 4).load(Ordering::Acquire)
    }

    /// struct evtchn_fifo_control_block.ready, which this clears.
    fn take_ready(&self) -> u32 {
        self.control.atomic32(0).swap(0, Ordering::AcqRel)
    }

    /// Consumes one event as a kernel does: unlink, clear pending, keep the rest.
    fn consume(&self, port: u32) -> u32 {
        let word = self.words.atomic32(port as usize * 4);
        let old = word.fetch_and(!(LINKED | LINK), Ordering::AcqRel);
        word.fetch_and(!PENDING, Ordering::AcqRel);
        old & LINK
    }

    fn set_masked(&self, port: u32) {
        self.words.atomic32(port as usize * 4).fetch_or(MASKED, Ordering::AcqRel);
    }

    fn clear_masked(&self, port: u32) {
        self.words.atomic32(port as usize * 4).fetch_and(!MASKED, Ordering::AcqRel);
    }
}

pub fn run(machine: &'static Machine, shared: &Shared) {
    let fifo = Fifo { control: fresh(machine), words: fresh(machine) };
    if !set_up(&fifo) {
        return;
    }
    let (Some(first), Some(second)) = (channel(shared), channel(shared)) else {
        check("channels for the FIFO", false);
        return;
    };
    for port in [first.0, first.1, second.0, second.1] {
        fifo.clear_masked(port);
        fifo.consume(port);
    }
    settle();
    fifo.take_ready();
    shared.take_upcall(0);
    one(&fifo, first);
    masked(&fifo, first);
    queue(&fifo, first, second);
    priorities(&fifo, first);
}

fn set_up(fifo: &Fifo) -> bool {
    let refuse = |offset, vcpu| ops::init_control(fifo.control.gfn(), offset, vcpu).err().unwrap_or(0);
    check_eq("init_control at an odd offset is EINVAL", refuse(4, 0), EINVAL);
    check_eq("init_control across a page end is EINVAL", refuse(4096 - 8, 0), EINVAL);
    check_eq("init_control of a vCPU that is not there is ENOENT", refuse(0, 4000), ENOENT);
    let bits = ops::init_control(fifo.control.gfn(), 0, 0);
    check_with("init_control gives 17 link bits", bits == Ok(17), format_args!("{bits:?}"));
    let array = ops::expand_array(fifo.words.gfn());
    check_eq("expand_array returns 0", array, 0);
    bits.is_ok() && array == 0
}

/// One event: word, queue, ready bit, upcall.
fn one(fifo: &Fifo, (sender, receiver): (u32, u32)) {
    let before = upcalls(0);
    check_eq("fifo: send returns 0", ops::send(sender), 0);
    check_eq(
        "fifo: the word is pending and linked",
        fifo.word(receiver) & (PENDING | LINKED),
        PENDING | LINKED,
    );
    check_eq("fifo: the queue's head is the port", fifo.head(DEFAULT_PRIORITY), receiver);
    check("fifo: the upcall comes", timer::wait_ms("the upcall", 1000, || upcalls(0) == before + 1));
    check_eq("fifo: the queue is marked ready", fifo.take_ready(), 1 << DEFAULT_PRIORITY);
    ops::send(sender);
    settle();
    check_eq("fifo: pending it brings no second upcall", upcalls(0), before + 1);
    fifo.consume(receiver);
    ops::send(sender);
    check("fifo: consumed it does", timer::wait_ms("the upcall", 1000, || upcalls(0) == before + 2));
    fifo.take_ready();
    fifo.consume(receiver);
}

fn masked(fifo: &Fifo, (sender, receiver): (u32, u32)) {
    fifo.set_masked(receiver);
    let before = upcalls(0);
    ops::send(sender);
    settle();
    check_eq("fifo: masked it is pending, not linked", fifo.word(receiver) & (PENDING | LINKED), PENDING);
    check_eq("fifo: and brings no upcall", upcalls(0), before);
    check_eq("fifo: EVTCHNOP_unmask returns 0", ops::unmask(receiver), 0);
    check("fifo: and brings the upcall", timer::wait_ms("the upcall", 1000, || upcalls(0) == before + 1));
    check_eq("fifo: with the mask cleared", fifo.word(receiver) & MASKED, 0);
    fifo.take_ready();
    fifo.consume(receiver);
}

/// Two events of one priority are linked in the order they were sent.
fn queue(fifo: &Fifo, first: (u32, u32), second: (u32, u32)) {
    rt::arch::mask_irq();
    ops::send(first.0);
    ops::send(second.0);
    check_eq("fifo: the first sent is the head", fifo.head(DEFAULT_PRIORITY), first.1);
    check_eq("fifo: and links to the second", fifo.word(first.1) & LINK, second.1);
    check_eq("fifo: which is the last", fifo.word(second.1) & LINK, 0);
    let next = fifo.consume(first.1);
    fifo.consume(next);
    fifo.take_ready();
    rt::arch::unmask_irq();
    settle();
}

fn priorities(fifo: &Fifo, (sender, receiver): (u32, u32)) {
    check_eq("fifo: a priority past the last is EINVAL", ops::set_priority(receiver, 16), EINVAL);
    check_eq("fifo: the highest priority can be set", ops::set_priority(receiver, 0), 0);
    ops::send(sender);
    check_eq("fifo: its queue has the port", fifo.head(0), receiver);
    check_eq("fifo: its queue is ready", fifo.take_ready() & 1, 1);
    fifo.consume(receiver);
    check_eq("fifo: closing the sender", ops::close(sender), 0);
    check_eq("fifo: closing the receiver", ops::close(receiver), 0);
}

//! Debug keys: Xen's letters, and output in Xen's manner.
//!
//! A key's dump is a function that says a little and keeps its place in a [`Cursor`]: it is called
//! again and again, some lines at each step, with the guest running in between (masked time is
//! bounded). No dump waits for a lock: what is held by somebody is said to be busy. Lock rank: KEYS.

mod domains;
mod events;
mod fetch;
mod interrupts;
mod memory;
mod queue;
mod registers;
mod runqueue;
mod timers;
mod traps;

use super::report::{Cursor, Report, Step};
use crate::arch::timer::counter;
use crate::boot::end;
use crate::drivers::timer;
use crate::machine::console::print;
use crate::machine::panic;
use crate::machine::percpu::PerCpu;
use crate::machine::sync::{Lock, rank};
use crate::sched;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use queue::{Job, Queue};

/// Says a little more and tells whether that was all.
pub type Dump = fn(&mut Cursor, &mut Report) -> Step;

/// What a key does.
enum Action {
    /// It says something, and so does `*` for it.
    Say(Dump),
    /// It says something when asked by itself.
    SayAlone(Dump),
    /// It acts at once.
    Act(fn()),
}

struct Key {
    letter: u8,
    what: &'static str,
    action: Action,
}

const fn key(letter: u8, what: &'static str, action: Action) -> Key {
    Key { letter, what, action }
}

/// All keys. `T` is a letter that Xen leaves free.
static KEYS: &[Key] = &[
    key(b'*', "print all diagnostics", Action::Act(all)),
    key(b'0', "dump Dom0 registers", Action::Say(registers::dom0)),
    key(b'C', "trigger a crash", Action::Act(crash)),
    key(b'R', "reboot machine", Action::Act(reboot)),
    key(b'T', "dump trap and interrupt counts", Action::Say(traps::dump)),
    key(b'd', "dump registers", Action::Say(registers::all)),
    key(b'e', "dump evtchn info", Action::Say(events::dump)),
    key(b'h', "show this message", Action::SayAlone(help)),
    key(b'i', "dump interrupt bindings", Action::Say(interrupts::dump)),
    key(b'm', "memory info", Action::Say(memory::dump)),
    key(b'q', "dump domain (and guest debug) info", Action::Say(domains::dump)),
    key(b'r', "dump run queues", Action::Say(runqueue::dump)),
    key(b't', "display timer info", Action::Say(timers::dump)),
];

/// Nanoseconds between two steps of a dump: time for the guest.
const PAUSE_NS: u64 = 1_000_000;

static QUEUE: Lock<Queue, { rank::KEYS }> = Lock::new(Queue::new());
/// The count at which the next step is due; 0 is none.
static DUE: AtomicU64 = AtomicU64::new(0);
/// The CPU that takes the steps, its number plus one; 0 until there was one.
static WRITER: AtomicU32 = AtomicU32::new(0);

/// Takes a key that was typed: its dump begins on this CPU's way out.
pub fn press(cpu: &PerCpu, letter: u8) {
    QUEUE.lock().push(letter);
    if DUE.load(Ordering::Relaxed) == 0 {
        WRITER.store(writer(cpu), Ordering::Relaxed);
        DUE.store(counter().max(1), Ordering::Relaxed);
    }
    sched::reschedule(cpu);
}

/// Returns the count at which this CPU goes on with a dump.
pub fn deadline(cpu: &PerCpu) -> Option<u64> {
    if WRITER.load(Ordering::Relaxed) != writer(cpu) {
        return None;
    }
    Some(DUE.load(Ordering::Relaxed)).filter(|due| *due != 0)
}

/// Returns a CPU's number in [`WRITER`].
fn writer(cpu: &PerCpu) -> u32 {
    u32::from(cpu.id.raw()) + 1
}

/// Goes on with a dump if it is time.
pub fn step(cpu: &PerCpu) {
    if deadline(cpu).is_none_or(|due| counter() < due) {
        return;
    }
    let job = QUEUE.lock().take();
    if let Some(job) = job.or_else(begin_next) {
        advance(job);
    }
    let next = if QUEUE.lock().is_empty() { 0 } else { counter() + timer::ns_to_ticks(PAUSE_NS) };
    DUE.store(next, Ordering::Relaxed);
}

/// Takes the keys that wait up to one with something to say.
fn begin_next() -> Option<Job> {
    loop {
        let letter = QUEUE.lock().pop()?;
        let Some(key) = KEYS.iter().find(|key| key.letter == letter) else {
            if letter.is_ascii_graphic() {
                print(format_args!("'{}' is no key; 'h' shows them\n", char::from(letter)));
            }
            continue;
        };
        print(format_args!("'{}' pressed -> {}\n", char::from(letter), key.what));
        match key.action {
            Action::Say(dump) | Action::SayAlone(dump) => {
                return Some(Job { dump, cursor: Cursor::default() });
            }
            Action::Act(act) => act(),
        }
    }
}

fn advance(mut job: Job) {
    let mut report = Report::default();
    while !report.is_full() {
        match (job.dump)(&mut job.cursor, &mut report) {
            Step::More => {}
            Step::Wait => {
                job.cursor.waits += 1;
                break;
            }
            Step::Done => return,
        }
    }
    QUEUE.lock().resume(job);
}

fn help(cursor: &mut Cursor, report: &mut Report) -> Step {
    let Some(key) = KEYS.get(cursor.item) else { return Step::Done };
    report.line(format_args!(
        " key '{}' (ascii '{:02x}') => {}",
        char::from(key.letter),
        key.letter,
        key.what
    ));
    cursor.next_item();
    Step::More
}

fn all() {
    let mut queue = QUEUE.lock();
    for key in KEYS.iter().filter(|key| matches!(key.action, Action::Say(_))) {
        queue.push(key.letter);
    }
}

fn crash() {
    panic::panicked(format_args!("crash requested by debug key 'C'"));
}

fn reboot() {
    end::machine_restart();
}

#[cfg(test)]
mod tests;
